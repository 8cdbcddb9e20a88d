"""What organizations report, shown to the public: two people decide it, and the copy follows the reports."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.journal import JournalLine
from app.core.validation import ReasonInput
from app.domain.organizations.models import Organization
from app.domain.releases.models import ReleasedDuty
from app.domain.releases.queries.released_duties import PublicDuty, list_signed_duties
from app.domain.reporting_duties import queries
from app.domain.reporting_duties.actions import duties, publications
from app.domain.reporting_duties.inputs import DutyEnd
from app.domain.reporting_duties.models import DutyPublication, ReportingDuty
from app.record_verification.signatures import find_released_duty_faults
from tests.conftest import Database
from tests.domain.test_reporting_duties import TODAY, add_duty, decline
from tests.world import RELEASE_SIGNER, World, record_rows

BECAUSE = ReasonInput(reason="It is not agreed.")
DAY = timedelta(days=1)


def act(world: World, verb: str, duty: ReportingDuty, by: str) -> None:
    more = (BECAUSE,) if verb == "end_publication" else ()
    with world.acting(by) as (session, actor):
        row = queries.get_visible_duty(session, actor, duty.id, lock=True)
        getattr(publications, verb)(session, actor, row, *more)


def propose(world: World, duty: ReportingDuty, by: str = "ines") -> None:
    act(world, "propose_publication", duty, by)


def confirm(world: World, duty: ReportingDuty, by: str = "daniel") -> None:
    act(world, "confirm_publication", duty, by)


def end(world: World, duty: ReportingDuty, by: str = "ines") -> None:
    act(world, "end_publication", duty, by)


def publish(world: World, duty: ReportingDuty) -> None:
    propose(world, duty)
    confirm(world, duty)


def copy(world: World) -> int:
    with transaction(world.work) as session:
        return publications.copy_public_duties(session)


def read(world: World) -> list[PublicDuty]:
    with transaction(world.read) as session:
        return list(list_signed_duties(session, RELEASE_SIGNER.public_keys)[0])


def find_faults(world: World) -> list[str]:
    with transaction(world.read) as session:
        return list(find_released_duty_faults(session, RELEASE_SIGNER.public_keys))


def count_changes(world: World) -> int:
    """How often schema `release` was changed."""
    with transaction(world.read) as session:
        return session.scalar(text("SELECT number FROM release.version"))


def test_nothing_is_public_before_a_second_person_confirmed_it(world: World) -> None:
    duty = add_duty(world, due_in=-40)
    add_duty(world, organization="OECD", due_in=-50)
    before = count_changes(world)
    assert copy(world) == 0
    propose(world, duty)
    with pytest.raises(Forbidden, match="proposed this yourself"):
        confirm(world, duty, by="ines")
    with pytest.raises(Conflict, match="public already, or a second person"):
        propose(world, duty, by="daniel")
    assert copy(world) == 0
    assert count_changes(world) == before

    confirm(world, duty)

    assert [copy(world), copy(world)] == [1, 0]
    (public,) = read(world)
    assert (public.id, public.organization, public.group, public.clause) == (
        *(duty.id, "ISOC"),
        *("CWG-Internet", "tunis-71"),
    )
    assert public.clause_names["fr"]
    assert [(each.due_on, each.state) for each in public.reports] == [
        (TODAY - 40 * DAY, "asked"),
        (queries.find_first_day(TODAY - 40 * DAY, -12) - DAY, "asked"),
    ]
    assert find_faults(world) == []


def test_the_copy_says_nothing_else_of_a_duty(world: World) -> None:
    """Neither the basis, nor why there will be no report, nor who asked for it and when."""
    duty = add_duty(world, due_in=-40, basis="A secret letter")
    decline(world, duty, TODAY - 40 * DAY)
    publish(world, duty)
    copy(world)

    with transaction(world.read) as session:
        (row,) = session.scalars(select(ReleasedDuty))
    content = json.loads(row.statement)
    assert content.keys() == {
        *("format", "id", "organization", "names", "group", "clause", "clause_names", "reports"),
    }
    assert content["reports"][0] == {
        "due_on": (TODAY - 40 * DAY).isoformat(),
        "state": "declined",
        "declined_on": TODAY.isoformat(),
    }
    assert {"due_on", "state", "declined_on"} == {key for report in content["reports"] for key in report}


def test_only_confirmed_names_are_copied(world: World) -> None:
    with transaction(world.write) as session:
        record_rows(session)
        session.get_one(Organization, "ISOC").names = {"en": "Internet Society", "fr": "To be confirmed"}
        session.get_one(Organization, "ISOC").confirmed = ["en"]
    duty = add_duty(world)
    publish(world, duty)
    copy(world)
    assert read(world)[0].names == {"en": "Internet Society"}


def test_the_copy_follows_the_reports_and_their_end(world: World) -> None:
    duty = add_duty(world, due_in=30)
    publish(world, duty)
    copy(world)
    assert [each.state for each in read(world)[0].reports] == ["asked"]
    with world.acting("ines") as (session, actor):
        row = queries.get_visible_duty(session, actor, duty.id, lock=True)
        duties.end_duty(session, actor, row, DutyEnd(until_on=TODAY), version=row.version)

    assert copy(world) == 1

    assert read(world)[0].reports == ()  # it is no longer expected


def test_one_person_is_enough_to_show_less(world: World) -> None:
    duty = add_duty(world)
    publish(world, duty)
    copy(world)
    end(world, duty, by="laurent")

    assert [copy(world), copy(world)] == [1, 0]

    assert read(world) == []
    with transaction(world.read) as session:
        (publication,) = session.scalars(select(DutyPublication))
        of_it = select(JournalLine.event).where(JournalLine.event.contains("publication"))
        names = session.scalars(of_it.order_by(JournalLine.seq))
        assert publication.because == BECAUSE.reason
        assert list(names) == [f"reporting-duty:publication-{what}" for what in ("proposed", "confirmed", "ended")]
    publish(world, duty)  # and it can be decided again
    copy(world)
    assert len(read(world)) == 1


def test_a_declined_proposal_cannot_be_confirmed(world: World) -> None:
    duty = add_duty(world)
    propose(world, duty)
    end(world, duty, by="daniel")
    with pytest.raises(Conflict, match="nothing to confirm"):
        confirm(world, duty)
    assert copy(world) == 0


@pytest.mark.parametrize("who", ["amina", "joseph"])
def test_a_delegation_decides_nothing_of_it(world: World, who: str) -> None:
    duty = add_duty(world)
    with pytest.raises(Forbidden):
        propose(world, duty, by=who)
    propose(world, duty)
    for verb in ("confirm_publication", "end_publication"):
        with pytest.raises(Forbidden):
            act(world, verb, duty, who)


def test_a_stranger_to_the_group_finds_no_duty_to_confirm(world: World) -> None:
    duty = add_duty(world)
    propose(world, duty)
    with pytest.raises(NotFound):
        confirm(world, duty, by="chen")


def test_the_database_lets_no_one_confirm_their_own_proposal(world: World) -> None:
    duty = add_duty(world)
    propose(world, duty)
    with pytest.raises(IntegrityError, match="confirmed_by_another"), transaction(world.write) as session:
        publication = session.scalars(select(DutyPublication)).one()
        publication.confirmed_by, publication.confirmed_at = publication.proposed_by, clock.now()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("statement = replace(statement, '\"asked\"', '\"answered\"')", "the public duty {} was altered"),
        ("public_key = 'AAAA'", "the public duty {} was altered"),
    ],
)
def test_a_row_that_the_portal_did_not_sign_is_not_read(
    world: World, database: Database, change: str, fault: str
) -> None:
    duty = add_duty(world)
    publish(world, duty)
    copy(world)
    assert (len(read(world)), find_faults(world)) == (1, [])

    database.run_as_superuser(f"UPDATE release.reporting_duty SET {change}")

    assert read(world) == []
    assert find_faults(world) == [fault.format(duty.id)]


def test_a_statement_counts_for_its_own_duty_alone(world: World, database: Database) -> None:
    duty = add_duty(world)
    publish(world, duty)
    copy(world)
    other = UUID(int=7)
    database.run_as_superuser(f"UPDATE release.reporting_duty SET id = '{other}'")
    assert read(world) == []


def test_a_signed_row_of_what_is_not_public_is_a_fault(world: World, database: Database) -> None:
    duty = add_duty(world)
    publish(world, duty)
    copy(world)
    database.run_as_superuser("DELETE FROM portal.duty_publication")
    assert find_faults(world) == [f"the duty {duty.id} is on the read path and is not public"]
