"""What a line of the journal names: every event says what it is about, and nothing that its reader may not see."""

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import select

from app.core.db import transaction
from app.core.journal import Event, JournalLine
from app.domain.audit_trail.queries.authors import index_author_names
from app.domain.audit_trail.queries.lines import AuditTrailFilter, list_runs, select_lines
from app.domain.audit_trail.queries.objects import (
    MEETING_SOURCE,
    OBJECT_SOURCES,
    LineObject,
    find_objects,
    list_objects_of_line,
)
from app.domain.audit_trail.rules import (
    BODY_EVENTS,
    OBJECT_KINDS_BY_FACT,
    REASONS_WITHOUT_OBJECT,
    RUN_FACTS_BY_EVENT,
    ObjectKind,
)
from tests.worker.test_subscriptions import event_names
from tests.world import World


def list_event_classes() -> Sequence[type[Event]]:
    names = event_names()
    return [each for each in Event.__subclasses__() if each.__module__.startswith("app.") and each.name in names]


def test_every_event_names_what_it_is_about_or_a_reason_why_not() -> None:
    without = {
        event.name
        for event in list_event_classes()
        if event.name not in BODY_EVENTS and not OBJECT_KINDS_BY_FACT.keys() & {each.name for each in fields(event)}
    }

    assert without == set(REASONS_WITHOUT_OBJECT) - {"session:ended"}  # its field names the session of a person
    selected = {source.kind for source in (*OBJECT_SOURCES, MEETING_SOURCE)}
    assert selected | {ObjectKind.STATE} == set(ObjectKind)


def test_a_run_is_of_events_that_have_the_field_it_goes_by() -> None:
    facts_by_event = {event.name: {each.name for each in fields(event)} for event in list_event_classes()}

    assert {event for event, fact in RUN_FACTS_BY_EVENT.items() if fact and fact not in facts_by_event[event]} == set()
    assert set(RUN_FACTS_BY_EVENT) <= set(facts_by_event)
    assert {ObjectKind(fact) for fact in RUN_FACTS_BY_EVENT.values() if fact} <= set(ObjectKind)


def name_things(world: World, who: str, event: str) -> list[LineObject]:
    """What the latest visible line of this event names for a reader."""
    with world.acting(who) as (session, actor):
        statement = select_lines(session, actor, AuditTrailFilter(event=event))
        line = session.scalars(statement.order_by(JournalLine.seq.desc())).first()
        assert line is not None
        return list_objects_of_line(line, find_objects(session, actor, [line]))


def test_an_item_is_named_once_it_is_released_and_before_with_the_chairs_tools_only(world: World) -> None:
    meeting = world.meeting(opens_in=0)
    item = world.item(meeting, "Opening")
    world.agenda_released(meeting)
    world.moved(meeting, "begin")
    world.sitting(meeting, item)

    assert next((each.kind, each.label) for each in name_things(world, "amina", "sitting:item")) == ("item", "1")

    with world.acting("laurent") as (session, _actor):
        line = session.scalars(select(JournalLine).where(JournalLine.event == "sitting:item")).one()
        later = {**line.facts, "item": str(world.item(meeting, "A secret wish").id)}
    unreleased = JournalLine(event=line.event, facts=later, body=line.body, entity="", capacity="")
    for who, expected in (("laurent", ["item", "session", "meeting"]), ("amina", ["session", "meeting"])):
        with world.acting(who) as (session, actor):
            found = find_objects(session, actor, [unreleased])
            assert [each.kind for each in list_objects_of_line(unreleased, found)] == expected


def test_a_contribution_is_named_to_its_state_and_the_document_that_it_became_to_all(world: World) -> None:
    meeting = world.meeting()
    world.draft(meeting, title="A draft of Kenya")
    world.registered(meeting, title="Registered")

    assert [each.kind for each in name_things(world, "amina", "contribution:drafted")] == ["contribution"]
    for who in ("amina", "rafael"):
        assert [each.label for each in name_things(world, who, "contribution:registered")] == ["CWG-Internet 22/1"]
    with world.acting("amina") as (session, actor):
        drafted = session.scalars(select_lines(session, actor, AuditTrailFilter(event="contribution:drafted"))).all()
        assert find_objects(session, actor, drafted)
    with world.acting("rafael") as (session, actor):
        assert find_objects(session, actor, drafted) == {}


def test_a_circulated_draft_is_named_by_its_circulated_version(world: World) -> None:
    output = world.output(world.meeting(opens_in=-1))
    world.circulated(output)

    for who in ("laurent", "amina"):
        named = name_things(world, who, "version:circulated")
        assert [(each.kind, each.titles) for each in named] == [("output", output.titles)]
        assert (named[0].within is None) == (who == "laurent")


def test_the_person_who_acted_is_known_to_the_secretariat_and_their_delegation_and_officers_to_all(
    world: World,
) -> None:
    meeting = world.meeting()
    world.registered(meeting)
    names = {}
    for who in ("amina", "rafael", "ines"):
        with world.acting(who) as (session, actor):
            lines = session.scalars(select(JournalLine).where(JournalLine.body == meeting.body_id)).all()
            found = index_author_names(session, actor, lines)
            names[who] = {name.split()[0] for name in found.values()}

    assert (names["ines"], names["amina"], names["rafael"]) == ({"Amina", "Inés"}, {"Amina", "Inés"}, {"Inés"})


def test_a_filter_by_person_finds_only_lines_on_which_the_person_is_named(world: World) -> None:
    world.registered(world.meeting())
    amina = world.person("amina")

    with world.acting("amina") as (session, actor):
        assert session.scalars(select_lines(session, actor, AuditTrailFilter(person=amina.id))).all()
    with world.acting("rafael") as (session, actor):
        assert not session.scalars(select_lines(session, actor, AuditTrailFilter(person=amina.id))).all()


def test_many_acts_of_one_person_on_one_thing_are_one_run_that_pages_do_not_cut(world: World) -> None:
    meeting, other = world.meeting(), world.meeting(number=23)
    for place in range(3):
        world.item(meeting, f"Item {place}")
        world.item(other, f"Item {place}", by="ines")

    with world.acting("ines") as (session, actor):
        selected = select_lines(session, actor, AuditTrailFilter(event="agenda:changed"))
        runs = [list_runs(session, selected, offset=offset, limit=1)[0] for offset in (0, 1)]
        assert list_runs(session, selected, offset=2, limit=1) == []
        lines = select_lines(session, actor, AuditTrailFilter(run_of=runs[0].last.seq))
        seen = session.scalars(lines).all()

    assert [(run.count, run.last.facts["meeting"]) for run in runs] == [(3, str(other.id)), (3, str(meeting.id))]
    assert all(run.began_at < run.ended_at == run.last.at for run in runs)
    assert {line.facts["meeting"] for line in seen} == {str(other.id)}
    assert len(seen) == 3
    with world.acting("amina") as (session, actor):  # who may not see those lines gets none of the run either
        assert not session.scalars(select_lines(session, actor, AuditTrailFilter(run_of=runs[0].last.seq))).all()


def test_acts_that_are_not_repeated_work_stay_single(world: World) -> None:
    for number in (22, 23):
        world.meeting(number=number)

    with transaction(world.read) as session:
        actor = world.actor("ines")
        runs = list_runs(
            session, select_lines(session, actor, AuditTrailFilter(event="meeting:convened")), offset=0, limit=9
        )

    assert [run.count for run in runs] == [1, 1]
