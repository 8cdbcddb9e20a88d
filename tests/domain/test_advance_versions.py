"""Advance versions: what cannot wait goes out marked, in the languages that there are, and is completed afterwards."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import ARRAY, String, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.core.clamav import ScanState, ScanVerdict
from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, Forbidden
from app.core.journal import JournalLine
from app.core.storage import Store, open_store
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import completion, release, translation
from app.domain.outputs.inputs import Because, NewReleasePlan, ReleaseInstant, TranslatedTitle
from app.domain.outputs.models import Output, OutputStatus, OutputTranslation, ReleasePlan
from app.domain.outputs.queries import outputs, translations
from app.domain.releases.actions import completion as releases
from app.domain.releases.actions.copy import InfectedFile, TextMismatch
from app.domain.releases.actions.manifest_signing import ManifestTampered
from app.domain.releases.queries import manifests
from app.domain.releases.queries import releases as released
from app.domain.releases.queries.chain_verification import verify_catalogue
from app.domain.releases.queries.releases import CatalogueEntry, Manifest
from app.domain.scans import actions as scans
from app.record_verification import verify_record
from tests.conftest import Database
from tests.world import SIGNER, World

HOUR = timedelta(hours=1)
ZURICH = ZoneInfo("Europe/Zurich")
BECAUSE = Because(reason="A capital has asked for time.")


@pytest.fixture
def shelf(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


def out(world: World) -> CatalogueEntry:
    """What readers have, if the house signed it: with that manifest."""
    with transaction(world.read) as session:
        backwards = released.iterate_manifests_backwards(session)
        found = verify_catalogue(
            released.list_entries(session), released.list_withdrawn_entries(session), backwards, SIGNER.public_keys
        )
    assert found.faults == []
    (one,) = found.outputs
    return one


def signed(world: World) -> list[Manifest]:
    with transaction(world.read) as session:
        return list(released.list_manifests(session))


def read(world: World, output: Output) -> Output:
    with transaction(world.read) as session:
        return session.get_one(Output, output.id)


def complete(world: World, shelf: Store, output: Output) -> bool:
    with transaction(world.write) as session:
        return releases.complete_release(session, world.store, shelf, output.id)


def in_an_hour() -> ReleaseInstant:
    at = (clock.now() + HOUR).astimezone(ZURICH).replace(microsecond=0)
    return ReleaseInstant(when="then", on=at.date(), at=at.time())


def test_a_text_goes_out_in_all_languages_of_its_body_or_is_marked(world: World, meeting: Meeting) -> None:
    world.works_in("en", "fr", "zh")
    made = world.approved(meeting)

    with world.letting_out(made) as (session, actor, there), pytest.raises(BadRequest, match="中文, Français"):
        release.schedule_release(session, actor, there, NewReleasePlan())
    assert read(world, made).status == OutputStatus.APPROVED
    world.let_out(made, NewReleasePlan(form="advance"))

    with transaction(world.read) as session:
        (plan,) = outputs.list_release_plans(session, made)
    assert (plan.form, plan.languages, plan.still_to_come) == ("advance", ["en"], ["zh", "fr"])


def test_nothing_is_marked_that_lacks_nothing(world: World, meeting: Meeting, shelf: Store) -> None:
    world.works_in("en")
    made = world.approved(meeting)

    with world.letting_out(made) as (session, actor, there), pytest.raises(BadRequest, match="let it out complete"):
        release.schedule_release(session, actor, there, NewReleasePlan(form="advance"))
    world.left(world.let_out(made), shelf)

    assert (out(world).still_to_come, out(world).is_advance) == ((), False)
    assert (
        not {"still_to_come", "translations", "completed_at", "completes"}
        & json.loads(signed(world)[0].statement)["output"].keys()
    )


def test_a_body_without_translation_is_complete_in_the_original(world: World, meeting: Meeting, shelf: Store) -> None:
    world.released(meeting, shelf)

    assert not out(world).is_advance


def test_one_person_alone_lets_out_what_is_there_and_it_is_marked(world: World, meeting: Meeting, shelf: Store) -> None:
    world.works_in("en", "fr")
    world.released_alone(meeting, shelf)

    assert out(world).still_to_come == ("fr",)


def test_what_the_version_before_let_out_leaves_as_it_was_adopted(world: World, meeting: Meeting, shelf: Store) -> None:
    """Its plans name no language, while doors of both versions serve."""
    made = world.leaving(meeting)
    with transaction(world.write) as session:
        session.execute(update(ReleasePlan).values(languages=[]))
    world.left(made, shelf)

    assert [text.language for text in out(world).texts] == ["en"]


def test_readers_and_the_record_know_what_an_advance_version_lacks(
    world: World, meeting: Meeting, shelf: Store
) -> None:
    made = world.advance(meeting, shelf, "fr", "ar")

    assert out(world).still_to_come == ("ar", "fr")
    assert json.loads(signed(world)[0].statement)["output"]["still_to_come"] == ["ar", "fr"]
    assert read(world, made).still_to_come == ["ar", "fr"]
    with transaction(world.read) as session:
        told = select(JournalLine.facts).where(JournalLine.event == "output:released-in-advance")
        assert session.scalars(told).one()["still_to_come"] == "ar fr"


def test_a_translation_before_the_release_completes_the_text_and_changes_nothing_of_it(
    world: World, meeting: Meeting, shelf: Store
) -> None:
    world.works_in("en", "fr")
    adopted = world.adopted(meeting)
    made = world.translated(adopted, "fr", title="Un titre")
    world.as_released(adopted, shelf)

    there = out(world)
    assert [(text.language, text.sha256 == made.sha256) for text in there.texts] == [("en", False), ("fr", True)]
    assert (there.translations, there.is_advance) == (("fr",), False)
    assert there.titles == {**adopted.titles, "fr": "Un titre (fr)"}
    assert read(world, adopted).text_digest == adopted.text_digest
    assert read(world, adopted).titles == adopted.titles


def test_a_translation_that_nobody_else_approved_is_missing(world: World, meeting: Meeting, shelf: Store) -> None:
    world.works_in("en", "fr")
    made = world.approved(meeting)
    waiting = world.translated(made, "fr", approved_by="")

    with world.letting_out(made) as (session, actor, there), pytest.raises(BadRequest, match="Français"):
        release.schedule_release(session, actor, there, NewReleasePlan())
    world.left(world.let_out(made, NewReleasePlan(form="advance")), shelf)

    assert [text.language for text in out(world).texts] == ["en"]
    assert not shelf.exists(waiting.sha256)


def test_a_translation_that_came_too_late_takes_no_place_on_a_desk(
    world: World, meeting: Meeting, shelf: Store
) -> None:
    """Its text is out in every language that its body works in: nobody can approve it any more."""
    late, waits = world.approved(meeting), world.adopted(meeting)
    for each in (late, waits):
        world.translated(each, "ru", approved_by="")

    def on_the_desk(who: str = "layla") -> list[Output]:
        with world.acting(who) as (session, actor):
            return list(translations.list_outputs_needing_translations(session, actor, limit=1))

    assert [each.id for each in on_the_desk()] == [late.id]
    world.left(world.let_out(late), shelf)

    assert [each.id for each in on_the_desk()] == [waits.id]
    assert on_the_desk("amina") == []


def test_whoever_added_a_translation_does_not_approve_it(world: World, meeting: Meeting) -> None:
    made = world.adopted(meeting)
    waiting = world.translated(made, "fr", by="ines", approved_by="")

    for who, why in (("ines", "second person"), ("amina", "Only the secretariat")):
        with world.acting(who) as (session, actor), pytest.raises(Forbidden, match=why):
            there = session.get_one(Output, made.id)
            translation.approve_translation(session, actor, there, "fr", digest=waiting.digest)
    with world.acting("laurent") as (session, actor):
        there = session.get_one(Output, made.id)
        translation.approve_translation(session, actor, there, "fr", digest=waiting.digest)
    with transaction(world.read) as session:
        (found,) = translations.list_approved_translations(session, there)
    assert (found.capacity, found.approved_by) == ("chair", world.person("laurent").id)


def test_the_chair_of_a_sponsor_approves_no_translation(world: World, meeting: Meeting) -> None:
    """Layla, the second vice-chair, is of the State whose document the text was made from."""
    world.seat("layla", "delegate")
    _, document = world.registered(world.meeting(number=30, opens_in=60), by="layla")
    made = world.adopted(meeting, sources=frozenset({document.id}))
    waiting = world.translated(made, "fr", approved_by="")

    def approve(who: str) -> None:
        with world.acting(who) as (session, actor):
            there = session.get_one(Output, made.id)
            translation.approve_translation(session, actor, there, "fr", digest=waiting.digest)

    with pytest.raises(Forbidden, match="Your own State sponsored"):
        approve("layla")
    approve("laurent")


def test_an_approval_is_of_exactly_what_was_read(world: World, meeting: Meeting) -> None:
    made = world.adopted(meeting)
    first = world.translated(made, "fr", title="Un titre")
    world.translated(made, "fr", title="Un autre titre", approved_by="")

    with transaction(world.read) as session:
        assert translations.list_approved_translations(session, made) == []
    with world.acting("layla") as (session, actor), pytest.raises(Conflict, match="not the translation that you read"):
        there = session.get_one(Output, made.id)
        translation.approve_translation(session, actor, there, "fr", digest=first.digest)


@pytest.mark.parametrize("state", [ScanState.WAITING, ScanState.INFECTED])
def test_a_file_is_approved_once_it_was_checked(world: World, meeting: Meeting, state: ScanState) -> None:
    made = world.adopted(meeting)
    waiting = world.translated(made, "fr", approved_by="")
    with transaction(world.write) as session:
        scans.save_verdict(session, waiting.sha256, ScanVerdict(state, "Eicar"))

    def approve() -> None:
        with world.acting("layla") as (session, actor):
            there = session.get_one(Output, made.id)
            translation.approve_translation(session, actor, there, "fr", digest=waiting.digest)

    with pytest.raises(Conflict, match="virus"):
        approve()
    with transaction(world.write) as session:
        scans.save_verdict(session, waiting.sha256, ScanVerdict(ScanState.CLEAN))
    approve()


def test_an_approval_given_meanwhile_is_not_one_of_what_takes_its_place(world: World, meeting: Meeting) -> None:
    """While the new file was examined, the one who sends it had approved the old one."""
    made = world.adopted(meeting)
    first = world.translated(made, "fr", title="Un titre", by="daniel", approved_by="")

    with world.acting("ines") as (session, actor):
        there = session.get_one(Output, made.id)
        (before,) = translations.list_translations(session, there)
        assert not before.is_approved
        with world.acting("ines") as (meanwhile, herself):
            same = meanwhile.get_one(Output, made.id)
            translation.approve_translation(meanwhile, herself, same, "fr", digest=first.digest)
        translation.add_translation(
            session, actor, there, world.file("fr", "Autre"), TranslatedTitle(title="Un autre titre")
        )

    with transaction(world.read) as session:
        (found,) = translations.list_translations(session, made)
    assert (found.added_by, found.approved, found.approved_by) == (world.person("ines").id, None, None)
    with world.acting("layla") as (session, actor):
        assert [each.id for each in translations.list_outputs_needing_translations(session, actor, limit=1)] == [
            made.id
        ]


def test_what_readers_have_is_not_replaced_while_other_languages_are_to_come(
    world: World, meeting: Meeting, shelf: Store
) -> None:
    world.works_in("en", "fr", "ru")
    made = world.adopted(meeting)
    world.translated(made, "fr")
    world.as_released(made, shelf, NewReleasePlan(form="advance"))
    assert [text.language for text in out(world).texts] == ["en", "fr"]

    with world.acting("ines") as (session, actor), pytest.raises(BadRequest, match="is there in this language"):
        there = session.get_one(Output, made.id)
        translation.add_translation(session, actor, there, world.file("fr", "Autre"), TranslatedTitle(title="Autre"))
    world.translated(made, "ru")


def test_what_is_there_is_not_translated_once_more(world: World, meeting: Meeting, shelf: Store) -> None:
    made = world.advance(meeting, shelf, "fr")

    def translate(language: str, title: TranslatedTitle | None) -> None:
        with world.acting("ines") as (session, actor):
            there = session.get_one(Output, made.id)
            translation.add_translation(session, actor, there, world.file(language, "Autre"), title)

    with pytest.raises(BadRequest, match="is there in this language"):
        translate("en", TranslatedTitle(title="Another"))
    with pytest.raises(BadRequest, match="Give the title"):
        translate("fr", None)
    world.completed(made, shelf)
    with pytest.raises(Conflict, match="an advance version"):
        translate("ru", TranslatedTitle(title="Ещё"))


def test_it_is_completed_by_another_release_that_names_the_first(
    world: World, meeting: Meeting, shelf: Store, database: Database
) -> None:
    made = world.advance(meeting, shelf, "fr", "ru")
    before, was = out(world), read(world, made)
    world.completed(made, shelf)

    there, (first, second) = out(world), signed(world)
    assert [text.language for text in there.texts] == ["en", "fr", "ru"]
    assert there.texts[0] == before.texts[0]
    assert (there.still_to_come, there.translations) == ((), ("fr", "ru"))
    assert (there.released_at, there.completed_at > there.released_at) == (before.released_at, True)
    assert (there.completes, there.completes_digest) == (first.number, manifests.digest_of_manifest(first).hex())
    assert manifests.is_manifest_signed(first, SIGNER.public_keys)
    said = json.loads(second.statement)
    assert said["output"]["completes_digest"] == manifests.digest_of_manifest(first).hex()
    assert "still_to_come" not in said["output"]
    assert all(shelf.exists(text.sha256) for text in there.texts)
    now = read(world, made)
    assert (now.text_digest, now.titles, now.status) == (was.text_digest, was.titles, OutputStatus.RELEASED)
    assert (now.still_to_come, now.completed_at) == ([], there.completed_at)
    assert verify_record(database.portal, world.store, shelf).faults == ()


def test_it_is_not_completed_before_every_promised_language_is_approved(
    world: World, meeting: Meeting, shelf: Store
) -> None:
    made = world.advance(meeting, shelf, "fr", "ru")
    world.translated(made, "fr")
    world.translated(made, "ru", approved_by="")

    with pytest.raises(Conflict, match="still to come"):
        world.completing(made)
    world.works_in("en", "fr")  # what was promised stays promised
    with pytest.raises(Conflict, match="still to come"):
        world.completing(made)
    assert complete(world, shelf, made) is False


def test_whoever_approved_a_translation_does_not_let_it_out(world: World, meeting: Meeting, shelf: Store) -> None:
    made = world.advance(meeting, shelf, "fr")
    world.translated(made, "fr", by="ines", approved_by="layla")

    with pytest.raises(Forbidden, match="You approved a translation"):
        world.completing(made, by="layla")
    with pytest.raises(Forbidden):
        world.completing(made, by="amina")
    world.completing(made, by="ines")
    assert complete(world, shelf, made) is True
    assert complete(world, shelf, made) is False


def test_what_was_seen_is_let_out_and_nothing_else(world: World, meeting: Meeting, shelf: Store) -> None:
    made = world.advance(meeting, shelf, "fr")
    world.translated(made, "fr")

    with world.acting("ines") as (session, actor), pytest.raises(Conflict, match="not those that you saw"):
        completion.schedule_completion(
            session, actor, session.get_one(Output, made.id), ReleaseInstant(), digest="0" * 64
        )


def test_nothing_comes_before_its_instant_and_everything_then(
    world: World, meeting: Meeting, shelf: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world.advance(meeting, shelf, "fr")
    french = world.translated(made, "fr")
    world.completing(made, in_an_hour())
    with transaction(world.read) as session:
        at: datetime = translations.list_completion_plans(session, made)[-1].release_at
    before = out(world)

    monkeypatch.setattr(clock, "now", lambda: at - timedelta(milliseconds=1))
    assert complete(world, shelf, made) is False
    assert (out(world), shelf.exists(french.sha256)) == (before, False)
    monkeypatch.setattr(clock, "now", lambda: at)
    assert complete(world, shelf, made) is True
    assert out(world).completed_at == at


def test_it_is_called_back_until_then_and_let_out_anew(world: World, meeting: Meeting, shelf: Store) -> None:
    made = world.advance(meeting, shelf, "fr")
    world.translated(made, "fr")
    world.completing(made, in_an_hour())

    with world.acting("ines") as (session, actor), pytest.raises(Conflict, match="not on its way"):
        there = session.get_one(Output, made.id)
        translation.add_translation(session, actor, there, world.file("fr", "Autre"), TranslatedTitle(title="Autre"))
    with world.acting("laurent") as (session, actor):
        completion.call_back_completion(session, actor, session.get_one(Output, made.id), BECAUSE)
    with clock.shifted_clock(2 * HOUR):
        assert complete(world, shelf, made) is False
        assert out(world).is_advance
        world.completing(made)
        with pytest.raises(Conflict, match="called back"), world.acting("ines") as (session, actor):
            completion.call_back_completion(session, actor, session.get_one(Output, made.id), BECAUSE)
        world.left(made, shelf)

    assert not out(world).is_advance
    with transaction(world.read) as session:
        first, second = translations.list_completion_plans(session, made)
    assert (first.called_back_because, second.released_at is not None) == (BECAUSE.reason, True)


def test_what_was_withdrawn_meanwhile_is_not_completed(world: World, meeting: Meeting, shelf: Store) -> None:
    made = world.advance(meeting, shelf, "fr")
    french = world.translated(made, "fr")
    world.completing(made, in_an_hour())
    world.withdrawn(made)

    with clock.shifted_clock(2 * HOUR):
        assert complete(world, shelf, made) is False
    assert not shelf.exists(french.sha256)


def test_nothing_is_let_out_while_its_withdrawal_is_proposed(world: World, meeting: Meeting, shelf: Store) -> None:
    made = world.advance(meeting, shelf, "fr")
    world.translated(made, "fr")
    world.to_be_withdrawn(made, by="daniel")

    with pytest.raises(Conflict, match="decided first"):
        world.completing(made)


@pytest.mark.parametrize(
    "altered",
    [
        {"sha256": "0" * 64},
        {"title": "Another title"},
        {"text": "0" * 64},
        {"approved": None, "approved_by": None, "approved_at": None, "capacity": None},
    ],
    ids=["file", "title", "of another text", "not approved"],
)
def test_a_translation_that_is_not_as_it_was_approved_stops_the_completion(
    world: World, meeting: Meeting, shelf: Store, altered: dict[str, object]
) -> None:
    made = world.advance(meeting, shelf, "fr")
    world.translated(made, "fr")
    world.completing(made)
    with transaction(world.write) as session:
        session.execute(update(OutputTranslation).where(OutputTranslation.output_id == made.id).values(**altered))

    with pytest.raises(TextMismatch):
        complete(world, shelf, made)
    assert out(world).is_advance


def test_a_text_whose_approvals_are_gone_is_not_completed(
    world: World, meeting: Meeting, shelf: Store, database: Database
) -> None:
    made = world.advance(meeting, shelf, "fr")
    french = world.translated(made, "fr")
    world.completing(made)
    database.run_as_superuser("UPDATE portal.approval SET text_digest = repeat('0', 64)")

    with pytest.raises(TextMismatch):
        complete(world, shelf, made)
    assert (out(world).is_advance, shelf.exists(french.sha256)) == (True, False)


def test_translations_other_than_those_that_were_let_out_are_not_added(
    world: World, meeting: Meeting, shelf: Store, database: Database
) -> None:
    made = world.advance(meeting, shelf, "fr")
    world.translated(made, "fr")
    world.completing(made)
    database.run_as_superuser(
        "CREATE TABLE let_out AS SELECT output_id, number, text FROM portal.completion;"
        "UPDATE portal.completion SET text = repeat('0', 64)"
    )

    with pytest.raises(TextMismatch):
        complete(world, shelf, made)
    assert out(world).is_advance
    database.run_as_superuser(
        "UPDATE portal.completion AS plan SET text = let_out.text FROM let_out"
        " WHERE (plan.output_id, plan.number) = (let_out.output_id, let_out.number)"
    )
    assert complete(world, shelf, made) is True


def test_a_language_that_was_promised_and_is_not_let_out_stops_the_completion(
    world: World, meeting: Meeting, shelf: Store, database: Database
) -> None:
    made = world.advance(meeting, shelf, "fr")
    world.translated(made, "fr")
    world.completing(made)
    database.run_as_superuser("UPDATE portal.output SET still_to_come = '{ru,fr}'")

    with pytest.raises(TextMismatch):
        complete(world, shelf, made)
    database.run_as_superuser("UPDATE portal.output SET still_to_come = '{fr}'")
    assert complete(world, shelf, made) is True


def test_a_virus_in_a_translation_stops_the_completion(world: World, meeting: Meeting, shelf: Store) -> None:
    made = world.advance(meeting, shelf, "fr")
    french = world.translated(made, "fr")
    world.completing(made)
    with transaction(world.write) as session:
        scans.save_verdict(session, french.sha256, ScanVerdict(ScanState.INFECTED, "Eicar"))

    with pytest.raises(InfectedFile):
        complete(world, shelf, made)
    assert not shelf.exists(french.sha256)


def test_nothing_is_signed_on_top_of_what_was_altered_among_the_readers(
    world: World, meeting: Meeting, shelf: Store, database: Database
) -> None:
    made = world.advance(meeting, shelf, "fr")
    french = world.translated(made, "fr")
    world.completing(made)
    database.run_as_superuser("UPDATE release.output SET kind = 'decision'")

    with pytest.raises(ManifestTampered):
        complete(world, shelf, made)
    assert not shelf.exists(french.sha256)


def test_the_database_lets_nobody_take_the_mark_away_while_a_language_is_missing(
    world: World, meeting: Meeting, shelf: Store
) -> None:
    made = world.advance(meeting, shelf, "fr")

    def unmark() -> None:
        with transaction(world.write) as session:
            said = (literal({}, JSONB), literal(["fr"], ARRAY(String)))
            session.execute(select(func.release.complete(made.id, clock.now(), *said, 1, "0" * 64)))

    with pytest.raises(DBAPIError, match="nothing to complete"):
        unmark()
    world.completed(made, shelf)
    with pytest.raises(DBAPIError, match="nothing to complete"):
        unmark()


def test_one_person_cannot_be_made_of_two_in_the_tables(world: World, meeting: Meeting) -> None:
    made = world.adopted(meeting)
    world.translated(made, "fr")

    with pytest.raises(DBAPIError, match="two_people"), transaction(world.write) as session:
        session.execute(update(OutputTranslation).values(approved_by=OutputTranslation.added_by))


def test_verify_names_what_is_not_marked_as_it_should_be(
    world: World, meeting: Meeting, shelf: Store, database: Database
) -> None:
    made = world.advance(meeting, shelf, "fr")
    assert verify_record(database.portal, world.store, shelf).faults == ()

    database.run_as_superuser("UPDATE portal.output SET still_to_come = '{}'")
    assert verify_record(database.portal, world.store, shelf).faults == (
        f"release: {made.symbol} is not out in the languages that are noted here",
    )
    database.run_as_superuser("UPDATE release.output SET still_to_come = '{}'")
    assert (
        f"release: {made.symbol} is marked as an advance version, or as complete, and is not"
        in verify_record(database.portal, world.store, shelf).faults
    )


def test_verify_names_a_translation_that_was_exchanged_after_its_release(
    world: World, meeting: Meeting, shelf: Store, database: Database
) -> None:
    made = world.advance(meeting, shelf, "fr")
    world.completed(made, shelf)
    database.run_as_superuser("UPDATE portal.output_translation SET title = 'Another'")

    assert (
        f"release: {made.symbol} is not the text that was adopted"
        in verify_record(database.portal, world.store, shelf).faults
    )
