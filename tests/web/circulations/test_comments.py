"""Comments on circulated versions through HTTP: at their paragraph, in every version, as a table; and answers."""

import csv
import html
import io
import re
from collections.abc import Callable
from uuid import uuid4

import pytest

from app.core.db import transaction
from app.core.file_service import client
from app.core.file_service.client import FileServiceOptions
from app.core.text_diff import ChangeKind
from app.domain.circulations import queries as circulations
from app.domain.circulations.models import CirculatedVersion, Comment, CommentKind
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.silence.queries.procedures import list_outputs_with_open_procedure
from app.web.views.circulations.comments import compare_wordings
from tests.browser import Browser
from tests.web.silence.test_silence import choose_to_open, format_deadline
from tests.world import World

Open = Callable[..., Browser]
FORM = {"language": "en", "paragraph": "2", "kind": "remark", "text": "Too strong for us.", "lang": "en"}


def visible_text(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def comments_by_paragraph(page: str) -> list[str]:
    """The paragraphs of a version with the comments on each."""
    text = page.partition('id="text"')[2].partition("</section>")[0]
    return [visible_text(each) for each in re.split(r'<div class="report-part"', text)[1:]]


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=0)


@pytest.fixture
def output(world: World, meeting: Meeting) -> Output:
    return world.output(meeting, title="A title before the delegations")


@pytest.fixture
def version(world: World, output: Output) -> CirculatedVersion:
    return world.circulated(output, "The cost is high.", "States agree on it.", "It is noted.")


def get_digest(world: World, output: Output) -> str:
    with transaction(world.read) as session:
        return outputs.compute_text_digest(session, session.get_one(Output, output.id))


def count_open_comments(world: World, output: Output) -> int:
    with transaction(world.read) as session:
        return circulations.count_unanswered_comments(session, output.id)


def test_a_comment_is_shown_at_its_paragraph_to_every_seat(
    world: World, version: CirculatedVersion, browser: Open
) -> None:
    amina, url = browser("amina"), f"/outputs/{version.output_id}/versions/1"
    assert f'href="{url}/comment?language=en&paragraph=2"' in amina.get(url).text
    form = amina.get(f"{url}/comment?language=en&paragraph=2").text
    assert "Comment of Kenya" in visible_text(form)
    assert "States agree on it." in form

    answer = amina.post(f"{url}/comments", FORM)

    assert answer.headers["Location"].startswith(f"{url}?language=en&done=comment#c-")
    for who in ("rafael", "joseph", "laurent", "ines"):
        comments = comments_by_paragraph(browser(who).get(url).text)
        assert "Kenya Not answered yet Remark Too strong for us." in comments[1]
        assert "Kenya" not in comments[0] + comments[2]
    assert "comment?language" not in browser("laurent").get(url).text


def test_a_proposed_wording_starts_from_the_paragraph_and_is_compared_word_by_word(
    world: World, version: CirculatedVersion, browser: Open
) -> None:
    amina, url = browser("amina"), f"/outputs/{version.output_id}/versions/1"
    form = amina.get(f"{url}/comment?language=en&paragraph=2&kind=wording").text
    assert "States agree on it.</textarea>" in form

    amina.post(f"{url}/comments", FORM | {"kind": "wording", "text": "States mostly agree on it."})

    page = browser("rafael").get(url).text
    assert "Alternative wording" in page
    added = '<ins><span class="vh">[added: </span>mostly <span class="vh">]</span></ins>'
    assert f"States {added}agree on it." in page


def test_errors_are_shown_with_the_input(world: World, version: CirculatedVersion, browser: Open) -> None:
    amina, url = browser("amina"), f"/outputs/{version.output_id}/versions/1"

    empty = amina.post(f"{url}/comments", FORM | {"text": ""})
    same = amina.post(f"{url}/comments", FORM | {"kind": "wording", "text": "States agree on it."})
    nowhere = amina.post(f"{url}/comments", FORM | {"paragraph": "9"})

    assert (empty.status_code, same.status_code, nowhere.status_code) == (400, 400, 404)
    assert 'id="f-text-error"' in empty.text
    assert "Enter the proposed text of the paragraph." in same.text
    assert count_open_comments(world, Output(id=version.output_id)) == 0


def test_a_comment_on_an_outdated_version_keeps_the_input(
    world: World, output: Output, version: CirculatedVersion, browser: Open
) -> None:
    world.circulated(output, "Another text.")

    answer = browser("amina").post(f"/outputs/{output.id}/versions/1/comments", FORM)

    assert answer.status_code == 409
    assert "A later version has been circulated." in answer.text
    assert "Too strong for us.</textarea>" in answer.text


