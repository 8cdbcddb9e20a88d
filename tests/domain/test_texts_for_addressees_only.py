"""Texts for their addressees alone: adopted as such, delivered to them, and on no surface for anybody else."""

from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from app.core.db import count_rows, transaction
from app.core.errors import BadRequest, Conflict
from app.core.journal import JournalLine
from app.core.storage import Store, open_store
from app.domain.deliveries.actions import receiving
from app.domain.deliveries.models import Delivery
from app.domain.deliveries.queries import list_deliveries
from app.domain.documents.models import Document
from app.domain.meetings.models import Meeting
from app.domain.outputs.inputs import NewReleasePlan, OutputCover
from app.domain.outputs.models import ReleaseAddressee
from app.domain.outputs.queries.outputs import list_possible_replacements
from app.domain.releases.actions.copy import TextMismatch
from app.domain.releases.models import ReleaseBase
from app.domain.transmissions.queries import load_departing_text
from app.record_verification import verify_record
from tests.conftest import Database
from tests.world import PARENT, World

FORUM = {"words": "A forum", "wants": "reply"}
COVER = {"kind": "liaison", "original": "en", "titles": {"en": "A title"}}


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


def to_addressees(*addressees: dict[str, object]) -> dict[str, object]:
    return {"kind": "liaison", "addressees": addressees or (FORUM,), "for_addressees_only": True}


def count_published_rows(world: World, release_store: Store, folder: Path) -> int:
    """Count all rows of schema `release` that are of an output, and the files of its store."""
    tables = [table for table in ReleaseBase.metadata.sorted_tables if table.name not in ("version", "heartbeat")]
    with transaction(world.read) as session:
        rows = sum(count_rows(session, select(table)) for table in tables)
    return rows + sum(path.is_file() for path in (folder / "released").rglob("*"))


def list_faults(database: Database, world: World, release_store: Store) -> list[str]:
    return list(verify_record(database.owner, world.store, release_store).faults)


def test_it_is_delivered_and_nothing_of_it_is_published(
    world: World, meeting: Meeting, release_store: Store, tmp_path: Path, database: Database
) -> None:
    output = world.released(meeting, release_store, **to_addressees())

    assert (output.status, output.still_to_come) == ("released", [])
    with transaction(world.read) as session:
        (delivery,) = list_deliveries(session, output)
        names = session.scalars(select(JournalLine.event).where(JournalLine.event.startswith("output:released")))
        assert (delivery.code, list(names)) == ("words:1", ["output:released-to-addressees"])
    assert count_published_rows(world, release_store, tmp_path) == 0
    assert list_faults(database, world, release_store) == []


def test_it_is_withdrawn_without_a_tombstone(
    world: World, meeting: Meeting, release_store: Store, tmp_path: Path, database: Database
) -> None:
    output = world.withdrawn(world.released(meeting, release_store, **to_addressees()))

    assert output.status == "withdrawn"
    with transaction(world.read) as session:
        assert [each.state for each in list_deliveries(session, output)] == ["called-back"]
    assert count_published_rows(world, release_store, tmp_path) == 0
    assert list_faults(database, world, release_store) == []


def test_who_releases_it_can_add_no_recipient(world: World, meeting: Meeting) -> None:
    approved = world.approved(meeting, **to_addressees())

    for addressee in ("tsb", "parent", "public"):
        with pytest.raises(BadRequest, match="recipients only"):
            world.schedule_release(approved, NewReleasePlan(addressees=frozenset({addressee})))


def test_what_was_adopted_for_its_addressees_is_not_released_to_all_if_the_flag_is_removed(
    world: World, meeting: Meeting, release_store: Store, tmp_path: Path, database: Database
) -> None:
    """Nor if somebody with the rights of the database does it, before the release or after it."""
    output = world.leaving(meeting, **to_addressees())
    database.run_as_superuser("UPDATE portal.output SET for_addressees_only = NULL")

    with pytest.raises(TextMismatch):
        world.left(output, release_store)

    assert count_published_rows(world, release_store, tmp_path) == 0


def test_what_was_adopted_for_all_is_not_kept_from_them(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    output = world.leaving(meeting, kind="liaison", addressees=(FORUM,))
    database.run_as_superuser("UPDATE portal.output SET for_addressees_only = true")

    with pytest.raises(TextMismatch):
        world.left(output, release_store)


def test_one_person_alone_releases_it_to_no_one_else(
    world: World, meeting: Meeting, release_store: Store, tmp_path: Path
) -> None:
    world.left(world.release_alone(world.adopted(meeting, **to_addressees())), release_store)

    assert count_published_rows(world, release_store, tmp_path) == 0


def test_it_has_an_addressee_and_is_not_for_the_public() -> None:
    OutputCover(**COVER, addressees=(FORUM,), for_addressees_only=True)
    for more in ({"kind": "report"}, {"addressees": (FORUM,), "for_public": True}):
        with pytest.raises(ValidationError):
            OutputCover(**COVER | more, for_addressees_only=True)


def test_a_missing_language_does_not_delay_it(world: World, meeting: Meeting, release_store: Store) -> None:
    """Its addressees get the languages that there are; no advance version is promised to anybody."""
    world.works_in("en", "fr")

    output = world.released(meeting, release_store, **to_addressees())

    assert (output.status, output.still_to_come) == ("released", [])


def test_a_group_that_receives_it_has_a_document_of_its_own_that_no_one_else_reads(
    world: World, release_store: Store
) -> None:
    there, meeting = world.parent_meeting(), world.meeting(opens_in=-1)
    output = world.released(meeting, release_store, **to_addressees({"body_id": str(there.body_id), "wants": "reply"}))
    with transaction(world.read) as session:
        (delivery,) = list_deliveries(session, output)
    assert (delivery.kind, delivery.recipient, delivery.state) == ("body", PARENT, "sent")

    with world.acting("ines") as (session, actor):
        row = session.get_one(Delivery, delivery.id)
        document = receiving.receive_delivery(session, actor, row, there.id)

    with transaction(world.read) as session:
        assert session.get_one(Document, document.id).access == "group"


def test_a_tombstone_never_names_it_as_the_replacement(world: World, meeting: Meeting, release_store: Store) -> None:
    published = world.released(meeting, release_store)
    secret = world.released(meeting, release_store, **to_addressees())

    with transaction(world.read) as session:
        assert list_possible_replacements(session, world.actor("ines"), published) == []
    with pytest.raises((BadRequest, Conflict)):
        world.to_be_withdrawn(published, replaced_by=secret.id)
        world.confirm_withdrawal(published)


def test_a_letter_names_the_readers_whom_the_release_gave_the_text(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    """Not those whom it might have had: a text that was adopted for the public may be released to members alone."""
    for_public, to_public = {"kind": "liaison", "addressees": (FORUM,), "for_public": True}, ReleaseAddressee.PUBLIC
    outputs = [
        world.released(meeting, release_store, **to_addressees()),
        world.as_released(world.adopted(meeting, **for_public), release_store),
        world.as_released(
            world.adopted(meeting, **for_public), release_store, NewReleasePlan(addressees=frozenset({to_public}))
        ),
    ]

    with transaction(world.read) as session:
        letters = [load_departing_text(session, list_deliveries(session, output)[0]) for output in outputs]
        assert [each.access for each in letters] == ["addressees", "membership", "public"]
