"""Releases to the public: adopted for the public by the group, signed in their own catalogue, and withdrawn from it."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.core.db import transaction
from app.core.errors import Conflict
from app.core.journal import JournalLine
from app.core.storage import Store, open_store
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting
from app.domain.outputs.actions.release import NotAdoptedForPublic
from app.domain.outputs.inputs import Adoption, NewReleasePlan, OutputCover
from app.domain.outputs.models import Output, ReleaseAddressee, ReleasePlan
from app.domain.outputs.queries import outputs
from app.domain.releases.actions.copy import TextMismatch
from app.domain.releases.models import Audience
from app.domain.releases.queries import releases as released
from app.domain.releases.queries import stored_manifests
from app.domain.releases.queries.chain_verification import verify_catalogue
from app.record_verification import verify_record
from tests.conftest import Database
from tests.world import RELEASE_SIGNER, World, record_rows

TO_ALL = NewReleasePlan(addressees=frozenset({ReleaseAddressee.PUBLIC}))


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


def release_to_public(world: World, meeting: Meeting, release_store: Store) -> Output:
    """Adopt a text for the public and release it to the public."""
    return world.as_released(world.adopted(meeting, for_public=True), release_store, TO_ALL)


def list_manifests(world: World, audience: Audience) -> list[tuple[int, str, str]]:
    """Return number, kind and subject of each manifest."""
    with transaction(world.read) as session:
        statements = [json.loads(each.statement) for each in stored_manifests.list_manifests(session, audience)]
    assert [each.get("catalogue", "members") for each in statements] == [audience.value] * len(statements)
    return [(each["number"], each["kind"], each["output"]["symbol"]) for each in statements]


def list_faults(database: Database, world: World, release_store: Store) -> list[str]:
    return list(verify_record(database.owner, world.store, release_store).faults)


def test_a_public_release_is_signed_in_both_catalogues_with_their_own_numbers(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    members, everybody = world.released(meeting, release_store), release_to_public(world, meeting, release_store)

    assert list_manifests(world, Audience.MEMBERS) == [(1, "release", members.symbol), (2, "release", everybody.symbol)]
    assert list_manifests(world, Audience.PUBLIC) == [(1, "release", everybody.symbol)]
    with transaction(world.read) as session:
        facts = session.scalars(select(JournalLine.facts).where(JournalLine.event == "output:made-public")).one()
    assert facts["output"] == str(everybody.id)
    assert list_faults(database, world, release_store) == []


def test_a_text_that_was_not_adopted_for_the_public_cannot_be_released_to_it(world: World, meeting: Meeting) -> None:
    approved = world.approved(meeting)

    with pytest.raises(NotAdoptedForPublic):
        world.schedule_release(approved, TO_ALL)

    with transaction(world.read) as session:
        assert session.get_one(Output, approved.id).status == "approved"
        assert outputs.list_release_plans(session, approved) == []


def test_a_text_adopted_for_the_public_may_be_released_to_the_members_only(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    world.as_released(world.adopted(meeting, for_public=True), release_store)

    assert len(list_manifests(world, Audience.MEMBERS)) == 1
    assert list_manifests(world, Audience.PUBLIC) == []


def test_a_sole_release_is_not_to_the_public(world: World, meeting: Meeting, release_store: Store) -> None:
    world.left(world.release_alone(world.adopted(meeting, for_public=True)), release_store)

    assert len(list_manifests(world, Audience.MEMBERS)) == 1
    assert list_manifests(world, Audience.PUBLIC) == []


def test_the_flag_for_the_public_is_part_of_the_adopted_text(world: World, meeting: Meeting) -> None:
    output = world.output(meeting)
    with transaction(world.read) as session:
        text = outputs.compute_text_digest(session, session.get_one(Output, output.id))
    with world.acting("ines") as (session, actor):
        cover = OutputCover(kind="report", original="en", titles=output.titles, for_public=True)
        drafting.replace_draft_output_cover(
            session, actor, session.get_one(Output, output.id), cover, version=output.version
        )

    with pytest.raises(Conflict), world.acting("laurent") as (session, actor):
        stored_output = session.get_one(Output, output.id)
        drafting.adopt_output(
            session, actor, stored_output, Adoption(adopted_on=meeting.opens_on, without_pdf=True, text=text)
        )


def test_the_worker_checks_the_plan_again(world: World, meeting: Meeting, release_store: Store) -> None:
    output = world.leaving(meeting)
    with transaction(world.write) as session:  # a person with write access to the tables changes a stored plan
        record_rows(session)
        plans = update(ReleasePlan).where(ReleasePlan.output_id == output.id)
        session.execute(plans.values(addressees=["membership", "public"]))

    with pytest.raises(TextMismatch):
        world.left(output, release_store)
    assert list_manifests(world, Audience.PUBLIC) == []


def test_a_withdrawal_names_the_replacement_to_the_public_only_if_it_is_public(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    one, other = release_to_public(world, meeting, release_store), release_to_public(world, meeting, release_store)
    instead, secret = release_to_public(world, meeting, release_store), world.released(meeting, release_store)
    for each, by in ((one, instead), (other, secret)):
        world.to_be_withdrawn(each, "ines", replaced_by=by.id)
        world.confirm_withdrawal(each, "laurent")

    with transaction(world.read) as session:
        withdrawn = {each.symbol: each for each in released.list_withdrawn_entries(session, audience=Audience.PUBLIC)}
        known = {each.symbol: each for each in released.list_withdrawn_entries(session)}
    assert (withdrawn[one.symbol].replaced_by, withdrawn[other.symbol].replaced_by) == (instead.symbol, None)
    assert (known[one.symbol].replaced_by, known[other.symbol].replaced_by) == (instead.symbol, secret.symbol)
    assert (withdrawn[other.symbol].manifest, known[other.symbol].manifest) == (2, 2)
    assert [number for number, _, _ in list_manifests(world, Audience.PUBLIC)] == [1, 2, 3, 4, 5]
    assert [number for number, _, _ in list_manifests(world, Audience.MEMBERS)] == [1, 2, 3, 4, 5, 6]
    world.withdraw_alone(secret)
    assert len(list_manifests(world, Audience.PUBLIC)) == 5
    assert [
        each for each in list_faults(database, world, release_store) if "which was withdrawn, still lies" not in each
    ] == []


def test_a_manifest_is_valid_only_in_its_own_catalogue(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    """A person with write access to the tables, but without the key, tries to publish a text."""
    members = world.released(meeting, release_store)
    database.run_as_superuser("INSERT INTO release.public_manifest SELECT * FROM release.manifest")
    database.run_as_superuser("UPDATE release.output SET addressees = '{membership,public}'")

    with transaction(world.read) as session:
        for audience in Audience:
            backwards = stored_manifests.iterate_manifests_backwards(session, audience)
            proven = verify_catalogue(
                released.list_entries(session), [], backwards, RELEASE_SIGNER.public_keys, audience=audience
            )
            assert list(proven.outputs) == []
            assert proven.faults
    faults = list_faults(database, world, release_store)
    assert f"release: {members.symbol} is released to everybody, and was not adopted for that" in faults
    assert "catalogue: public manifest 1 : signed for another catalogue" in faults


def test_an_advance_version_is_completed_for_the_public_without_naming_manifests_of_the_members(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    world.released(meeting, release_store)
    world.works_in("en", "fr")
    plan = NewReleasePlan(form="advance", addressees=TO_ALL.addressees)
    world.completed(world.as_released(world.adopted(meeting, for_public=True), release_store, plan), release_store)

    assert [number for number, _, _ in list_manifests(world, Audience.PUBLIC)] == [1, 2]
    assert [number for number, _, _ in list_manifests(world, Audience.MEMBERS)] == [1, 2, 3]
    with transaction(world.read) as session:
        members, everybody = (
            json.loads(stored_manifests.find_last_manifest(session, each).statement) for each in Audience
        )
    assert members["output"]["completes"] == 2
    assert "completes" not in everybody["output"]
    assert len(everybody["files"]) == len(members["files"]) > 1
    assert list_faults(database, world, release_store) == []