def test_a_stale_change_shows_both_texts(world: World, version: CirculatedVersion, browser: Open) -> None:
    comment, amina = world.comment(version), browser("amina")
    url = f"/outputs/{version.output_id}/comments/{comment.id}"
    assert "It is too strong.</textarea>" in amina.get(url).text
    first = amina.post(url, {"text": "What a colleague saved.", "lang": "en", "version": "1"})

    stale = amina.post(url, {"text": "What I typed.", "lang": "en", "version": "1"})

    assert (first.status_code, stale.status_code) == (303, 409)
    assert "Last submitted by your delegation What a colleague saved." in visible_text(stale.text)
    assert "What I typed.</textarea>" in stale.text
    assert 'name="version" value="2"' in stale.text
    withdrawn = amina.post(f"{url}/take-back", {"version": "2"})
    assert withdrawn.status_code == 303
    assert "What a colleague saved." not in browser("rafael").get(f"/outputs/{version.output_id}/versions/1").text
    assert amina.get(url).status_code == 404


def test_an_answer_to_a_comment_that_changed_meanwhile_shows_both_texts(
    world: World, version: CirculatedVersion, browser: Open
) -> None:
    comment, laurent = world.comment(version), browser("laurent")
    url = f"/outputs/{version.output_id}/comments/{comment.id}"
    assert laurent.get(f"{url}/answer").status_code == 200
    browser("amina").post(url, {"text": "Rather this.", "lang": "en", "version": "1"})
    typed = {"answer": "not_taken", "text": "It was agreed so.", "lang": "en", "version": "1", "number": "0"}

    stale = laurent.post(f"{url}/answer", typed)
    bare = laurent.post(f"{url}/answer", typed | {"text": "", "version": "2"})
    good = laurent.post(f"{url}/answer", typed | {"version": "2"})

    assert (stale.status_code, bare.status_code, good.status_code) == (409, 400, 303)
    assert "Rather this." in stale.text
    assert "It was agreed so.</textarea>" in stale.text
    assert 'name="version" value="2"' in stale.text
    assert 'id="f-text-error"' in bare.text
    page = visible_text(browser("rafael").get(f"/outputs/{version.output_id}/versions/1").text)
    assert "Kenya Not accepted Remark Rather this. Answer It was agreed so." in page
    mended = laurent.post(f"{url}/answer", typed | {"version": "2"})
    assert mended.status_code == 409
    assert "Current answer Not accepted It was agreed so." in visible_text(mended.text)


def test_a_later_version_shows_what_became_of_a_commented_paragraph(
    world: World, output: Output, version: CirculatedVersion, browser: Open
) -> None:
    for paragraph in (1, 2, 3):
        world.comment(version, paragraph=paragraph, text=f"On paragraph {paragraph}.")
    world.comment(version, paragraph=0, text="On the whole.")
    world.circulated(output, "A new beginning, quite different.", "The cost is high.", "States mostly agree on it.")

    page = browser("amina").get(f"/outputs/{output.id}/versions/2").text

    comments = comments_by_paragraph(page)
    assert "The paragraph is unchanged since version 1 On paragraph 1." in comments[1]
    assert "The paragraph has changed since version 1 On paragraph 2." in comments[2]
    assert "Kenya" not in comments[0]
    assert "No longer in this version On paragraph 3." in visible_text(page)
    assert "On the whole." in visible_text(page)
    first = browser("amina").get(f"/outputs/{output.id}/versions/1").text
    assert "On paragraph 3." in comments_by_paragraph(first)[2]


