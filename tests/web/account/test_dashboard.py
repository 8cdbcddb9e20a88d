"""The secretariat's dashboard in the browser: bulk registration, translations due, late contributions, revoked
relations, and moved deadlines."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select
from starlette.types import ASGIApp

from app.core import clock
from app.core.db import transaction
from app.core.validation import ReasonInput
from app.domain.contributions.actions import late_submissions, registration
from app.domain.contributions.models import Contribution, ContributionFile
from app.domain.documents.models import DocumentAccess, DocumentRelation, EditionStep, RelationKind, RelationRevocation
from app.domain.meetings.models import Meeting
from tests.browser import Browser
from tests.document_history import add_edition, add_translation, change_access, relate_documents, withdraw_document
from tests.files import make_docx
from tests.world import World, record_rows

Open = Callable[..., Browser]
KEYS = re.compile(r'name="chosen" value="([0-9a-f]{32}\.\d+)"')
ONE = UUID(int=1)
NOTE = {
    "level": "decide",
    "what": {"message": "The file holds tracked changes.", "values": {}},
    "where": "page 3",
    "remedy": {"message": "Accept or reject them.", "values": {}},
}


def visible_text(page: str) -> str:
    """The text of a page, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def list_row_keys(browser: Browser, address: str = "/contributions") -> list[str]:
    """The values of the queue's checkboxes, in page order."""
    return KEYS.findall(browser.get(address).text)


def test_only_ticked_contributions_are_registered_in_order_of_arrival(world: World, browser: Open) -> None:
    meeting, ines = world.meeting(), browser("ines")
    for title in ("First", "Second", "Third"):
        world.submitted(meeting, title=title)
    first, _, third = list_row_keys(ines)

    answer = ines.post("/registration", {"chosen": [third, first]})
    page = ines.get(answer.headers["Location"]).text

    assert answer.status_code == 303
    assert "CWG-Internet 22/1 Kenya First CWG-Internet 22/2 Kenya Third" in visible_text(page)
    assert "2 contributions have been numbered" in page
    assert "Not registered" not in page
    assert "Second" not in page
    assert len(list_row_keys(ines)) == 1
    assert "First" in browser("rafael").get("/documents").text


def test_contributions_that_could_not_be_registered_are_named_with_a_reason(world: World, browser: Open) -> None:
    meeting, ines = world.meeting(), browser("ines")
    for title in ("Changed", "Taken back", "Fine"):
        world.submitted(meeting, title=title)
    stale, returned, fine = list_row_keys(ines)
    stale = f"{stale.partition('.')[0]}.1"
    with world.acting("daniel") as (session, actor):
        contribution = session.scalars(select(Contribution).where(Contribution.title == "Taken back")).one()
        registration.return_contribution(
            session, actor, contribution, ReasonInput(reason="It is empty."), version=contribution.version
        )

    page = ines.get(ines.post("/registration", {"chosen": [stale, returned, fine]}).headers["Location"]).text

    assert "CWG-Internet 22/1 Kenya Fine" in visible_text(page)
    assert "Kenya Changed This was changed after you opened the page." in visible_text(page)
    assert "One selected contribution is no longer available to the secretariat" in page
    assert "Taken back" not in page  # it is a draft of its delegation again


def test_all_boxes_can_be_ticked_at_once_and_an_empty_selection_is_reported(world: World, browser: Open) -> None:
    meeting, ines = world.meeting(), browser("ines")
    world.submitted(meeting)
    world.submitted(meeting)
    assert " checked>" not in ines.get("/contributions").text
    assert 'href="?queue=1&amp;ticked=all#h-queue"' in ines.get("/contributions").text

    ticked = ines.get("/contributions?queue=1&ticked=all").text
    nothing = ines.post("/registration")

    assert ticked.count(" checked>") == 2
    assert nothing.headers["Location"] == "/contributions?ticked=none#h-queue"
    assert "No contributions were selected." in ines.get("/contributions?ticked=none").text


