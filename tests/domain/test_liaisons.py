"""Incoming liaisons: taken in, registered or returned, held, answered by the release of the reply, or closed."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.core import clock, journal
from app.core.clamav import ScanState
from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, Forbidden, NotFound, Stale
from app.core.journal import JournalLine
from app.core.storage import Store, open_store
from app.core.validation import ReasonInput
from app.domain.addressees.queries import list_addressee_rows
from app.domain.bodies.actions.seats import end_accreditation
from app.domain.bodies.models import Accreditation
from app.domain.documents import rules as document_rules
from app.domain.documents.models import Document
from app.domain.liaisons import actions, events, queries
from app.domain.liaisons.inputs import LiaisonFilter, LiaisonHolding, NewLiaison
from app.domain.liaisons.models import Liaison, LiaisonReply
from app.domain.liaisons.pending import build_liaison_actions, select_pending_liaisons
from app.domain.liaisons.rules import is_overdue
from app.domain.meetings.models import Meeting
from app.domain.outputs.inputs import OutputCover
from app.domain.outputs.models import Output
from app.domain.outputs.queries.outputs import compute_text_digest
from app.domain.releases.models import ReleasedOutput
from app.domain.silence.models import SilenceProcedure
from tests.world import PARENT, World

TO_IETF = ({"organization": "IETF", "wants": "action"},)
BECAUSE = ReasonInput(reason="It is not for this group.")
SEEN_BY_DELEGATIONS = ("amina", "rafael", "joseph")


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


def new_liaison(**more: object) -> NewLiaison:
    fields: dict[str, object] = {"party": "IETF", "subject": "Routing", "original": "en", "wants": "reply"}
    return NewLiaison(**fields | {"symbol": "LS-7"} | more)


def take_in(world: World, *, by: str = "ines", **more: object) -> Liaison:
    with world.acting(by) as (session, actor):
        return actions.take_in_liaison(session, actor, world.body(), new_liaison(**more), world.file())


def register(world: World, liaison: Liaison, meeting: Meeting, *, by: str = "ines") -> Document:
    with world.acting(by) as (session, actor):
        row = queries.get_visible_liaison(session, actor, liaison.id, lock=True)
        return actions.register_liaison(session, actor, row, meeting.id, version=row.version)


def registered(world: World, meeting: Meeting, **more: object) -> Liaison:
    liaison = take_in(world, **more)
    register(world, liaison, meeting)
    return liaison


def hold(world: World, liaison: Liaison, holder: str, *, days: int = 5, by: str = "laurent") -> None:
    with world.acting(by) as (session, actor):
        row = queries.get_visible_liaison(session, actor, liaison.id, lock=True)
        until = clock.now().date() + timedelta(days=days)
        holding = LiaisonHolding(holder=world.person(holder).id, until=until)
        actions.hold_liaison(session, actor, row, holding, version=row.version)


def reply_to(world: World, liaison: Liaison, output: Output) -> None:
    with world.acting("laurent") as (session, actor):
        row = queries.get_visible_liaison(session, actor, liaison.id)
        actions.choose_reply(session, actor, row, session.get_one(Output, output.id))


def remove_reply(world: World, liaison: Liaison, output: Output) -> None:
    with world.acting("laurent") as (session, actor):
        row = queries.get_visible_liaison(session, actor, liaison.id)
        actions.remove_reply(session, actor, row, session.get_one(Output, output.id))


def note_outside(world: World, liaison: Liaison, output: Output) -> None:
    """Note the reply as an earlier version did."""
    with world.acting("laurent") as (session, actor):
        at = clock.now()
        session.add(LiaisonReply(output_id=output.id, liaison_id=liaison.id, chosen_by=actor.person, chosen_at=at))
        event = events.LiaisonReplyChosen(liaison.id, output.id)
        journal.record_event(session, actor, event, body=liaison.body_id)


def find_state(world: World, liaison: Liaison) -> str:
    with transaction(world.read) as session:
        return session.get_one(Liaison, liaison.id).state


def sees(world: World, who: str, liaison: Liaison) -> bool:
    with transaction(world.read) as session:
        rows = queries.list_liaison_rows(session, world.actor(who), LiaisonFilter())
        listed = liaison.id in {row[0].id for row in rows}
        try:
            queries.get_visible_liaison(session, world.actor(who), liaison.id)
        except NotFound:
            assert not listed
            return False
        assert listed
        return True


def list_pending(world: World, who: str) -> list[str]:
    with transaction(world.read) as session:
        actor = world.actor(who)
        rows = session.execute(select_pending_liaisons(actor)).all()
        return [action.kind.name for action in build_liaison_actions(session, actor, rows)]


def test_a_secretary_takes_in_a_liaison_of_an_organization_in_force_or_of_another_group(world: World) -> None:
    for who in ("amina", "laurent", "joseph"):
        with pytest.raises(Forbidden):
            take_in(world, by=who)
    for party in ("NOWHERE", "KEN", "cwg-internet"):
        with pytest.raises(BadRequest, match="Select a sender"):
            take_in(world, party=party)
    liaison = take_in(world, topics=("spam",), reply_by=date(2099, 1, 1))
    of_a_body = take_in(world, party="wg-wsis")

    assert (liaison.organization, liaison.sender_body_id, liaison.state) == ("IETF", None, "received")
    assert of_a_body.sender_body_id == world.body("wg-wsis").id
    assert list_pending(world, "ines") == ["liaison:register"] * 2
    assert list_pending(world, "laurent") == []


def test_a_registered_liaison_is_a_sealed_document_of_the_meeting_from_its_sender(world: World) -> None:
    meeting = world.meeting()
    liaison = take_in(world, topics=("spam",))
    with pytest.raises(BadRequest, match="Select a meeting of this group"):
        register(world, liaison, world.parent_meeting())
    document = register(world, liaison, meeting)

    assert (document.entity, document.sealed, document.access) == ("IETF", True, "group")
    assert document.symbol.endswith("LS/1")
    assert document.topics == ["spam"]
    assert document.titles == {"en": "Routing"}
    with pytest.raises(Conflict):
        document_rules.ADD_EDITION.require(world.actor("ines"), document)
    with pytest.raises(Conflict, match="already been registered or returned"):
        register(world, liaison, meeting)


def test_an_infected_or_unchecked_file_is_not_registered(world: World) -> None:
    liaison = take_in(world)
    world.scanned(world.file().sha256, ScanState.WAITING)
    with pytest.raises(Conflict, match="not been checked for viruses"):
        register(world, liaison, world.meeting())
    assert find_state(world, liaison) == "received"


def test_two_who_saw_the_same_version_do_not_both_decide(world: World) -> None:
    liaison, meeting = take_in(world), world.meeting()
    with pytest.raises(Stale), world.acting("ines") as (session, actor):
        row = queries.get_visible_liaison(session, actor, liaison.id, lock=True)
        actions.register_liaison(session, actor, row, meeting.id, version=7)


def test_a_returned_liaison_is_never_visible_to_delegations(world: World) -> None:
    liaison = take_in(world)
    assert not any(sees(world, who, liaison) for who in SEEN_BY_DELEGATIONS)
    with world.acting("ines") as (session, actor):
        row = queries.get_visible_liaison(session, actor, liaison.id, lock=True)
        actions.return_liaison(session, actor, row, BECAUSE, version=1)

    assert not any(sees(world, who, liaison) for who in SEEN_BY_DELEGATIONS)
    assert sees(world, "ines", liaison)
    assert sees(world, "laurent", liaison)
    with transaction(world.read) as session:
        assert session.get_one(Liaison, liaison.id).because == BECAUSE.reason
        lines = session.scalars(select(JournalLine).where(JournalLine.event.startswith("liaison:"))).all()
        assert not any(str(line.facts).count("not for this group") for line in lines)
    with pytest.raises(Conflict):
        register(world, liaison, world.meeting())


def test_everybody_with_a_seat_sees_a_registered_one_and_no_one_else(world: World) -> None:
    liaison = registered(world, world.meeting())
    assert all(sees(world, who, liaison) for who in SEEN_BY_DELEGATIONS)
    assert not sees(world, "chen", liaison)
    assert not sees(world, "marc", liaison)


def test_chair_or_secretary_gives_it_to_a_person_with_a_seat_until_a_day(world: World) -> None:
    liaison = registered(world, world.meeting())
    assert list_pending(world, "laurent") == ["liaison:give"]
    with pytest.raises(Forbidden):
        hold(world, liaison, "amina", by="amina")
    with pytest.raises(Conflict, match="has a role in this group"):
        hold(world, liaison, "chen")
    with pytest.raises(BadRequest, match="in the past"):
        hold(world, liaison, "amina", days=-1)
    hold(world, liaison, "amina")

    assert list_pending(world, "amina") == ["liaison:prepare-reply"]
    assert list_pending(world, "laurent") == []
    hold(world, liaison, "rafael", by="ines")
    assert list_pending(world, "amina") == []
    with world.acting("ines") as (session, actor):
        seat = session.scalars(select(Accreditation).where(Accreditation.person_id == world.person("rafael").id)).one()
        end_accreditation(session, actor, seat, ReasonInput(reason="Moved to another ministry."))
    assert list_pending(world, "laurent") == ["liaison:give"]


def test_what_is_for_information_waits_for_no_one(world: World) -> None:
    liaison = registered(world, world.meeting(), wants="information", reply_by=date(2026, 1, 1))
    assert list_pending(world, "laurent") == []
    with pytest.raises(Conflict, match="Nothing is asked"):
        hold(world, liaison, "amina")


def test_the_release_of_its_reply_answers_it_and_then_it_is_not_chased(world: World, release_store: Store) -> None:
    meeting = world.meeting(opens_in=0)
    liaison = registered(world, meeting, reply_by=clock.now().date() + timedelta(days=2))
    hold(world, liaison, "amina", days=1)
    draft = world.output(meeting, kind="liaison", addressees=TO_IETF)
    reply_to(world, liaison, draft)
    with clock.shifted_clock(timedelta(days=4)), transaction(world.write) as session:
        assert [each.id for each in queries.list_overdue_liaisons(session)] == [liaison.id]
    output = world.released(meeting, release_store, draft=draft)
    with transaction(world.write) as session:
        assert actions.answer_liaisons(session, output.id)
    with transaction(world.write) as session:
        assert not actions.answer_liaisons(session, output.id)

    with transaction(world.read) as session:
        row = session.get_one(Liaison, liaison.id)
        assert (row.state, row.reply_id) == ("answered", output.id)
        assert not is_overdue(row, date(2099, 1, 1))
        answered = select(func.count()).where(JournalLine.event == "liaison:answered")
        assert session.scalar(answered) == 1
    assert list_pending(world, "amina") == []
    with clock.shifted_clock(timedelta(days=4)), transaction(world.write) as session:
        assert actions.note_overdue_liaisons(session) == 0


def test_an_output_answers_each_liaison_that_its_addressees_name(world: World, release_store: Store) -> None:
    meeting = world.meeting(opens_in=0)
    asked, other = registered(world, meeting), registered(world, meeting)
    addressees = [
        {"organization": "IETF", "wants": "information", "in_reply_to": asked.id},
        {"words": "A forum", "wants": "information", "in_reply_to": other.id},
    ]
    draft = world.output(meeting, kind="liaison", addressees=addressees)
    assert [find_state(world, each) for each in (asked, other)] == ["registered"] * 2
    output = world.released(meeting, release_store, draft=draft)
    for expected in (2, 0):
        with transaction(world.write) as session:
            assert actions.answer_liaisons(session, output.id) == expected

    assert [find_state(world, each) for each in (asked, other)] == ["answered"] * 2
    with transaction(world.read) as session:
        assert [each.id for each in queries.list_replies(session, world.actor("ines"), asked)] == [output.id]


def test_an_output_answers_no_liaison_of_another_group(world: World, release_store: Store) -> None:
    """Neither on the form, nor if its row says so."""
    world.serve_the_parent("ines")
    with world.acting("ines") as (session, actor):
        theirs = actions.take_in_liaison(session, actor, world.body(PARENT), new_liaison(), world.file())
    register(world, theirs, world.parent_meeting())
    meeting = world.meeting(opens_in=0)
    own = take_in(world)
    for liaison in (theirs, own):
        addressee = {"organization": "IETF", "wants": "information", "in_reply_to": liaison.id}
        cover = OutputCover(kind="liaison", original="en", titles={"en": "A reply"}, addressees=(addressee,))
        with pytest.raises(BadRequest, match="awaits a reply"), world.acting("ines") as (session, actor):
            queries.require_open_liaisons(session, actor, meeting.body_id, cover)

    addressee = {"organization": "IETF", "wants": "information", "in_reply_to": theirs.id}
    output = world.released(meeting, release_store, kind="liaison", addressees=(addressee,))
    with transaction(world.write) as session:
        assert actions.answer_liaisons(session, output.id) == 0
    assert find_state(world, theirs) == "registered"


def test_an_overdue_one_is_noted_once_a_week(world: World) -> None:
    registered(world, world.meeting(), reply_by=clock.now().date())
    noted = []
    for days in (0, 1, 2, 7, 9):
        with clock.shifted_clock(timedelta(days=days)), transaction(world.write) as session:
            noted.append(actions.note_overdue_liaisons(session))
    assert noted == [0, 1, 0, 0, 1]


def test_only_a_chair_of_no_member_behind_it_decides_that_it_needs_no_answer(world: World) -> None:
    liaison = registered(world, world.meeting())

    def close(who: str) -> None:
        with world.acting(who) as (session, actor):
            row = queries.get_visible_liaison(session, actor, liaison.id, lock=True)
            actions.close_liaison(session, actor, row, BECAUSE, version=row.version)

    for who in ("ines", "amina"):
        with pytest.raises(Forbidden):
            close(who)
    close("laurent")
    assert find_state(world, liaison) == "closed"
    assert list_pending(world, "laurent") == []
    with pytest.raises(Conflict):
        close("laurent")


def test_a_chair_of_a_state_behind_it_does_not_close_it(world: World, release_store: Store) -> None:
    _, source = world.registered(world.meeting(number=23), by="amina")
    meeting = world.meeting(opens_in=0)
    draft = world.output(meeting, kind="liaison", addressees=TO_IETF, sources=frozenset({source.id}))
    ours = world.released(meeting, release_store, draft=draft)
    world.seat("amina", "chair")
    liaison = registered(world, meeting, answers=ours.id)
    with pytest.raises(Forbidden, match="behind this liaison"), world.acting("amina") as (session, actor):
        row = queries.get_visible_liaison(session, actor, liaison.id, lock=True)
        actions.close_liaison(session, actor, row, BECAUSE, version=row.version)


def test_nothing_of_a_liaison_reaches_the_read_path(world: World) -> None:
    def list_released() -> list[object]:
        with transaction(world.read) as session:
            return [list(session.execute(select(table)).all()) for table in ReleasedOutput.metadata.sorted_tables]

    meeting = world.meeting()
    before = list_released()
    registered(world, meeting)
    take_in(world, subject="Never registered")
    assert list_released() == before


def test_the_reply_chosen_on_the_page_of_the_liaison_is_part_of_what_is_adopted(
    world: World, release_store: Store
) -> None:
    """The sender becomes an addressee whose row names the liaison, under the digest of the text."""
    meeting = world.meeting(opens_in=0)
    liaison = registered(world, meeting)
    draft = world.output(meeting, kind="liaison", addressees=[{"words": "A forum", "wants": "action"}])
    reply_to(world, liaison, draft)

    with transaction(world.read) as session:
        row = session.get_one(Output, draft.id)
        chosen, version = compute_text_digest(session, row), row.version
        facts = [
            (each.words, each.organization, each.wants, each.in_reply_to) for each in list_addressee_rows(session, row)
        ]
    assert facts == [
        ("A forum", None, "action", None),
        ("Internet Engineering Task Force", "IETF", "information", liaison.id),
    ]
    assert version == draft.version + 1
    remove_reply(world, liaison, draft)
    with transaction(world.read) as session:
        assert compute_text_digest(session, session.get_one(Output, draft.id)) != chosen
        assert queries.list_replies(session, world.actor("ines"), liaison) == []
    reply_to(world, liaison, draft)
    output = world.released(meeting, release_store, draft=draft)
    assert output.text_digest == chosen
    with transaction(world.write) as session:
        assert actions.answer_liaisons(session, output.id) == 1


def test_a_draft_replies_to_one_liaison_of_each_sender(world: World) -> None:
    meeting = world.meeting(opens_in=0)
    first, second = registered(world, meeting), registered(world, meeting)
    of_a_body = registered(world, meeting, party="wg-wsis")
    draft = world.output(meeting, kind="liaison", addressees=TO_IETF)
    reply_to(world, first, draft)
    with pytest.raises(Conflict, match="already replies to one"):
        reply_to(world, second, draft)
    reply_to(world, of_a_body, draft)

    with transaction(world.read) as session:
        ines = world.actor("ines")
        assert [queries.list_possible_replies(session, ines, each) for each in (first, second, of_a_body)] == [[]] * 3
        assert all(queries.list_replies(session, ines, each) for each in (first, of_a_body))


def test_a_reply_that_an_earlier_version_noted_outside_of_the_text_still_counts(
    world: World, release_store: Store
) -> None:
    meeting = world.meeting(opens_in=0)
    liaison, other = registered(world, meeting), registered(world, meeting, party="wg-wsis")
    draft = world.output(meeting, kind="liaison", addressees=TO_IETF)
    note_outside(world, liaison, draft)
    with transaction(world.read) as session:
        assert queries.list_replies(session, world.actor("ines"), liaison)
    remove_reply(world, liaison, draft)
    with transaction(world.read) as session:
        assert queries.list_replies(session, world.actor("ines"), liaison) == []
    note_outside(world, other, draft)
    output = world.released(meeting, release_store, draft=draft)
    with transaction(world.write) as session:
        assert actions.answer_liaisons(session, output.id) == 1
    assert [find_state(world, each) for each in (liaison, other)] == ["registered", "answered"]


def test_a_liaison_is_answered_by_no_text_that_its_sender_does_not_get(world: World) -> None:
    meeting = world.meeting(opens_in=0)
    liaison = registered(world, meeting)
    for party in ({"words": "IETF"}, {"organization": "ISOC"}, {"body_id": world.body("wg-wsis").id}):
        addressee = {"wants": "information", "in_reply_to": liaison.id} | party
        cover = OutputCover(kind="liaison", original="en", titles={"en": "A reply"}, addressees=(addressee,))
        with pytest.raises(BadRequest, match="that this recipient sent"), world.acting("ines") as (session, actor):
            queries.require_open_liaisons(session, actor, meeting.body_id, cover)


def test_choosing_a_reply_ends_a_silence_procedure_on_the_text_before(world: World) -> None:
    """The States were asked about a text without this addressee."""
    meeting = world.meeting(opens_in=0)
    liaison = registered(world, meeting)
    draft = world.output(meeting, kind="liaison", addressees=TO_IETF)
    procedure = world.silence(draft)

    reply_to(world, liaison, draft)

    with transaction(world.read) as session:
        assert session.get_one(SilenceProcedure, procedure.id).course == "void"


def receive_from(world: World, meeting: Meeting, there: Meeting, release_store: Store, **addressee: object) -> Document:
    """Release a liaison statement of the body of a meeting to that of another one, whose secretariat registers it."""
    to_there = {"body_id": str(there.body_id), "wants": "reply", "reply_by": "2099-01-01"} | addressee
    output = world.released(meeting, release_store, kind="liaison", title="On routing", addressees=(to_there,))
    return world.receive(world.deliver(output)[0], there)


def open_liaison(world: World, document: Document) -> Liaison | None:
    with transaction(world.work) as session:
        return actions.open_liaison_of_document(session, document.id)


def test_what_another_group_sends_is_a_liaison_once_it_is_registered(world: World, release_store: Store) -> None:
    there, meeting = world.parent_meeting(), world.meeting(opens_in=-1)
    document = receive_from(world, meeting, there, release_store)

    liaison = open_liaison(world, document)

    assert liaison is not None
    assert open_liaison(world, document) is None, "repeated, it does nothing"
    assert (liaison.body_id, liaison.sender_body_id, liaison.state) == (there.body_id, meeting.body_id, "registered")
    assert (liaison.wants, liaison.reply_by, liaison.document_id) == ("reply", date(2099, 1, 1), document.id)
    assert (liaison.subject, liaison.answers) == ("On routing", None)
    with transaction(world.read) as session:
        actor = world.actor("ines")
        (row,) = queries.list_liaison_rows(session, actor, LiaisonFilter(show="waiting"))
        assert row[0].id == liaison.id
        assert [each.language for each in queries.list_liaison_files(session, row[0])] == ["en"]
    assert not sees(world, "amina", liaison), "no member of the group that sent it sees what the other one received"


def test_a_report_to_the_parent_group_asks_for_nothing(world: World, release_store: Store) -> None:
    there = world.parent_meeting()
    output = world.for_the_parent(world.meeting(opens_in=-1), release_store)

    assert open_liaison(world, world.forwarded(output, there)) is None


def test_the_answer_of_another_group_answers_what_it_was_sent(world: World, release_store: Store) -> None:
    """The group answers what it received; the other one sees which of its texts the answer replies to."""
    meeting, own = world.meeting(opens_in=-1), world.body()
    there = world.parent_meeting(opens_in=-1)
    asked = open_liaison(world, receive_from(world, meeting, there, release_store))
    assert asked is not None
    for who, office in (("laurent", "chair"), ("layla", "vice_chair"), ("daniel", "secretary")):
        world.seat(who, office, body=PARENT)
    to_us = {"body_id": str(own.id), "wants": "information", "in_reply_to": str(asked.id)}
    reply = world.released(there, release_store, kind="liaison", title="A reply", addressees=(to_us,))
    with transaction(world.write) as session:
        assert actions.answer_liaisons(session, reply.id) == 1
    assert find_state(world, asked) == "answered"

    back = open_liaison(world, world.receive(world.deliver(reply)[0], world.meeting(number=45)))

    assert back is not None
    with transaction(world.read) as session:
        answered = session.get_one(Output, back.answers)
        assert (answered.body_id, answered.titles["en"]) == (own.id, "On routing")
    assert (back.wants, back.state, list_pending(world, "laurent")) == ("information", "registered", [])