def test_comments_are_shown_while_texts_cannot_be_compared(
    world: World, output: Output, version: CirculatedVersion, browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.comment(version, paragraph=1, text="On paragraph 1.")
    world.circulated(output, "A new beginning, quite different.", "The cost is high.", "States mostly agree on it.")
    amina = browser("amina")
    assert "On paragraph 1." in comments_by_paragraph(amina.get(f"/outputs/{output.id}/versions/2").text)[1]
    monkeypatch.setattr(client, "_configured", FileServiceOptions("/nowhere"))

    page = amina.get(f"/outputs/{output.id}/versions/2")

    assert page.status_code == 200
    assert "Its paragraph cannot be identified at the moment. Try again in a few minutes. On paragraph 1." in (
        visible_text(page.text)
    )


def test_a_proposed_wording_is_shown_whole_while_texts_cannot_be_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    comment = Comment(id=uuid4(), kind=CommentKind.WORDING, was="The cost is high.", text="The cost is very high.")
    monkeypatch.setattr(client, "_configured", FileServiceOptions("/nowhere"))

    (wording,) = compare_wordings([comment]).values()

    assert [(each.kind, each.old_text(), each.new_text()) for each in wording] == [
        (ChangeKind.REMOVED, "The cost is high.", ""),
        (ChangeKind.ADDED, "", "The cost is very high."),
    ]


def test_comments_can_be_printed_as_a_table_and_downloaded_for_a_spreadsheet(
    world: World, version: CirculatedVersion, browser: Open
) -> None:
    world.answered(world.comment(version, paragraph=2), answer="in_part", text="The end of it.")
    world.comment(version, by="rafael", paragraph=0, text="=1+1")
    url = f"/outputs/{version.output_id}/comments"

    page, sheet = browser("rafael").get(url), browser("rafael").get(f"{url}.csv")

    words = visible_text(page.text)
    assert "2 comments · 1 comment not answered yet" in words
    assert "Version 1 English Paragraph 2 Kenya Remark States agree on it. It is too strong." in words
    assert "Accepted in part The end of it." in words
    rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert [row[:8] for row in rows[1:]] == [
        ["1", "en", "", "", "Brazil", "BRA", "Remark", "'=1+1"],
        ["1", "en", "2", "States agree on it.", "Kenya", "KEN", "Remark", "It is too strong."],
    ]
    assert [row[10] for row in rows] == ["Answer", "Not answered yet", "Accepted in part"]
    assert "attachment" in sheet.headers["Content-Disposition"]
    for who in ("wambui", "chen", "marc"):
        assert browser(who).get(url).status_code == browser(who).get(f"{url}.csv").status_code == 404


def test_open_comments_are_counted_on_the_dashboard_and_the_page_of_those_who_answer(
    world: World, output: Output, version: CirculatedVersion, browser: Open
) -> None:
    comment = world.comment(version)
    laurent, amina = browser("laurent"), browser("amina")
    assert "Comments from States awaiting an answer: 1" in visible_text(laurent.get("/").text)
    assert "Comments from States awaiting" not in amina.get("/").text
    assert "1 comment not answered yet" in visible_text(laurent.get(f"/outputs/{output.id}").text)

    world.answered(comment)

    assert "Comments from States awaiting" not in laurent.get("/").text
    assert "not answered yet" not in laurent.get(f"/outputs/{output.id}").text


@pytest.mark.parametrize("act", ["adopt", "silence"])
def test_going_on_with_open_comments_asks_for_confirmation_and_is_not_refused(
    world: World, meeting: Meeting, output: Output, version: CirculatedVersion, browser: Open, act: str
) -> None:
    laurent, url = browser("laurent"), f"/outputs/{output.id}"
    world.comment(version)
    opening = format_deadline(73) | choose_to_open(world, output)
    form = opening if act == "silence" else {"adopted_on": meeting.opens_on.isoformat(), "without_pdf": "yes"}
    form |= {"text": get_digest(world, output)}
    assert "One comment has not been answered yet." in visible_text(laurent.get(f"{url}/{act}").text)

    confirmation = laurent.post(f"{url}/{act}", form)
    world.comment(version, by="rafael")
    one_more = laurent.post(f"{url}/{act}", form | {"knowing": "1"})

    for answer in (confirmation, one_more):
        assert answer.status_code == 409
        assert "Some comments from States have not been answered." in visible_text(answer.text)
    assert 'name="knowing" value="2"' in one_more.text
    with transaction(world.read) as session:
        assert session.get_one(Output, output.id).status == "draft"
        assert list_outputs_with_open_procedure(session) == []
    assert laurent.post(f"{url}/{act}", form | {"knowing": "2"}).status_code == 303


def test_during_silence_the_form_says_that_a_comment_does_not_break_it(
    world: World, output: Output, version: CirculatedVersion, browser: Open
) -> None:
    form = f"/outputs/{output.id}/versions/1/comment?language=en&paragraph=1"
    assert "does not break silence" not in browser("amina").get(form).text
    world.silence(output)

    assert "A comment does not break silence." in browser("amina").get(form).text


def test_a_comment_on_another_language_links_to_that_text(world: World, output: Output, browser: Open) -> None:
    with world.acting("ines") as (session, actor):
        file = world.file("fr", "Le coût est élevé.")
        drafting.put_output_file(session, actor, session.get_one(Output, output.id), file)
    world.rendered(file.sha256, "Le coût est élevé.")
    version = world.circulated(output, "The cost is high.")
    world.comment(version, language="fr", text="Trop fort.", lang="fr")

    url = f"/outputs/{output.id}/versions/1"
    english, french = (browser("rafael").get(f"{url}?language={code}").text for code in ("en", "fr"))

    assert "Kenya" not in comments_by_paragraph(english)[0]
    assert "French, Paragraph 1" in visible_text(english)
    assert "Trop fort." in comments_by_paragraph(french)[0]
    assert '<p class="text close" lang="fr" dir="ltr">Trop fort.</p>' in french