def test_the_queue_shows_the_findings_of_file_inspection_and_ended_references(world: World, browser: Open) -> None:
    meeting, ines = world.meeting(), browser("ines")
    clean, flagged = world.submitted(meeting, title="Clean"), world.submitted(meeting, title="Found")
    _, document = world.registered(meeting)
    with world.acting("amina") as (session, _):
        record_rows(session)
        for contribution, findings in (
            (clean, []),
            (flagged, [NOTE, NOTE | {"level": "note"}, NOTE | {"level": "fine"}]),
        ):
            file = session.get_one(ContributionFile, (contribution.id, "en"))
            file.findings = findings
        session.get_one(Contribution, clean.id).follows_id = document.id
        session.get_one(Contribution, clean.id).step = EditionStep.REVISION

    page = ines.get("/contributions").text

    assert "No findings" in page
    assert "Check 2 findings : Found" in visible_text(page)
    assert "English The file holds tracked changes. (page 3) Accept or reject them." in visible_text(page)
    assert f"Revision · {document.symbol}" in visible_text(page)
    assert len(list_row_keys(ines)) == 2
    withdraw_document(world, document)
    assert len(list_row_keys(ines)) == 1
    assert "Withdrawn No further document can be added to it. Return this contribution." in visible_text(
        ines.get("/contributions").text
    )


@pytest.mark.parametrize("key", ["x", f"{ONE}.1", f"{ONE.hex}.-1", ONE.hex, f"{ONE.hex}.1e3", f"{ONE.hex}.1234567890"])
def test_values_that_no_form_of_the_portal_sends_are_refused(world: World, browser: Open, key: str) -> None:
    ines = browser("ines")

    assert ines.post("/registration", {"chosen": [key]}).status_code == 400
    assert ines.get("/registration", params={"of": key}).status_code == 400
    many = [f"{uuid4().hex}.1" for _ in range(51)]
    assert ines.post("/registration", {"chosen": many}).status_code == 400


@pytest.fixture
def statement_counter(portal: ASGIApp) -> Callable[..., int]:
    """Count the SQL statements that a page needs."""
    engine = portal.app.state.portal.engine

    def count(browser: Browser, address: str) -> int:
        seen: list[str] = []

        def note(*args: object) -> None:
            seen.append(str(args[2]))

        event.listen(engine, "before_cursor_execute", note)
        assert browser.get(address).status_code == 200
        event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    return count


def test_a_long_queue_needs_no_more_statements(
    world: World, browser: Open, statement_counter: Callable[..., int]
) -> None:
    meeting, ines = world.meeting(), browser("ines")
    world.submitted(meeting)
    with_one = statement_counter(ines, "/contributions")
    for _ in range(2):
        world.submitted(meeting)

    assert statement_counter(ines, "/contributions") == with_one


def test_due_translations_link_to_the_form_that_adds_them(world: World, browser: Open) -> None:
    ines = browser("ines")
    assert "No translations are due." in ines.get("/translations").text
    assert "Only the original" in ines.get("/translations").text
    meeting = world.meeting()
    _, document = world.registered(meeting, title="Costs of transit")
    _, revised = world.registered(meeting, by="rafael", title="Revised")
    add_translation(world, revised, "fr", by="ines")
    add_edition(world, revised, EditionStep.REVISION, "Revised twice")
    world.rendered(world.file().sha256, "A text of one paragraph.")
    world.works_in("fr", "ru")

    page = ines.get("/translations?language=fr").text
    add = f"/documents/{document.id}/first/translate?language=fr"

    assert "French: 2" in visible_text(page)
    assert "Russian: 2" in visible_text(page)
    assert "2 texts; pages of the originals counted so far: 2." in visible_text(page)
    assert re.search(
        r"CWG-Internet 22/1 Costs of transit .* French .* To assign .*Add a translation", visible_text(page)
    )
    assert re.search(
        r"22/2 \(Rev\.1\) Revised twice .* Revised since it was translated .* not counted yet", visible_text(page)
    )
    assert f'href="{add}"' in page
    assert '<option value="fr" lang="fr" selected' in ines.get(add).text
    assert "No translations match these filters." in ines.get("/translations?language=zh").text
    assert re.search(r"<b>4</b> <span>Translations due", ines.get("/").text)
    done = ines.post(add.partition("?")[0], {"language": "fr"}, files={"file": ("c.docx", make_docx("Un texte."))})
    assert done.status_code == 303
    assert "French: 1" in visible_text(ines.get("/translations").text)
    assert ines.get("/translations?page=2").status_code == 404


