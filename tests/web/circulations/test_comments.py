"""Comments on circulated versions through HTTP: beside their paragraph, in every version, as a table; and answers."""

import csv
import html
import io
import re
from collections.abc import Callable

import pytest

from app.core.db import transaction
from app.domain.circulations import queries as circulations
from app.domain.circulations.models import CirculatedVersion
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.silence import queries as silence
from tests.browser import Browser
from tests.web.silence.test_silence import later
from tests.world import World

Open = Callable[..., Browser]
FORM = {"language": "en", "paragraph": "2", "kind": "remark", "text": "Too strong for us.", "lang": "en"}


def said(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def parts(page: str) -> list[str]:
    """The paragraphs of a version with what stands beside each."""
    text = page.partition('id="text"')[2].partition("</section>")[0]
    return [said(each) for each in re.split(r'<div class="report-part"', text)[1:]]


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=0)


@pytest.fixture
def output(world: World, meeting: Meeting) -> Output:
    return world.output(meeting, title="A title before the delegations")


@pytest.fixture
def version(world: World, output: Output) -> CirculatedVersion:
    return world.circulated(output, "The cost is high.", "States agree on it.", "It is noted.")


def digest(world: World, output: Output) -> str:
    with transaction(world.read) as session:
        return outputs.compute_text_digest(session, session.get_one(Output, output.id))


def open_ones(world: World, output: Output) -> int:
    with transaction(world.read) as session:
        return circulations.count_open_comments(session, output.id)


def test_a_delegate_comments_on_a_paragraph_and_every_seat_reads_it_there(
    world: World, version: CirculatedVersion, browser: Open
) -> None:
    amina, here = browser("amina"), f"/outputs/{version.output_id}/versions/1"
    assert f'href="{here}/comment?language=en&paragraph=2"' in amina.get(here).text
    form = amina.get(f"{here}/comment?language=en&paragraph=2").text
    assert "Comment of Kenya" in said(form)
    assert "States agree on it." in form

    answer = amina.post(f"{here}/comments", FORM)

    assert answer.headers["Location"].startswith(f"{here}?language=en&done=comment#c-")
    for who in ("rafael", "joseph", "laurent", "ines"):
        beside = parts(browser(who).get(here).text)
        assert "Kenya Not answered yet Remark Too strong for us." in beside[1]
        assert "Kenya" not in beside[0] + beside[2]
    assert "comment?language" not in browser("laurent").get(here).text


def test_another_wording_begins_with_the_paragraph_and_is_shown_word_by_word(
    world: World, version: CirculatedVersion, browser: Open
) -> None:
    amina, here = browser("amina"), f"/outputs/{version.output_id}/versions/1"
    form = amina.get(f"{here}/comment?language=en&paragraph=2&kind=wording").text
    assert "States agree on it.</textarea>" in form

    amina.post(f"{here}/comments", FORM | {"kind": "wording", "text": "States mostly agree on it."})

    page = browser("rafael").get(here).text
    assert "Another wording" in page
    added = '<ins><span class="vh">[added: </span>mostly <span class="vh">]</span></ins>'
    assert f"States {added}agree on it." in page


def test_what_is_wrong_is_said_beside_what_was_typed(world: World, version: CirculatedVersion, browser: Open) -> None:
    amina, here = browser("amina"), f"/outputs/{version.output_id}/versions/1"

    empty = amina.post(f"{here}/comments", FORM | {"text": ""})
    same = amina.post(f"{here}/comments", FORM | {"kind": "wording", "text": "States agree on it."})
    nowhere = amina.post(f"{here}/comments", FORM | {"paragraph": "9"})

    assert (empty.status_code, same.status_code, nowhere.status_code) == (400, 400, 404)
    assert 'id="f-text-error"' in empty.text
    assert "Say how the paragraph should read instead." in same.text
    assert open_ones(world, Output(id=version.output_id)) == 0


