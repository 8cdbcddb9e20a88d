"""Silence binds those who were informed: who can answer for a State, what the chair chooses about the others, and since
when somebody of a State could see the procedure."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict
from app.core.journal import JournalLine
from app.domain.bodies.models import Accreditation, Body
from app.domain.bodies.queries.seats import build_actor
from app.domain.body_proposals.actions import confirm_proposal
from app.domain.body_proposals.models import BodyProposal
from app.domain.identity.models.tables import Person
from app.domain.outputs.models import Output
from app.domain.silence import rules
from app.domain.silence.actions import procedure as silence
from app.domain.silence.inputs import NewSilenceProcedure
from app.domain.silence.models import InformedState, SilenceProcedure
from app.domain.silence.queries.addressees import list_informed_states, list_states_informed_later
from app.domain.silence.queries.procedures import get_procedure_rule_subject
from tests.conftest import Database
from tests.world import World, record_rows

CAST = ["amina", "joseph", "wambui", "rafael", "haruka", "laurent", "layla", "ines", "daniel", "chen"]
HOUR = timedelta(hours=1)
STATES_OF_THE_CAST = "('KEN', 'BRA', 'JPN')"


@pytest.fixture
def output(world: World) -> Output:
    return world.output(world.meeting(opens_in=-1), title="A text put before the States")


def end_accreditation(world: World, key: str) -> None:
    with transaction(world.write) as session:
        record_rows(session)
        of_person = Accreditation.person_id == world.person(key).id
        session.execute(update(Accreditation).where(of_person).values(ended_at=clock.now()))


def list_informed(world: World, procedure: SilenceProcedure) -> dict[str, tuple[int, int]]:
    """Return the number of informed people, and of those who can answer, by State."""
    with transaction(world.read) as session:
        states = list_informed_states(session, session.get_one(SilenceProcedure, procedure.id))
        return {state.entity: (state.people, state.answering) for state in states}


def count_stored(world: World) -> int:
    with transaction(world.read) as session:
        return len(session.scalars(select(InformedState)).all())


def list_facts(world: World, event: str) -> list[dict[str, object]]:
    with transaction(world.read) as session:
        return list(session.scalars(select(JournalLine.facts).where(JournalLine.event == event)))


def test_informed_people_are_those_of_the_rules_and_counted_by_state(world: World, output: Output) -> None:
    procedure = world.silence(output)

    assert list_informed(world, procedure) == {"BRA": (1, 1), "JPN": (1, 1), "KEN": (2, 1)}
    with transaction(world.read) as session:
        stored = session.get_one(SilenceProcedure, procedure.id)
        expected = {"informed": 0, "answering": 0}
        for key in CAST:
            actor = build_actor(session, session.get_one(Person, world.person(key).id))
            subject = get_procedure_rule_subject(session, stored, actor.entity)
            expected["informed"] += rules.is_informed_person.objection_to(actor, subject) is None
            expected["answering"] += rules.TAKE_POSITION.allows(actor, subject)
        assert expected == {"informed": 4, "answering": 3}
        assert (len(stored.unreached), "KEN" in stored.unreached, "CHE" in stored.unreached) == (191, False, True)


def test_a_state_with_a_focal_point_alone_is_informed_and_cannot_answer(world: World, output: Output) -> None:
    end_accreditation(world, "amina")

    procedure = world.silence(output)

    assert list_informed(world, procedure)["KEN"] == (1, 0)
    assert "KEN" in procedure.unreached


def test_silence_opens_only_on_the_states_that_the_chair_saw(world: World, output: Output) -> None:
    seen = world.unreached(output)
    end_accreditation(world, "haruka")

    with pytest.raises(Conflict, match="Check the figures below"):
        world.silence(output, unreached=seen)
    assert "JPN" in world.silence(output).unreached


@pytest.mark.parametrize(
    ("seen", "holds"), [("every-delegation", "own-delegation"), ("own-delegation", None), ("", None)]
)
def test_silence_opens_only_with_the_audience_of_positions_that_the_chair_saw(
    world: World, output: Output, seen: str, holds: str | None
) -> None:
    with transaction(world.write) as session:
        record_rows(session)
        session.get_one(Body, output.body_id).positions_shown_to = holds

    with pytest.raises(Conflict, match="Check below who sees them now"):
        world.silence(output, positions_shown_to=seen)
    assert world.silence(output, positions_shown_to=holds or "every-delegation").positions_shown_to == holds


def test_silence_opens_only_after_a_change_of_its_audience_under_way(world: World, output: Output) -> None:
    with ThreadPoolExecutor(1) as pool:
        change = world.propose_change(positions_shown_to="own-delegation")
        with world.acting("daniel") as (session, actor):
            confirm_proposal(session, actor, session.get_one(BodyProposal, change.id))
            session.flush()
            opening = pool.submit(world.silence, output, positions_shown_to="every-delegation")
            with pytest.raises(TimeoutError):  # it waits for this transaction
                opening.result(timeout=0.5)

        with pytest.raises(Conflict, match="Check below who sees them now"):
            opening.result()


@pytest.mark.parametrize(
    ("choice", "why"),
    [
        ({"choice": None}, "Select how to proceed"),
        ({"choice": "name-focal-points"}, "does not start a procedure"),
        (
            {"choice": "note-verbale", "note_reference": "NV 12", "note_sent_on": date(2099, 1, 1)},
            "must be sent before",
        ),
    ],
)
def test_silence_opens_only_once_the_chair_chose_about_states_that_cannot_answer(
    world: World, output: Output, choice: dict[str, object], why: str
) -> None:
    with pytest.raises(silence.OpeningChoiceMissing, match=why):
        world.silence(output, **choice)

    opened = world.silence(output)
    assert (opened.opened_despite, opened.opening_reason) == ("open-anyway", "It is urgent.")


def test_a_note_verbale_is_stored_with_its_day_and_reference_and_the_choice_is_in_the_journal(
    world: World, output: Output
) -> None:
    today = clock.now().astimezone(ZoneInfo("Europe/Zurich")).date()

    opened = world.silence(output, choice="note-verbale", note_sent_on=today, note_reference="NV 12/2026")

    assert (opened.note_sent_on, opened.note_reference, opened.opening_reason) == (today, "NV 12/2026", None)
    (facts,) = list_facts(world, "silence:opened-despite")
    assert (facts["choice"], facts["states"], facts["procedure"]) == ("note-verbale", 191, str(opened.id))
    (facts,) = list_facts(world, "silence:opened")
    assert sorted(facts) == ["output", "procedure", "text", "until"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"choice": "open-anyway"}, "opening_reason"),
        ({"choice": "note-verbale", "note_reference": "NV 12"}, "note_sent_on"),
        ({"choice": "note-verbale", "note_sent_on": "2026-11-27"}, "note_reference"),
        ({"choice": "otherwise"}, "choice"),
    ],
)
def test_a_choice_is_not_taken_without_its_facts(typed: dict[str, object], field: str) -> None:
    deadline = {"on": "2026-12-09", "at": "12:00", "text": ""}
    assert NewSilenceProcedure.model_validate(deadline | {"choice": "open-anyway", "opening_reason": "It is urgent."})

    with pytest.raises(ValidationError) as refused:
        NewSilenceProcedure.model_validate(deadline | typed)

    assert [each["loc"][0] for each in refused.value.errors()] == [field]


def test_the_database_stores_no_unreached_states_without_a_choice(world: World, output: Output) -> None:
    opened = world.silence(output)
    assert (len(opened.unreached), opened.opened_despite) == (191, "open-anyway")

    with pytest.raises(IntegrityError, match="opened_by_choice"), transaction(world.write) as session:
        record_rows(session)
        session.execute(text("UPDATE portal.silence_procedure SET opened_despite = NULL"))


def test_nothing_is_chosen_where_every_state_can_answer(world: World, output: Output, database: Database) -> None:
    database.run_as_superuser(
        "SET session_replication_role = replica; UPDATE portal.member_state SET category = 'res99'"
        f" WHERE code NOT IN {STATES_OF_THE_CAST}"
    )

    opened = world.silence(output)

    assert (len(opened.addressees), opened.unreached, opened.opened_despite, opened.opening_reason) == (
        *(3, []),
        *(None, None),
    )
    assert list_facts(world, "silence:opened-despite") == []


def test_a_state_whose_first_person_is_accredited_later_could_see_it_from_then_on(world: World, output: Output) -> None:
    procedure = world.silence(output)
    with clock.shifted_clock(HOUR):
        world.seat("layla", "delegate")
    with clock.shifted_clock(2 * HOUR):
        assert list_informed(world, procedure)["SAU"] == (1, 1)
        end_accreditation(world, "layla")
        world.seat("wambui", "delegate")
    assert count_stored(world) == 3

    with clock.shifted_clock(timedelta(hours=74)), transaction(world.write) as session:
        assert silence.settle_procedure(session, output.id)

    with clock.shifted_clock(timedelta(hours=75)):
        world.seat("laurent", "delegate")  # after the end
        assert list_informed(world, procedure) == {"BRA": (1, 1), "JPN": (1, 1), "KEN": (2, 1), "SAU": (1, 1)}
    with transaction(world.read) as session:
        since = session.get_one(InformedState, (procedure.id, "SAU")).since
        assert HOUR <= since - procedure.opened_at < HOUR + timedelta(minutes=1)
        assert session.get_one(InformedState, (procedure.id, "KEN")).since == procedure.opened_at


def test_the_states_informed_later_are_stored_too_when_silence_is_broken(world: World, output: Output) -> None:
    procedure = world.silence(output)
    with clock.shifted_clock(HOUR):
        world.seat("layla", "delegate")
    with clock.shifted_clock(2 * HOUR):
        world.position(procedure, "amina", "breaks")

    assert count_stored(world) == 4


def test_a_procedure_of_before_has_no_states_and_stores_none(world: World, output: Output) -> None:
    procedure = world.silence(output)
    world.seat("layla", "delegate")
    assert "SAU" in list_informed(world, procedure)
    with transaction(world.write) as session:
        record_rows(session)
        of_before = "unreached = NULL, opened_despite = NULL, opening_reason = NULL, positions_shown_to = NULL"
        session.execute(text(f"UPDATE portal.silence_procedure SET {of_before}"))
        stored_before = session.get_one(SilenceProcedure, procedure.id)
        assert list_states_informed_later(session, stored_before) == []