def test_late_contributions_show_their_delay_and_the_reason_for_the_decision(world: World, browser: Open) -> None:
    meeting, other = world.meeting(opens_in=3, number=21), world.meeting(opens_in=3, number=22)
    ines, laurent = browser("ines"), browser("laurent")
    assert "No late contributions are awaiting a decision." in ines.get("/late").text
    world.submitted(meeting, title="Waits for the chair")
    world.held(meeting, title="Kept for later")
    accepted, moved = (world.submitted(place, title=title) for place, title in ((meeting, "Taken"), (other, "Moved")))
    world.submitted(world.meeting(number=23), title="In time")
    for contribution in (accepted, moved):
        with world.acting("laurent") as (session, actor):
            contribution_row = session.get_one(Contribution, contribution.id)
            late_submissions.accept_late_contribution(
                session,
                actor,
                contribution_row,
                ReasonInput(reason="The line was down."),
                version=contribution_row.version,
            )
    with world.acting("ines") as (session, actor):
        contribution_row = session.get_one(Contribution, accepted.id)
        registration.register_contribution(session, actor, contribution_row, version=contribution_row.version)
        session.get_one(Meeting, other.id).contributions_due_at = clock.now() + timedelta(days=2)

    for who in (ines, laurent):
        waiting, deferred, accepted_part = re.split(r'id="h-(?:held|accepted)"', who.get("/late").text)
        assert re.search(
            r"[89] days Kenya Waits for the chair .* Late, awaiting the chair’s decision No decision yet",
            visible_text(waiting),
        )
        assert re.search(
            r"[89] days Kenya Kept for later .* Held for a later meeting It is too late\.", visible_text(deferred)
        )
        assert re.search(
            r"[89] days Kenya Taken .* CWG-Internet 21/1 Registered The line was down\.", visible_text(accepted_part)
        )
        assert re.search(
            r"on time under the current deadline Kenya Moved .* The line was down\.", visible_text(accepted_part)
        )
        listed = [
            re.findall(r'class="title" href="[^"]+">([^<]+)', part) for part in (waiting, deferred, accepted_part)
        ]
        assert listed == [["Waits for the chair"], ["Kept for later"], ["Moved", "Taken"]]
    for who in ("amina", "rafael", "joseph", "olga", "chen"):
        assert browser(who).get("/late").status_code == 404
    assert 'href="/late"' in laurent.get("/contributions").text


def test_a_relation_is_revoked_on_record_and_may_be_stated_again(world: World, browser: Open) -> None:
    meeting = world.meeting()
    _, old = world.registered(meeting, by="rafael", title="The older one")
    _, new = world.registered(meeting, title="The newer one")
    amina, url = browser("amina"), f"/documents/{new.id}"
    amina.post(f"{url}/relate", {"kind": "supersedes", "symbol": old.symbol})
    link = re.search(rf'href="({url}/relations/[0-9a-f-]+/take-back)"', amina.get(url).text)[1]
    assert "take-back" not in browser("haruka").get(url).text
    assert "take-back" not in browser("rafael").get(f"/documents/{old.id}").text
    assert "The history of both documents still shows" in amina.get(link).text

    assert "Enter the reason." in amina.post(link, {"reason": ""}).text
    assert amina.post(link, {"reason": "We meant another one."}).headers["Location"] == f"{url}?done=on-record"
    assert amina.post(link, {"reason": "Twice."}).status_code == 409

    for address, words in ((url, f"Supersedes {old.symbol}"), (f"/documents/{old.id}", f"Superseded by {new.symbol}")):
        page = browser("haruka").get(address).text
        assert 'id="h-relations"' not in page
        assert '<div class="notice warn">' not in page
        past = visible_text(page.split('id="h-past"')[1])
        assert re.search(rf"{re.escape(words)} Kenya .* Withdrawn: {re.escape(words)}", past)
        assert "Reason: We meant another one. Kenya" in past
    with transaction(world.read) as session:
        ended = session.scalars(select(RelationRevocation)).one()
        assert (ended.side, ended.taken_back_by) == ("submitter", world.person("amina").id)
    assert amina.post(f"{url}/relate", {"kind": "supersedes", "symbol": old.symbol}).status_code == 303
    amina.post(f"{url}/relate", {"kind": "supersedes", "symbol": old.symbol})
    with transaction(world.read) as session:
        assert len(session.scalars(select(DocumentRelation)).all()) == 2
    assert 'id="h-relations"' in amina.get(url).text


def test_a_relation_is_revoked_by_those_who_may_relate_and_where_it_is_stated(world: World, browser: Open) -> None:
    meeting = world.meeting()
    _, old = world.registered(meeting, by="rafael")
    _, new = world.registered(meeting)
    relate_documents(world, new, RelationKind.REPLIES_TO, old)
    with transaction(world.read) as session:
        relation = session.scalars(select(DocumentRelation.id)).one()
    new_path, old_path = (f"/documents/{each.id}/relations/{relation}/take-back" for each in (new, old))

    assert browser("rafael").post(new_path, {"reason": "Not ours."}).status_code == 403
    assert browser("rafael").post(old_path, {"reason": "Not stated here."}).status_code == 404
    assert browser("amina").get(f"/documents/{new.id}/relations/{uuid4()}/take-back").status_code == 404
    assert browser("chen").get(new_path).status_code == 404
    assert browser("ines").post(new_path, {"reason": "A slip."}).status_code == 303
    withdraw_document(world, new)
    assert browser("amina").get(new_path).status_code == 409


