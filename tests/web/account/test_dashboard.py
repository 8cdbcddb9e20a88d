"""The secretariat's desk in the browser: several registered at once, translations due, everything late, relations
taken back, and deadlines that moved."""

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
from app.domain.contributions.actions import drafting, late_submissions
from app.domain.contributions.inputs import Because
from app.domain.contributions.models import Contribution, ContributionFile
from app.domain.documents.models import DocumentAccess, DocumentRelation, EditionStep, RelationKind, RelationRevocation
from app.domain.meetings.models import Meeting
from tests.browser import Browser
from tests.document_history import added, opened, related, translated, withdrawn
from tests.files import a_docx
from tests.world import World

Open = Callable[..., Browser]
KEYS = re.compile(r'name="chosen" value="([0-9a-f]{32}\.\d+)"')
ONE = UUID(int=1)
NOTE = {
    "level": "decide",
    "what": {"message": "The file holds tracked changes.", "values": {}},
    "where": "page 3",
    "remedy": {"message": "Accept or reject them.", "values": {}},
}


def said(page: str) -> str:
    """The words of a page, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def keys(browser: Browser, address: str = "/contributions") -> list[str]:
    """What the boxes of the queue name, in its order."""
    return KEYS.findall(browser.get(address).text)


def test_what_is_ticked_is_registered_in_the_order_of_its_coming_and_no_more(world: World, browser: Open) -> None:
    meeting, ines = world.meeting(), browser("ines")
    for title in ("First", "Second", "Third"):
        world.submitted(meeting, title=title)
    first, _, third = keys(ines)

    answer = ines.post("/registration", {"chosen": [third, first]})
    page = ines.get(answer.headers["Location"]).text

    assert answer.status_code == 303
    assert "CWG-Internet 22/1 Kenya First CWG-Internet 22/2 Kenya Third" in said(page)
    assert "2 contributions have their numbers now" in page
    assert "Not registered" not in page
    assert "Second" not in page
    assert len(keys(ines)) == 1
    assert "First" in browser("rafael").get("/documents").text


def test_what_could_not_be_registered_is_named_with_its_reason_and_the_others_are(world: World, browser: Open) -> None:
    meeting, ines = world.meeting(), browser("ines")
    for title in ("Changed", "Taken back", "Fine"):
        world.submitted(meeting, title=title)
    stale, returned, fine = keys(ines)
    stale = f"{stale.partition('.')[0]}.1"
    with world.acting("daniel") as (session, actor):
        there = session.scalars(select(Contribution).where(Contribution.title == "Taken back")).one()
        drafting.return_contribution(session, actor, there, Because(reason="It is empty."), version=there.version)

    page = ines.get(ines.post("/registration", {"chosen": [stale, returned, fine]}).headers["Location"]).text

    assert "CWG-Internet 22/1 Kenya Fine" in said(page)
    assert "Kenya Changed This was changed after you opened the page." in said(page)
    assert "One that was chosen is not there for the secretariat any more" in page
    assert "Taken back" not in page  # it is its delegation's own again


def test_boxes_can_be_ticked_all_at_once_and_nothing_ticked_is_said(world: World, browser: Open) -> None:
    meeting, ines = world.meeting(), browser("ines")
    world.submitted(meeting)
    world.submitted(meeting)
    assert " checked>" not in ines.get("/contributions").text
    assert 'href="?queue=1&amp;ticked=all#h-queue"' in ines.get("/contributions").text

    ticked = ines.get("/contributions?queue=1&ticked=all").text
    nothing = ines.post("/registration")

    assert ticked.count(" checked>") == 2
    assert nothing.headers["Location"] == "/contributions?ticked=none#h-queue"
    assert "Nothing was ticked." in ines.get("/contributions?ticked=none").text


def test_the_queue_shows_what_the_gate_found_and_what_can_not_be_followed(world: World, browser: Open) -> None:
    meeting, ines = world.meeting(), browser("ines")
    clean, found = world.submitted(meeting, title="Clean"), world.submitted(meeting, title="Found")
    _, document = world.registered(meeting)
    with world.acting("amina") as (session, _):
        for made, findings in ((clean, []), (found, [NOTE, NOTE | {"level": "note"}, NOTE | {"level": "fine"}])):
            file = session.get_one(ContributionFile, (made.id, "en"))
            file.findings = findings
        session.get_one(Contribution, clean.id).follows_id = document.id
        session.get_one(Contribution, clean.id).step = EditionStep.REVISION

    page = ines.get("/contributions").text

    assert "Nothing to look at" in page
    assert "Decide 2 findings : Found" in said(page)
    assert "English The file holds tracked changes. (page 3) Accept or reject them." in said(page)
    assert f"Revision · {document.symbol}" in said(page)
    assert len(keys(ines)) == 2
    withdrawn(world, document)
    assert len(keys(ines)) == 1
    assert "Withdrawn Nothing can follow it. Return this contribution." in said(ines.get("/contributions").text)


@pytest.mark.parametrize("key", ["x", f"{ONE}.1", f"{ONE.hex}.-1", ONE.hex, f"{ONE.hex}.1e3", f"{ONE.hex}.1234567890"])
def test_what_no_form_of_ours_sends_is_refused(world: World, browser: Open, key: str) -> None:
    ines = browser("ines")

    assert ines.post("/registration", {"chosen": [key]}).status_code == 400
    assert ines.get("/registration", params={"of": key}).status_code == 400
    many = [f"{uuid4().hex}.1" for _ in range(51)]
    assert ines.post("/registration", {"chosen": many}).status_code == 400


@pytest.fixture
def statements(portal: ASGIApp) -> Callable[..., int]:
    """How many statements a page takes."""
    engine = portal.app.state.portal.engine

    def count(browser: Browser, address: str) -> int:
        seen: list[str] = []

        def note(*said: object) -> None:
            seen.append(str(said[2]))

        event.listen(engine, "before_cursor_execute", note)
        assert browser.get(address).status_code == 200
        event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    return count


def test_a_long_queue_costs_no_more_statements(world: World, browser: Open, statements: Callable[..., int]) -> None:
    meeting, ines = world.meeting(), browser("ines")
    world.submitted(meeting)
    with_one = statements(ines, "/contributions")
    for _ in range(2):
        world.submitted(meeting)

    assert statements(ines, "/contributions") == with_one


def test_translations_that_are_due_lead_to_where_they_are_added(world: World, browser: Open) -> None:
    ines = browser("ines")
    assert "No translation is due." in ines.get("/translations").text
    assert "Nothing beyond the original" in ines.get("/translations").text
    meeting = world.meeting()
    _, document = world.registered(meeting, title="Costs of transit")
    _, revised = world.registered(meeting, by="rafael", title="Revised")
    translated(world, revised, "fr", by="ines")
    added(world, revised, EditionStep.REVISION, "Revised twice")
    world.rendered(world.file().sha256, "A text of one paragraph.")
    form = "/bodies/cwg-internet/languages"
    assert ines.post(form, {"languages": ["fr", "de"]}).status_code == 400
    assert ines.post(form, {"languages": ["fr", "ru"]}).headers["Location"] == "/translations?done=languages"

    page = ines.get("/translations").text
    add = f"/documents/{document.id}/first/translate?language=fr"

    assert "French: 2" in said(page)
    assert "Russian: 2" in said(page)
    assert "2 texts; pages of the originals, as far as they were counted: 2." in said(page)
    assert re.search(r"CWG-Internet 22/1 Costs of transit .* Missing Add a translation", said(page))
    assert re.search(r"22/2 \(Rev\.1\) Revised twice .* not counted yet Revised since it was translated", said(page))
    assert f'href="{add}"' in page
    assert '<option value="fr" lang="fr" selected' in ines.get(add).text
    assert "Nothing is due in this language." in ines.get("/translations?language=zh").text
    assert re.search(r"<b>4</b> <span>Translations due", ines.get("/").text)
    done = ines.post(add.partition("?")[0], {"language": "fr"}, files={"file": ("c.docx", a_docx("Un texte."))})
    assert done.status_code == 303
    assert "French: 1" in said(ines.get("/translations").text)
    assert ines.get("/translations?page=2").status_code == 404


def test_everything_late_says_how_late_and_why_it_was_decided_so(world: World, browser: Open) -> None:
    meeting, other = world.meeting(opens_in=3, number=21), world.meeting(opens_in=3, number=22)
    ines, laurent = browser("ines"), browser("laurent")
    assert "Nothing waits for the chair." in ines.get("/late").text
    world.submitted(meeting, title="Waits for the chair")
    world.held(meeting, title="Kept for later")
    accepted, moved = (world.submitted(place, title=title) for place, title in ((meeting, "Taken"), (other, "Moved")))
    world.submitted(world.meeting(number=23), title="In time")
    for made in (accepted, moved):
        with world.acting("laurent") as (session, actor):
            there = session.get_one(Contribution, made.id)
            late_submissions.accept_late_contribution(
                session, actor, there, Because(reason="The line was down."), version=there.version
            )
    with world.acting("ines") as (session, actor):
        there = session.get_one(Contribution, accepted.id)
        drafting.register_contribution(session, actor, there, version=there.version)
        session.get_one(Meeting, other.id).contributions_due_at = clock.now() + timedelta(days=2)

    for who in (ines, laurent):
        waiting, held, taken = re.split(r'id="h-(?:held|accepted)"', who.get("/late").text)
        assert re.search(r"[89] days Kenya Waits for the chair .* Late, awaits the chair Not decided", said(waiting))
        assert re.search(r"[89] days Kenya Kept for later .* Held for a later meeting It is too late\.", said(held))
        assert re.search(r"[89] days Kenya Taken .* CWG-Internet 21/1 Registered The line was down\.", said(taken))
        assert re.search(r"in time by the deadline as it stands now Kenya Moved .* The line was down\.", said(taken))
        listed = [re.findall(r'class="title" href="[^"]+">([^<]+)', part) for part in (waiting, held, taken)]
        assert listed == [["Waits for the chair"], ["Kept for later"], ["Moved", "Taken"]]
    for who in ("amina", "rafael", "joseph", "olga", "chen"):
        assert browser(who).get("/late").status_code == 404
    assert 'href="/late"' in laurent.get("/contributions").text


def test_a_relation_is_taken_back_on_record_and_may_be_stated_again(world: World, browser: Open) -> None:
    meeting = world.meeting()
    _, old = world.registered(meeting, by="rafael", title="The older one")
    _, new = world.registered(meeting, title="The newer one")
    amina, here = browser("amina"), f"/documents/{new.id}"
    amina.post(f"{here}/relate", {"kind": "supersedes", "symbol": old.symbol})
    link = re.search(rf'href="({here}/relations/[0-9a-f-]+/take-back)"', amina.get(here).text)[1]
    assert "take-back" not in browser("haruka").get(here).text
    assert "take-back" not in browser("rafael").get(f"/documents/{old.id}").text
    assert "stays in the history of both" in amina.get(link).text

    assert "Fill this in." in amina.post(link, {"reason": ""}).text
    assert amina.post(link, {"reason": "We meant another one."}).headers["Location"] == f"{here}?done=on-record"
    assert amina.post(link, {"reason": "Twice."}).status_code == 409

    for address, words in ((here, f"Supersedes {old.symbol}"), (f"/documents/{old.id}", f"Superseded by {new.symbol}")):
        page = browser("haruka").get(address).text
        assert 'id="h-relations"' not in page
        assert '<div class="notice warn">' not in page
        past = said(page.split('id="h-past"')[1])
        assert re.search(rf"{re.escape(words)} Kenya .* Taken back: {re.escape(words)}", past)
        assert "Reason: We meant another one. Kenya" in past
    with transaction(world.read) as session:
        ended = session.scalars(select(RelationRevocation)).one()
        assert (ended.side, ended.taken_back_by) == ("submitter", world.person("amina").id)
    assert amina.post(f"{here}/relate", {"kind": "supersedes", "symbol": old.symbol}).status_code == 303
    amina.post(f"{here}/relate", {"kind": "supersedes", "symbol": old.symbol})
    with transaction(world.read) as session:
        assert len(session.scalars(select(DocumentRelation)).all()) == 2
    assert 'id="h-relations"' in amina.get(here).text


def test_a_relation_is_taken_back_by_whoever_may_relate_and_where_it_is_stated(world: World, browser: Open) -> None:
    meeting = world.meeting()
    _, old = world.registered(meeting, by="rafael")
    _, new = world.registered(meeting)
    related(world, new, RelationKind.REPLIES_TO, old)
    with transaction(world.read) as session:
        relation = session.scalars(select(DocumentRelation.id)).one()
    here, there = (f"/documents/{each.id}/relations/{relation}/take-back" for each in (new, old))

    assert browser("rafael").post(here, {"reason": "Not ours."}).status_code == 403
    assert browser("rafael").post(there, {"reason": "Not stated here."}).status_code == 404
    assert browser("amina").get(f"/documents/{new.id}/relations/{uuid4()}/take-back").status_code == 404
    assert browser("chen").get(here).status_code == 404
    assert browser("ines").post(here, {"reason": "A slip."}).status_code == 303
    withdrawn(world, new)
    assert browser("amina").get(here).status_code == 409


def test_those_outside_learn_of_no_relation_to_what_they_may_not_see_and_no_reason(world: World, browser: Open) -> None:
    meeting = world.meeting()
    _, shown = world.registered(meeting)
    _, hidden = world.registered(meeting)
    _, public = world.registered(meeting)
    for other in (hidden, public):
        related(world, shown, RelationKind.REPLIES_TO, other)
    for each in (shown, public):
        opened(world, each, DocumentAccess.PUBLIC)
    amina = browser("amina")
    for link in re.findall(r'href="(\S+/take-back)"', amina.get(f"/documents/{shown.id}").text):
        assert amina.post(link, {"reason": "Told to the group."}).status_code == 303

    for page in (browser("chen").get(f"/documents/{shown.id}"), browser().get(f"/public/documents/{shown.id}")):
        assert f"Taken back: Replies to {public.symbol}" in said(page.text)
        assert hidden.symbol not in page.text
        assert "Told to the group." not in page.text
        assert "take-back" not in page.text


def test_a_moved_deadline_is_said_wherever_a_delegate_reads_of_it(world: World, browser: Open) -> None:
    meeting, amina = world.meeting(opens_in=40), browser("amina")
    draft = world.draft(meeting)
    _, document = world.registered(meeting)
    here = f"/contributions/{draft.id}"
    addresses = [
        "/",
        f"/meetings/{meeting.id}",
        f"/meetings/{meeting.id}/contributions/new",
        here,
        f"{here}/edit",
        f"{here}/check",
        f"/documents/{document.id}/follow/rev",
    ]
    words = "The deadline for contributions to CWG-Internet, meeting 22 was moved from"
    assert not any(words in amina.get(each).text for each in addresses)
    form = {"number": "22", "place": "Geneva", "zone": "Europe/Zurich", "version": "1"}
    form |= {"opens_on": str(meeting.opens_on), "closes_on": str(meeting.closes_on)}
    browser("ines").post(f"/meetings/{meeting.id}/edit", form | {"contributions_due_on": str(meeting.opens_on)})

    assert [each for each in addresses if words not in amina.get(each).text] == []
    assert words not in amina.get(f"/documents/{document.id}/follow/corr").text  # it has no deadline
    assert words not in browser("rafael").get(f"/documents/{document.id}").text
    with clock.shifted_clock(timedelta(days=35)):
        late = browser("amina")
        assert words not in late.get("/").text  # news, for a month
        assert words in late.get(f"/meetings/{meeting.id}").text
    with clock.shifted_clock(timedelta(days=50)):
        assert words not in browser("amina").get(f"/meetings/{meeting.id}").text


def test_the_desk_tells_of_every_meeting_that_is_not_over(world: World, browser: Open) -> None:
    meetings = [world.meeting(opens_in=40 + number, number=number) for number in (22, 23, 24, 25)]
    last = meetings[-1]
    form = {"number": "25", "place": "Geneva", "zone": "Europe/Zurich", "version": "1"}
    form |= {"opens_on": str(last.opens_on), "closes_on": str(last.closes_on)}
    browser("ines").post(f"/meetings/{last.id}/edit", form | {"contributions_due_on": str(last.opens_on)})

    assert "contributions to CWG-Internet, meeting 25 was moved from" in browser("amina").get("/").text