def test_a_comment_that_comes_after_a_later_version_keeps_what_was_typed(
    world: World, output: Output, version: CirculatedVersion, browser: Open
) -> None:
    world.circulated(output, "Another text.")

    answer = browser("amina").post(f"/outputs/{output.id}/versions/1/comments", FORM)

    assert answer.status_code == 409
    assert "A later version was circulated." in answer.text
    assert "Too strong for us.</textarea>" in answer.text


def test_a_stale_change_shows_both_texts(world: World, version: CirculatedVersion, browser: Open) -> None:
    made, amina = world.comment(version), browser("amina")
    here = f"/outputs/{version.output_id}/comments/{made.id}"
    assert "It is too strong.</textarea>" in amina.get(here).text
    first = amina.post(here, {"text": "What a colleague saved.", "lang": "en", "version": "1"})

    stale = amina.post(here, {"text": "What I typed.", "lang": "en", "version": "1"})

    assert (first.status_code, stale.status_code) == (303, 409)
    assert "What your State said last What a colleague saved." in said(stale.text)
    assert "What I typed.</textarea>" in stale.text
    assert 'name="version" value="2"' in stale.text
    taken = amina.post(f"{here}/take-back", {"version": "2"})
    assert taken.status_code == 303
    assert "What a colleague saved." not in browser("rafael").get(f"/outputs/{version.output_id}/versions/1").text
    assert amina.get(here).status_code == 404


def test_an_answer_to_words_that_changed_meanwhile_shows_both(
    world: World, version: CirculatedVersion, browser: Open
) -> None:
    made, laurent = world.comment(version), browser("laurent")
    here = f"/outputs/{version.output_id}/comments/{made.id}"
    assert laurent.get(f"{here}/answer").status_code == 200
    browser("amina").post(here, {"text": "Rather this.", "lang": "en", "version": "1"})
    typed = {"answer": "not_taken", "text": "It was agreed so.", "lang": "en", "version": "1", "number": "0"}

    stale = laurent.post(f"{here}/answer", typed)
    bare = laurent.post(f"{here}/answer", typed | {"text": "", "version": "2"})
    good = laurent.post(f"{here}/answer", typed | {"version": "2"})

    assert (stale.status_code, bare.status_code, good.status_code) == (409, 400, 303)
    assert "Rather this." in stale.text
    assert "It was agreed so.</textarea>" in stale.text
    assert 'name="version" value="2"' in stale.text
    assert 'id="f-text-error"' in bare.text
    page = said(browser("rafael").get(f"/outputs/{version.output_id}/versions/1").text)
    assert "Kenya Not taken Remark Rather this. Answer It was agreed so." in page
    mended = laurent.post(f"{here}/answer", typed | {"version": "2"})
    assert mended.status_code == 409
    assert "As it is answered now Not taken It was agreed so." in said(mended.text)


def test_a_later_version_says_what_became_of_the_paragraph(
    world: World, output: Output, version: CirculatedVersion, browser: Open
) -> None:
    for paragraph in (1, 2, 3):
        world.comment(version, paragraph=paragraph, text=f"On paragraph {paragraph}.")
    world.comment(version, paragraph=0, text="On the whole.")
    world.circulated(output, "A new beginning, quite different.", "The cost is high.", "States mostly agree on it.")

    page = browser("amina").get(f"/outputs/{output.id}/versions/2").text

    beside = parts(page)
    assert "The paragraph is as it was in version 1 On paragraph 1." in beside[1]
    assert "The paragraph was changed since version 1 On paragraph 2." in beside[2]
    assert "Kenya" not in beside[0]
    assert "Not in this version any more On paragraph 3." in said(page)
    assert "On the whole." in said(page)
    first = browser("amina").get(f"/outputs/{output.id}/versions/1").text
    assert "On paragraph 3." in parts(first)[2]


