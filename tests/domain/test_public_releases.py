"""What goes to the public: adopted for it by the group, signed in a catalogue of its own, and withdrawn from it."""

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
from app.domain.releases.queries.chain_verification import verify_catalogue
from app.record_verification import verify_record
from tests.conftest import Database
from tests.world import SIGNER, World

TO_ALL = NewReleasePlan(addressees=frozenset({ReleaseAddressee.PUBLIC}))


@pytest.fixture
def shelf(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


def public(world: World, meeting: Meeting, shelf: Store) -> Output:
    """Adopted for the public, and released to it."""
    return world.as_released(world.adopted(meeting, for_public=True), shelf, TO_ALL)


def manifests(world: World, audience: Audience) -> list[tuple[int, str, str]]:
    """Of each its number, its kind, and what it is about."""
    with transaction(world.read) as session:
        said = [json.loads(each.statement) for each in released.list_manifests(session, audience)]
    assert [each.get("catalogue", "members") for each in said] == [audience.value] * len(said)
    return [(each["number"], each["kind"], each["output"]["symbol"]) for each in said]


def faults(database: Database, world: World, shelf: Store) -> list[str]:
    return list(verify_record(database.owner, world.store, shelf).faults)


def test_it_is_signed_in_both_catalogues_each_with_its_own_numbers(
    world: World, meeting: Meeting, shelf: Store, database: Database
) -> None:
    members, everybody = world.released(meeting, shelf), public(world, meeting, shelf)

    assert manifests(world, Audience.MEMBERS) == [(1, "release", members.symbol), (2, "release", everybody.symbol)]
    assert manifests(world, Audience.PUBLIC) == [(1, "release", everybody.symbol)]
    with transaction(world.read) as session:
        told = session.scalars(select(JournalLine.facts).where(JournalLine.event == "output:made-public")).one()
    assert told["output"] == str(everybody.id)
    assert faults(database, world, shelf) == []


def test_a_text_that_was_not_adopted_for_the_public_cannot_be_released_to_it(world: World, meeting: Meeting) -> None:
    approved = world.approved(meeting)

    with pytest.raises(NotAdoptedForPublic):
        world.let_out(approved, TO_ALL)

    with transaction(world.read) as session:
        assert session.get_one(Output, approved.id).status == "approved"
        assert outputs.list_release_plans(session, approved) == []


def test_what_was_adopted_for_the_public_may_go_to_the_members_alone(
    world: World, meeting: Meeting, shelf: Store
) -> None:
    world.as_released(world.adopted(meeting, for_public=True), shelf)

    assert len(manifests(world, Audience.MEMBERS)) == 1
    assert manifests(world, Audience.PUBLIC) == []


def test_whoever_lets_a_text_out_alone_does_not_release_it_to_the_public(
    world: World, meeting: Meeting, shelf: Store
) -> None:
    world.left(world.let_out_alone(world.adopted(meeting, for_public=True)), shelf)

    assert len(manifests(world, Audience.MEMBERS)) == 1
    assert manifests(world, Audience.PUBLIC) == []


def test_for_the_public_is_part_of_what_is_adopted(world: World, meeting: Meeting) -> None:
    made = world.output(meeting)
    with transaction(world.read) as session:
        text = outputs.compute_text_digest(session, session.get_one(Output, made.id))
    with world.acting("ines") as (session, actor):
        cover = OutputCover(kind="report", original="en", titles=made.titles, for_public=True)
        drafting.change_output(session, actor, session.get_one(Output, made.id), cover, version=made.version)

    with pytest.raises(Conflict), world.acting("laurent") as (session, actor):
        there = session.get_one(Output, made.id)
        drafting.adopt_output(session, actor, there, Adoption(adopted_on=meeting.opens_on, text=text))


def test_the_worker_looks_once_more(world: World, meeting: Meeting, shelf: Store) -> None:
    made = world.leaving(meeting)
    with transaction(world.write) as session:  # whoever may write into the tables changes a plan that was made
        plans = update(ReleasePlan).where(ReleasePlan.output_id == made.id)
        session.execute(plans.values(addressees=["membership", "public"]))

    with pytest.raises(TextMismatch):
        world.left(made, shelf)
    assert manifests(world, Audience.PUBLIC) == []


def test_a_withdrawal_tells_the_public_what_takes_its_place_only_if_it_may_read_that(
    world: World, meeting: Meeting, shelf: Store, database: Database
) -> None:
    one, other = public(world, meeting, shelf), public(world, meeting, shelf)
    instead, secret = public(world, meeting, shelf), world.released(meeting, shelf)
    for each, by in ((one, instead), (other, secret)):
        world.to_be_withdrawn(each, "ines", replaced_by=by.id)
        world.confirm_withdrawal(each, "laurent")

    with transaction(world.read) as session:
        told = {each.symbol: each for each in released.list_withdrawn_entries(session, audience=Audience.PUBLIC)}
        known = {each.symbol: each for each in released.list_withdrawn_entries(session)}
    assert (told[one.symbol].replaced_by, told[other.symbol].replaced_by) == (instead.symbol, None)
    assert (known[one.symbol].replaced_by, known[other.symbol].replaced_by) == (instead.symbol, secret.symbol)
    assert (told[other.symbol].manifest, known[other.symbol].manifest) == (2, 2)
    assert [number for number, _, _ in manifests(world, Audience.PUBLIC)] == [1, 2, 3, 4, 5]
    assert [number for number, _, _ in manifests(world, Audience.MEMBERS)] == [1, 2, 3, 4, 5, 6]
    world.withdraw_alone(secret)
    assert len(manifests(world, Audience.PUBLIC)) == 5
    assert [each for each in faults(database, world, shelf) if "which was withdrawn, still lies" not in each] == []


def test_a_manifest_holds_in_its_own_catalogue_only(
    world: World, meeting: Meeting, shelf: Store, database: Database
) -> None:
    """Somebody who may write into the tables, and has no key, makes public what is not."""
    members = world.released(meeting, shelf)
    database.run_as_superuser("INSERT INTO release.public_manifest SELECT * FROM release.manifest")
    database.run_as_superuser("UPDATE release.output SET addressees = '{membership,public}'")

    with transaction(world.read) as session:
        for audience in Audience:
            backwards = released.iterate_manifests_backwards(session, audience)
            proven = verify_catalogue(
                released.list_entries(session), [], backwards, SIGNER.public_keys, audience=audience
            )
            assert list(proven.outputs) == []
            assert proven.faults
    found = faults(database, world, shelf)
    assert f"release: {members.symbol} is out for everybody, and was not adopted for that" in found
    assert "catalogue: public manifest 1 : signed for another catalogue" in found


def test_an_advance_version_is_completed_for_everybody_too_and_names_no_manifest_of_the_members(
    world: World, meeting: Meeting, shelf: Store, database: Database
) -> None:
    world.released(meeting, shelf)
    world.works_in("en", "fr")
    plan = NewReleasePlan(form="advance", addressees=TO_ALL.addressees)
    world.completed(world.as_released(world.adopted(meeting, for_public=True), shelf, plan), shelf)

    assert [number for number, _, _ in manifests(world, Audience.PUBLIC)] == [1, 2]
    assert [number for number, _, _ in manifests(world, Audience.MEMBERS)] == [1, 2, 3]
    with transaction(world.read) as session:
        members, everybody = (json.loads(released.find_last_manifest(session, each).statement) for each in Audience)
    assert members["output"]["completes"] == 2
    assert "completes" not in everybody["output"]
    assert len(everybody["files"]) == len(members["files"]) > 1
    assert faults(database, world, shelf) == []
