"""What the database itself hides: statements with the role of the portal that forgot to ask who reads."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError

from app.core import clock
from app.core.clamav import ScanState
from app.core.db import ReadSession, release_connection, set_row_security_entity, transaction
from app.core.validation import ReasonInput
from app.domain.bodies.actions.state_decisions import set_acts_by_head
from app.domain.bodies.models import StateAct
from app.domain.bodies.queries.signed_in_people import find_signed_in_person
from app.domain.bodies.rules import EntityInBody
from app.domain.contributions.actions import cosponsors, drafting, registration
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import contributions
from app.domain.identity.queries import SessionLifetimes
from app.domain.uploads import actions as uploads
from app.domain.uploads.inputs import NewUpload
from tests.waiting import PATIENCE, wait_until
from tests.world import World, record_rows

# The tables of what belongs to one State alone, with a column that the portal may change in each.
TABLES = {
    "contribution": "title",
    "contribution_file": "name",
    "cosponsor": "entity",
    "upload": "name",
    "clearance": "entity",
    "state_decision": "set_at",
    "item_proposal": "title",
    "rendition": None,
    "contribution_rendition": None,
    "contribution_scan": "what",
}


def fill_tables_for_kenya(world: World) -> None:
    """One row in each of these tables, all of Kenya: its contribution was returned, and had asked Japan to sign."""
    meeting = world.meeting()
    waiting = world.submitted(meeting, asking="JPN")
    with world.acting("ines") as (session, actor):
        contribution = session.get_one(Contribution, waiting.id)
        because = ReasonInput(reason="A page is missing.")
        registration.return_contribution(session, actor, contribution, because, version=contribution.version)
    world.rendered(world.file().sha256, "A secret paragraph.")
    world.scanned(world.file().sha256, ScanState.CLEAN)
    world.proposed(meeting)
    with world.acting("amina") as (session, actor):
        new = NewUpload(body=meeting.body_id, name="kenya-secret.docx", size=4)
        uploads.begin_upload(session, actor, new, max_size=10, began_at=clock.now())
        place = EntityInBody(meeting.body_id, "KEN")
        cosponsors.set_clearance_requirement_of_state(session, actor, place, required=True)
        set_acts_by_head(session, actor, place, {StateAct.WITHDRAWAL})


def read_row_security(session: ReadSession) -> tuple[str, set[str]]:
    """The entity and the offices that the policies of the database read now."""
    setting = select(func.current_setting("cwg.entity"), func.current_setting("cwg.offices"))
    entity, offices = session.execute(setting).one()
    return entity, set(offices.split(","))


@pytest.mark.parametrize("who", ["amina", "laurent", "ines", "daniel", "marc"])
def test_one_statement_finds_who_is_signed_in_and_sets_for_whom_is_read(world: World, who: str) -> None:
    secrets = {each: world.sign_in(each) for each in ("amina", "laurent", "ines", "daniel", "marc")}
    secret, limits = secrets[who], SessionLifetimes(timedelta(hours=1), timedelta(hours=1))
    with transaction(world.read) as session:
        signed_in = find_signed_in_person(session, secret, limits)
        assert signed_in
        by_statement = read_row_security(session)
        release_connection(session)
        restored = read_row_security(session)
    with world.acting(who) as (acting, actor):
        assert signed_in.actor == actor
        assert by_statement == restored == read_row_security(acting)


def count_rows(session: ReadSession, table: str) -> int:
    return session.scalar(text(f"SELECT count(*) FROM portal.{table}")) or 0


@pytest.mark.parametrize("table", TABLES)
def test_rows_of_a_state_are_hidden_from_a_statement_without_a_condition(world: World, table: str) -> None:
    fill_tables_for_kenya(world)

    found = {}
    for entity in ("KEN", "BRA", "CHE", "ITU"):
        with transaction(world.read) as session:
            found["no one"] = count_rows(session, table)
            set_row_security_entity(session, entity)
            found[entity] = count_rows(session, table)

    assert found == {"KEN": 1, "BRA": 0, "CHE": 0, "ITU": 0, "no one": 0}


@pytest.mark.parametrize(("table", "column"), [each for each in TABLES.items() if each[1]])
def test_rows_of_a_state_are_changed_by_no_other(world: World, table: str, column: str) -> None:
    fill_tables_for_kenya(world)
    change = text(f"UPDATE portal.{table} SET {column} = {column}")

    for entity in (None, "BRA"):
        with transaction(world.write) as session:
            if entity:
                set_row_security_entity(session, entity)
            assert session.execute(change).rowcount == 0
    with transaction(world.write) as session:
        record_rows(session)
        set_row_security_entity(session, "KEN")
        assert session.execute(change).rowcount == 1


@pytest.mark.parametrize("table", ["upload", "clearance", "item_proposal", "contribution"])
def test_no_row_is_given_to_another_state(world: World, table: str) -> None:
    fill_tables_for_kenya(world)
    by_entity = ", by_entity = 'BRA', invited = '{}'" if table == "contribution" else ""

    with pytest.raises(ProgrammingError, match="row-level security policy"), transaction(world.write) as session:
        set_row_security_entity(session, "KEN")
        session.execute(text(f"UPDATE portal.{table} SET entity = 'BRA'{by_entity}"))


def test_those_who_hold_an_office_see_what_is_proposed_to_their_body_alone(world: World) -> None:
    fill_tables_for_kenya(world)
    other_body = world.body("wg-wsis").id

    with transaction(world.read) as session:
        set_row_security_entity(session, "CHE", [other_body])
        assert count_rows(session, "item_proposal") == 0
        set_row_security_entity(session, "CHE", [other_body, world.body().id])
        assert count_rows(session, "item_proposal") == 1


def test_a_state_that_was_asked_to_sign_reads_the_draft_until_it_declines(world: World) -> None:
    draft = world.asked(world.meeting(), "BRA", "JPN")
    world.rendered(world.file().sha256, "A secret paragraph.")
    seen = ("contribution", "contribution_file", "contribution_rendition")

    with world.acting("rafael") as (session, actor):
        assert [count_rows(session, table) for table in (*seen, "cosponsor")] == [1, 1, 1, 2]
        cosponsors.decline_to_sign(session, actor, contributions.get_visible_contribution(session, actor, draft.id))
    with world.acting("rafael") as (session, _):
        assert [count_rows(session, table) for table in (*seen, "cosponsor")] == [0, 0, 0, 0]
    with world.acting("haruka") as (session, _):
        assert [count_rows(session, table) for table in (*seen, "cosponsor")] == [1, 1, 1, 2]
    with world.acting("amina") as (session, _):
        answers = session.execute(text("SELECT entity, signs FROM portal.cosponsor ORDER BY entity")).all()
        assert answers == [("BRA", False), ("JPN", None)]


def test_the_text_of_a_draft_is_read_by_others_once_it_is_registered_too(world: World) -> None:
    meeting, file = world.meeting(), world.file()
    world.draft(meeting)
    world.rendered(file.sha256, "A secret paragraph.")
    with transaction(world.read) as session:
        assert count_rows(session, "rendition") == 0

    world.registered(meeting)

    with transaction(world.read) as session:
        assert count_rows(session, "rendition") == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE portal.rendition SET paragraphs = '{Another paragraph.}'",
        "INSERT INTO portal.rendition (sha256, state, asked_at, tries) VALUES ('0', 'waiting', now(), 0)",
        "UPDATE portal.contribution_rendition SET paragraphs = '{Another paragraph.}'",
    ],
)
def test_the_worker_alone_writes_what_is_read_of_a_file(world: World, statement: str) -> None:
    world.draft(world.meeting())
    world.rendered(world.file().sha256, "A secret paragraph.")

    with pytest.raises(ProgrammingError, match="permission denied"), world.acting("amina") as (session, _):
        session.execute(text(statement))
    with transaction(world.work) as session:
        record_rows(session)
        assert session.execute(text(statement)).rowcount == 1


def test_the_worker_counts_uploads_and_sees_no_draft(world: World) -> None:
    fill_tables_for_kenya(world)
    world.draft(world.meeting(number=23))

    with transaction(world.work) as session:
        assert [count_rows(session, table) for table in ("upload", "rendition")] == [1, 1]
        assert session.scalars(text("SELECT status FROM portal.contribution")).all() == ["returned"]
        assert [count_rows(session, table) for table in ("item_proposal", "clearance")] == [0, 0]


def test_a_secretary_returns_a_contribution_and_no_longer_reads_it(world: World) -> None:
    waiting = world.submitted(world.meeting())

    with world.acting("ines") as (session, actor):
        contribution = contributions.get_visible_contribution(session, actor, waiting.id)
        because = ReasonInput(reason="A page is missing.")
        registration.return_contribution(session, actor, contribution, because, version=contribution.version)
        session.flush()
        assert count_rows(session, "contribution") == 0
    with world.acting("amina") as (session, actor):
        assert contributions.get_visible_contribution(session, actor, waiting.id).returned_because == because.reason


def test_who_waited_for_a_row_does_not_see_the_draft_that_it_became(world: World) -> None:
    """PostgreSQL asks the policy again for the row as it is after the wait."""
    waiting, seen = world.submitted(world.meeting()), list[object]()

    def lock_as_secretary() -> None:
        with world.acting("ines") as (session, _actor):
            seen.append(session.scalar(text("SELECT title FROM portal.contribution FOR UPDATE")))

    with world.acting("ines") as (session, _actor):
        assert session.scalar(text("SELECT title FROM portal.contribution FOR UPDATE")) == waiting.title
    with ThreadPoolExecutor(1) as pool:
        with world.acting("amina") as (session, actor):
            contribution = contributions.get_visible_contribution(session, actor, waiting.id, lock=True)
            drafting.recall_contribution(session, actor, contribution, version=contribution.version)
            contribution.title = "A secret draft"
            session.flush()
            waits = pool.submit(lock_as_secretary)
            wait_until(lambda: is_someone_waiting(world), "nobody waits for the row")
        waits.result(PATIENCE)

    assert seen == [None]


def is_someone_waiting(world: World) -> bool:
    with transaction(world.read) as session:
        return bool(
            session.scalar(
                text(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted"
                    " AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
                )
            )
        )