def test_outsiders_see_no_relation_to_invisible_documents_and_no_reason(world: World, browser: Open) -> None:
    meeting = world.meeting()
    _, shown = world.registered(meeting)
    _, hidden = world.registered(meeting)
    _, public = world.registered(meeting)
    for other in (hidden, public):
        relate_documents(world, shown, RelationKind.REPLIES_TO, other)
    for each in (shown, public):
        change_access(world, each, DocumentAccess.PUBLIC)
    amina = browser("amina")
    for link in re.findall(r'href="(\S+/take-back)"', amina.get(f"/documents/{shown.id}").text):
        assert amina.post(link, {"reason": "Told to the group."}).status_code == 303

    for page in (browser("chen").get(f"/documents/{shown.id}"), browser().get(f"/public/documents/{shown.id}")):
        assert f"Withdrawn: Replies to {public.symbol}" in visible_text(page.text)
        assert hidden.symbol not in page.text
        assert "Told to the group." not in page.text
        assert "take-back" not in page.text


def test_a_moved_deadline_is_shown_on_every_page_of_a_delegate_that_names_it(world: World, browser: Open) -> None:
    meeting, amina = world.meeting(opens_in=40), browser("amina")
    draft = world.draft(meeting)
    _, document = world.registered(meeting)
    url = f"/contributions/{draft.id}"
    addresses = [
        "/",
        f"/meetings/{meeting.id}",
        f"/meetings/{meeting.id}/contributions/new",
        url,
        f"{url}/edit",
        f"{url}/check",
        f"/documents/{document.id}/follow/rev",
    ]
    words = "The deadline for contributions to CWG-Internet, meeting 22 was changed from"
    assert not any(words in amina.get(each).text for each in addresses)
    form = {"number": "22", "place": "Geneva", "zone": "Europe/Zurich", "version": "1"}
    form |= {"opens_on": str(meeting.opens_on), "closes_on": str(meeting.closes_on)}
    browser("ines").post(f"/meetings/{meeting.id}/edit", form | {"contributions_due_on": str(meeting.opens_on)})

    assert [each for each in addresses if words not in amina.get(each).text] == []
    assert words not in amina.get(f"/documents/{document.id}/follow/corr").text  # it has no deadline
    assert words not in browser("rafael").get(f"/documents/{document.id}").text
    with clock.shifted_clock(timedelta(days=35)):
        late = browser("amina")
        assert words not in late.get("/").text  # shown as news for a month
        assert words in late.get(f"/meetings/{meeting.id}").text
    with clock.shifted_clock(timedelta(days=50)):
        assert words not in browser("amina").get(f"/meetings/{meeting.id}").text


def test_the_dashboard_lists_every_meeting_that_is_not_over(world: World, browser: Open) -> None:
    meetings = [world.meeting(opens_in=40 + number, number=number) for number in (22, 23, 24, 25)]
    last = meetings[-1]
    form = {"number": "25", "place": "Geneva", "zone": "Europe/Zurich", "version": "1"}
    form |= {"opens_on": str(last.opens_on), "closes_on": str(last.closes_on)}
    browser("ines").post(f"/meetings/{last.id}/edit", form | {"contributions_due_on": str(last.opens_on)})

    assert "contributions to CWG-Internet, meeting 25 was changed from" in browser("amina").get("/").text


def test_the_counter_of_missing_titles_names_the_groups(world: World, browser: Open) -> None:
    for number in (1, 2):
        world.registered(world.meeting(number=20 + number), title=f"Text {number}")
    counter = re.compile(r'<a href="/titles"><b>\d</b> <span>Missing titles</span></a> <span class="meta">([^<]*)<')
    one = counter.search(browser("ines").get("/").text)
    assert one
    assert one[1] == "CWG-Internet"

    world.seat("ines", "secretary", body="wg-wsis")
    world.seat("amina", "delegate", body="wg-wsis")
    world.registered(world.meeting(body="wg-wsis", number=3), title="Text 3")
    two = counter.search(browser("ines").get("/").text)
    assert two
    assert two[1] == "CWG-Internet 2 · CWG-WSIS 1"