def test_comments_are_a_table_to_print_and_a_file_for_a_spreadsheet(
    world: World, version: CirculatedVersion, browser: Open
) -> None:
    world.answered(world.comment(version, paragraph=2), answer="in_part", text="The end of it.")
    world.comment(version, by="rafael", paragraph=0, text="=1+1")
    here = f"/outputs/{version.output_id}/comments"

    page, sheet = browser("rafael").get(here), browser("rafael").get(f"{here}.csv")

    words = said(page.text)
    assert "2 comments · One is not answered yet" in words
    assert "Version 1 English Paragraph 2 Kenya Remark States agree on it. It is too strong." in words
    assert "Taken in part The end of it." in words
    rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert [row[:8] for row in rows[1:]] == [
        ["1", "en", "", "", "Brazil", "BRA", "Remark", "'=1+1"],
        ["1", "en", "2", "States agree on it.", "Kenya", "KEN", "Remark", "It is too strong."],
    ]
    assert [row[10] for row in rows] == ["Answer", "Not answered yet", "Taken in part"]
    assert "attachment" in sheet.headers["Content-Disposition"]
    for who in ("wambui", "chen", "marc"):
        assert browser(who).get(here).status_code == browser(who).get(f"{here}.csv").status_code == 404


def test_open_comments_are_counted_on_the_desk_and_the_page_of_who_answers(
    world: World, output: Output, version: CirculatedVersion, browser: Open
) -> None:
    made = world.comment(version)
    laurent, amina = browser("laurent"), browser("amina")
    assert "Comments of States wait for an answer: 1" in said(laurent.get("/").text)
    assert "Comments of States wait" not in amina.get("/").text
    assert "One is not answered yet" in said(laurent.get(f"/outputs/{output.id}").text)

    world.answered(made)

    assert "Comments of States wait" not in laurent.get("/").text
    assert "not answered yet" not in laurent.get(f"/outputs/{output.id}").text


@pytest.mark.parametrize("act", ["adopt", "silence"])
def test_going_on_with_open_comments_is_asked_and_not_refused(
    world: World, meeting: Meeting, output: Output, version: CirculatedVersion, browser: Open, act: str
) -> None:
    laurent, here = browser("laurent"), f"/outputs/{output.id}"
    world.comment(version)
    form = later(73) if act == "silence" else {"adopted_on": meeting.opens_on.isoformat()}
    form |= {"text": digest(world, output)}
    assert "One comment is not answered yet." in said(laurent.get(f"{here}/{act}").text)

    asked = laurent.post(f"{here}/{act}", form)
    world.comment(version, by="rafael")
    one_more = laurent.post(f"{here}/{act}", form | {"knowing": "1"})

    for answer in (asked, one_more):
        assert answer.status_code == 409
        assert "Comments of States are not answered yet." in said(answer.text)
    assert 'name="knowing" value="2"' in one_more.text
    with transaction(world.read) as session:
        assert session.get_one(Output, output.id).status == "draft"
        assert silence.list_outputs_to_settle(session) == []
    assert laurent.post(f"{here}/{act}", form | {"knowing": "2"}).status_code == 303


def test_while_silence_runs_the_form_says_that_a_comment_does_not_break_it(
    world: World, output: Output, version: CirculatedVersion, browser: Open
) -> None:
    form = f"/outputs/{output.id}/versions/1/comment?language=en&paragraph=1"
    assert "does not break silence" not in browser("amina").get(form).text
    world.silence(output)

    assert "A comment does not break silence." in browser("amina").get(form).text


def test_a_comment_on_the_text_in_another_language_leads_there(world: World, output: Output, browser: Open) -> None:
    with world.acting("ines") as (session, actor):
        file = world.file("fr", "Le coût est élevé.")
        drafting.put_output_file(session, actor, session.get_one(Output, output.id), file)
    world.rendered(file.sha256, "Le coût est élevé.")
    version = world.circulated(output, "The cost is high.")
    world.comment(version, language="fr", text="Trop fort.", lang="fr")

    here = f"/outputs/{output.id}/versions/1"
    english, french = (browser("rafael").get(f"{here}?language={code}").text for code in ("en", "fr"))

    assert "Kenya" not in parts(english)[0]
    assert "French, Paragraph 1" in said(english)
    assert "Trop fort." in parts(french)[0]
    assert '<p class="text close" lang="fr" dir="ltr">Trop fort.</p>' in french
