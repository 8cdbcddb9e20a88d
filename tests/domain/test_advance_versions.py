"""Advance versions: an urgent text is released in the available languages, marked incomplete, and completed later."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
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
from app.core.validation import ReasonInput
from app.domain.bodies.rules import CHAIRS
from app.domain.files import actions as file_actions
from app.domain.meetings.models import Meeting
from app.domain.outputs import pending
from app.domain.outputs.actions import completion, release
from app.domain.outputs.actions import translation as translating
from app.domain.outputs.inputs import NewReleasePlan, ReleaseInstant, TranslatedTitle
from app.domain.outputs.models import Output, OutputStatus, OutputTranslation, ReleasePlan
from app.domain.outputs.queries import outputs, translations
from app.domain.outputs.queries.pending_outputs import select_outputs_to_decide_on
from app.domain.outputs.rules.approvals import ApprovalProof
from app.domain.releases.actions import completion as releases
from app.domain.releases.actions.copy import TextMismatch
from app.domain.releases.actions.manifest_signing import ManifestTampered
from app.domain.releases.actions.release import InfectedFileError
from app.domain.releases.queries import manifests, stored_manifests
from app.domain.releases.queries import releases as released
from app.domain.releases.queries.catalogue_entries import CatalogueEntry, Manifest
from app.domain.releases.queries.chain_verification import verify_catalogue
from app.record_verification import verify_record
from tests.approval_tokens import prove
from tests.conftest import Database
from tests.world import RELEASE_SIGNER, World, record_rows

HOUR = timedelta(hours=1)
ZURICH = ZoneInfo("Europe/Zurich")
BECAUSE = ReasonInput(reason="A capital has asked for time.")


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


def get_released_output(world: World) -> CatalogueEntry:
    """Return the only released output, after checking every signature and proof against its manifest."""
    with transaction(world.read) as session:
        backwards = stored_manifests.iterate_manifests_backwards(session)
        report = verify_catalogue(
            released.list_entries(session),
            released.list_withdrawn_entries(session),
            backwards,
            RELEASE_SIGNER.public_keys,
        )
    assert report.faults == []
    (one,) = report.outputs
    return one


def list_signed_manifests(world: World) -> list[Manifest]:
    with transaction(world.read) as session:
        return list(stored_manifests.list_manifests(session))


def reload_output(world: World, output: Output) -> Output:
    with transaction(world.read) as session:
        return session.get_one(Output, output.id)


def complete_release(world: World, release_store: Store, output: Output) -> bool:
    with transaction(world.work) as session:
        return releases.release_missing_languages(session, world.store, release_store, output.id)


def in_one_hour() -> ReleaseInstant:
    at = (clock.now() + HOUR).astimezone(ZURICH).replace(microsecond=0)
    return ReleaseInstant(when="then", on=at.date(), at=at.time())


def test_a_text_is_released_in_all_languages_of_its_body_or_is_marked(world: World, meeting: Meeting) -> None:
    world.works_in("en", "fr", "zh")
    output = world.approved(meeting)

    with (
        world.acting_to_release(output) as (session, actor, stored_output),
        pytest.raises(BadRequest, match="中文, Français"),
    ):
        release.schedule_release(session, actor, stored_output, NewReleasePlan())
    assert reload_output(world, output).status == OutputStatus.APPROVED
    world.schedule_release(output, NewReleasePlan(form="advance"))

    with transaction(world.read) as session:
        (plan,) = outputs.list_release_plans(session, output)
    assert (plan.form, plan.languages, plan.still_to_come) == ("advance", ["en"], ["zh", "fr"])


def test_a_complete_text_is_not_marked(world: World, meeting: Meeting, release_store: Store) -> None:
    world.works_in("en")
    output = world.approved(meeting)

    with (
        world.acting_to_release(output) as (session, actor, stored_output),
        pytest.raises(BadRequest, match="release the complete text"),
    ):
        release.schedule_release(session, actor, stored_output, NewReleasePlan(form="advance"))
    world.left(world.schedule_release(output), release_store)

    assert (get_released_output(world).still_to_come, get_released_output(world).is_advance) == ((), False)
    assert (
        not {"still_to_come", "translations", "completed_at", "completes"}
        & json.loads(list_signed_manifests(world)[0].statement)["output"].keys()
    )


def test_a_body_without_translation_is_complete_in_the_original(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    world.released(meeting, release_store)

    assert not get_released_output(world).is_advance


def test_a_sole_release_of_an_incomplete_text_is_marked(world: World, meeting: Meeting, release_store: Store) -> None:
    world.works_in("en", "fr")
    world.released_alone(meeting, release_store)

    assert get_released_output(world).still_to_come == ("fr",)


def test_a_release_planned_by_the_previous_version_stays_as_adopted(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    """The older version stores plans without languages while servers of both versions run."""
    output = world.leaving(meeting)
    with transaction(world.write) as session:
        record_rows(session)
        session.execute(update(ReleasePlan).values(languages=[]))
    world.left(output, release_store)

    assert [text.language for text in get_released_output(world).texts] == ["en"]


def test_readers_and_the_journal_know_the_missing_languages(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = world.advance(meeting, release_store, "fr", "ar")

    assert get_released_output(world).still_to_come == ("ar", "fr")
    assert json.loads(list_signed_manifests(world)[0].statement)["output"]["still_to_come"] == ["ar", "fr"]
    assert reload_output(world, output).still_to_come == ["ar", "fr"]
    with transaction(world.read) as session:
        facts = select(JournalLine.facts).where(JournalLine.event == "output:released-in-advance")
        assert session.scalars(facts).one()["still_to_come"] == "ar fr"


def test_a_translation_before_the_release_completes_the_text_without_changing_it(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    world.works_in("en", "fr")
    adopted = world.adopted(meeting)
    output = world.translated(adopted, "fr", title="Un titre")
    world.as_released(adopted, release_store)

    released_output = get_released_output(world)
    assert [(text.language, text.sha256 == output.sha256) for text in released_output.texts] == [
        ("en", False),
        ("fr", True),
    ]
    assert (released_output.translations, released_output.is_advance) == (("fr",), False)
    assert released_output.titles == {**adopted.titles, "fr": "Un titre (fr)"}
    assert reload_output(world, adopted).text_digest == adopted.text_digest
    assert reload_output(world, adopted).titles == adopted.titles


def test_a_translation_without_a_second_approval_is_missing(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    world.works_in("en", "fr")
    output = world.approved(meeting)
    waiting = world.translated(output, "fr", approved_by="")

    with (
        world.acting_to_release(output) as (session, actor, stored_output),
        pytest.raises(BadRequest, match="Français"),
    ):
        release.schedule_release(session, actor, stored_output, NewReleasePlan())
    world.left(world.schedule_release(output, NewReleasePlan(form="advance")), release_store)

    assert [text.language for text in get_released_output(world).texts] == ["en"]
    assert not release_store.exists(waiting.sha256)


def list_outputs_with_translation_to_approve(world: World, who: str) -> list[UUID]:
    """The outputs of which somebody is asked to approve a translation."""
    with world.acting(who) as (session, actor):
        rows = session.execute(select_outputs_to_decide_on(actor)).all() if actor.bodies_with_role(*CHAIRS) else ()
        actions = pending.build_output_actions(session, actor, rows)
        return [action.subject for action in actions if action.kind is pending.APPROVE_TRANSLATION]


def test_a_translation_that_came_too_late_is_not_on_the_dashboard(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    """A text already released in every working language of its body accepts no more approvals."""
    late_output, waiting_output = world.approved(meeting), world.adopted(meeting)
    for each in (late_output, waiting_output):
        world.translated(each, "ru", approved_by="")

    def on_the_dashboard(who: str = "layla") -> list[UUID]:
        return list_outputs_with_translation_to_approve(world, who)

    assert on_the_dashboard() == [late_output.id, waiting_output.id]
    world.left(world.schedule_release(late_output), release_store)

    assert on_the_dashboard() == [waiting_output.id]
    assert on_the_dashboard("amina") == []


def test_the_person_who_added_a_translation_does_not_approve_it(world: World, meeting: Meeting) -> None:
    output = world.adopted(meeting)
    waiting = world.translated(output, "fr", by="ines", approved_by="")

    for who, why in (("ines", "second person"), ("amina", "Only the secretariat")):
        with world.acting(who) as (session, actor), pytest.raises(Forbidden, match=why):
            stored_output = session.get_one(Output, output.id)
            translating.approve_translation(session, actor, stored_output, "fr", digest=waiting.digest, proof=None)
    with world.acting("laurent") as (session, actor):
        stored_output = session.get_one(Output, output.id)
        translating.approve_translation(session, actor, stored_output, "fr", digest=waiting.digest, proof=None)
    with transaction(world.read) as session:
        (translation,) = translations.list_approved_translations(session, stored_output)
    assert (translation.capacity, translation.approved_by) == ("chair", world.person("laurent").id)


def test_the_chair_of_a_sponsor_approves_no_translation(world: World, meeting: Meeting) -> None:
    """Layla, the second vice-chair, is of the State whose document the text was made from."""
    world.seat("layla", "delegate")
    _, document = world.registered(world.meeting(number=30, opens_in=60), by="layla")
    output = world.adopted(meeting, sources=frozenset({document.id}))
    waiting = world.translated(output, "fr", approved_by="")

    def approve(who: str) -> None:
        with world.acting(who) as (session, actor):
            stored_output = session.get_one(Output, output.id)
            translating.approve_translation(session, actor, stored_output, "fr", digest=waiting.digest, proof=None)

    with pytest.raises(Forbidden, match="Your own delegation, or one"):
        approve("layla")
    approve("laurent")


def test_an_approval_is_of_exactly_the_version_that_was_read(world: World, meeting: Meeting) -> None:
    output = world.adopted(meeting)
    first = world.translated(output, "fr", title="Un titre")
    world.translated(output, "fr", title="Un autre titre", approved_by="")

    with transaction(world.read) as session:
        assert translations.list_approved_translations(session, output) == []
    with world.acting("layla") as (session, actor), pytest.raises(Conflict, match="not the translation that you read"):
        stored_output = session.get_one(Output, output.id)
        translating.approve_translation(session, actor, stored_output, "fr", digest=first.digest, proof=None)


def test_the_approval_of_a_translation_comes_with_a_sign_in_that_was_made_for_it(
    world: World, meeting: Meeting
) -> None:
    output = world.adopted(meeting)
    french, russian = (world.translated(output, language, approved_by="") for language in ("fr", "ru"))

    def approve(proof: ApprovalProof) -> None:
        with world.acting("layla") as (session, actor):
            row = session.get_one(Output, output.id)
            translating.approve_translation(session, actor, row, "fr", digest=french.digest, proof=proof)

    for other in (russian, None):
        with pytest.raises(Conflict, match="First sign in again for this approval"):
            approve(prove(output, world.person("layla"), other))
    approve(prove(output, world.person("layla"), french))


@pytest.mark.parametrize("state", [ScanState.WAITING, ScanState.INFECTED])
def test_a_file_is_approved_only_after_its_virus_check(world: World, meeting: Meeting, state: ScanState) -> None:
    output = world.adopted(meeting)
    waiting = world.translated(output, "fr", approved_by="")
    with transaction(world.write) as session:
        record_rows(session)
        file_actions.save_scan_verdict(session, waiting.sha256, ScanVerdict(state, "Eicar"))

    def approve() -> None:
        with world.acting("layla") as (session, actor):
            stored_output = session.get_one(Output, output.id)
            translating.approve_translation(session, actor, stored_output, "fr", digest=waiting.digest, proof=None)

    with pytest.raises(Conflict, match="virus"):
        approve()
    with transaction(world.write) as session:
        file_actions.save_scan_verdict(session, waiting.sha256, ScanVerdict(ScanState.CLEAN))
    approve()


def test_an_approval_of_the_old_file_does_not_count_for_its_replacement(world: World, meeting: Meeting) -> None:
    """The old file was approved while the new file was still being inspected."""
    output = world.adopted(meeting)
    first = world.translated(output, "fr", title="Un titre", by="daniel", approved_by="")

    with world.acting("ines") as (session, actor):
        stored_output = session.get_one(Output, output.id)
        (before,) = outputs.list_translations(session, stored_output)
        assert not before.is_approved
        with world.acting("ines") as (meanwhile, herself):
            same = meanwhile.get_one(Output, output.id)
            translating.approve_translation(meanwhile, herself, same, "fr", digest=first.digest, proof=None)
        translating.add_translation(
            session, actor, stored_output, world.file("fr", "Autre"), TranslatedTitle(title="Un autre titre")
        )

    with transaction(world.read) as session:
        (translation,) = outputs.list_translations(session, output)
    assert (translation.added_by, translation.approved, translation.approved_by) == (
        world.person("ines").id,
        None,
        None,
    )
    assert list_outputs_with_translation_to_approve(world, "layla") == [output.id]


def test_a_released_language_is_not_replaced_while_others_are_missing(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    world.works_in("en", "fr", "ru")
    output = world.adopted(meeting)
    world.translated(output, "fr")
    world.as_released(output, release_store, NewReleasePlan(form="advance"))
    assert [text.language for text in get_released_output(world).texts] == ["en", "fr"]

    with (
        world.acting("ines") as (session, actor),
        pytest.raises(BadRequest, match="is already available in this language"),
    ):
        stored_output = session.get_one(Output, output.id)
        translating.add_translation(
            session, actor, stored_output, world.file("fr", "Autre"), TranslatedTitle(title="Autre")
        )
    world.translated(output, "ru")


def test_a_released_language_is_not_translated_again(world: World, meeting: Meeting, release_store: Store) -> None:
    output = world.advance(meeting, release_store, "fr")

    def translate(language: str, title: TranslatedTitle | None) -> None:
        with world.acting("ines") as (session, actor):
            stored_output = session.get_one(Output, output.id)
            translating.add_translation(session, actor, stored_output, world.file(language, "Autre"), title)

    with pytest.raises(BadRequest, match="is already available in this language"):
        translate("en", TranslatedTitle(title="Another"))
    with pytest.raises(BadRequest, match="Enter the title"):
        translate("fr", None)
    world.completed(output, release_store)
    with pytest.raises(Conflict, match="an advance version"):
        translate("ru", TranslatedTitle(title="Ещё"))


def test_an_advance_version_is_completed_by_a_second_release_that_names_the_first(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    output = world.advance(meeting, release_store, "fr", "ru")
    before, was = get_released_output(world), reload_output(world, output)
    world.completed(output, release_store)

    after, (first, second) = get_released_output(world), list_signed_manifests(world)
    assert [text.language for text in after.texts] == ["en", "fr", "ru"]
    assert after.texts[0] == before.texts[0]
    assert (after.still_to_come, after.translations) == ((), ("fr", "ru"))
    assert (after.released_at, after.completed_at > after.released_at) == (before.released_at, True)
    assert (after.completes, after.completes_digest) == (first.number, manifests.digest_of_manifest(first).hex())
    assert manifests.has_valid_signature(first, RELEASE_SIGNER.public_keys)
    statement = json.loads(second.statement)
    assert statement["output"]["completes_digest"] == manifests.digest_of_manifest(first).hex()
    assert "still_to_come" not in statement["output"]
    assert all(release_store.exists(text.sha256) for text in after.texts)
    now = reload_output(world, output)
    assert (now.text_digest, now.titles, now.status) == (was.text_digest, was.titles, OutputStatus.RELEASED)
    assert (now.still_to_come, now.completed_at) == ([], after.completed_at)
    assert verify_record(database.portal, world.store, release_store).faults == ()


def test_completion_waits_for_every_promised_language(world: World, meeting: Meeting, release_store: Store) -> None:
    output = world.advance(meeting, release_store, "fr", "ru")
    world.translated(output, "fr")
    world.translated(output, "ru", approved_by="")

    with pytest.raises(Conflict, match="An outstanding language is missing"):
        world.completing(output)
    world.works_in("en", "fr")  # a promised language stays promised
    with pytest.raises(Conflict, match="An outstanding language is missing"):
        world.completing(output)
    assert complete_release(world, release_store, output) is False


def test_the_approver_of_a_translation_does_not_release_it(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = world.advance(meeting, release_store, "fr")
    world.translated(output, "fr", by="ines", approved_by="layla")

    with pytest.raises(Forbidden, match="You approved one of the translations"):
        world.completing(output, by="layla")
    with pytest.raises(Forbidden):
        world.completing(output, by="amina")
    world.completing(output, by="ines")
    assert complete_release(world, release_store, output) is True
    assert complete_release(world, release_store, output) is False


def test_only_the_seen_translations_are_released(world: World, meeting: Meeting, release_store: Store) -> None:
    output = world.advance(meeting, release_store, "fr")
    world.translated(output, "fr")

    with world.acting("ines") as (session, actor), pytest.raises(Conflict, match="not those that you saw"):
        completion.schedule_completion(
            session, actor, session.get_one(Output, output.id), ReleaseInstant(), digest="0" * 64
        )


def test_nothing_is_completed_before_its_instant_and_everything_at_it(
    world: World, meeting: Meeting, release_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = world.advance(meeting, release_store, "fr")
    french = world.translated(output, "fr")
    world.completing(output, in_one_hour())
    with transaction(world.read) as session:
        at: datetime = translations.list_completion_plans(session, output)[-1].release_at
    before = get_released_output(world)

    monkeypatch.setattr(clock, "now", lambda: at - timedelta(milliseconds=1))
    assert complete_release(world, release_store, output) is False
    assert (get_released_output(world), release_store.exists(french.sha256)) == (before, False)
    monkeypatch.setattr(clock, "now", lambda: at)
    assert complete_release(world, release_store, output) is True
    assert get_released_output(world).completed_at == at


def test_a_completion_is_called_back_before_its_instant_and_scheduled_again(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = world.advance(meeting, release_store, "fr")
    world.translated(output, "fr")
    world.completing(output, in_one_hour())

    with world.acting("ines") as (session, actor), pytest.raises(Conflict, match="whose release has not started"):
        stored_output = session.get_one(Output, output.id)
        translating.add_translation(
            session, actor, stored_output, world.file("fr", "Autre"), TranslatedTitle(title="Autre")
        )
    with world.acting("laurent") as (session, actor):
        completion.cancel_scheduled_completion(session, actor, session.get_one(Output, output.id), BECAUSE)
    with clock.shifted_clock(2 * HOUR):
        assert complete_release(world, release_store, output) is False
        assert get_released_output(world).is_advance
        world.completing(output)
        with pytest.raises(Conflict, match="the release cannot be cancelled"), world.acting("ines") as (session, actor):
            completion.cancel_scheduled_completion(session, actor, session.get_one(Output, output.id), BECAUSE)
        world.left(output, release_store)

    assert not get_released_output(world).is_advance
    with transaction(world.read) as session:
        first, second = translations.list_completion_plans(session, output)
    assert (first.called_back_because, second.released_at is not None) == (BECAUSE.reason, True)


def test_a_withdrawn_text_is_not_completed(world: World, meeting: Meeting, release_store: Store) -> None:
    output = world.advance(meeting, release_store, "fr")
    french = world.translated(output, "fr")
    world.completing(output, in_one_hour())
    world.withdrawn(output)

    with clock.shifted_clock(2 * HOUR):
        assert complete_release(world, release_store, output) is False
    assert not release_store.exists(french.sha256)


def test_nothing_is_released_while_its_withdrawal_is_proposed(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = world.advance(meeting, release_store, "fr")
    world.translated(output, "fr")
    world.to_be_withdrawn(output, by="daniel")

    with pytest.raises(Conflict, match="must be decided on first"):
        world.completing(output)


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
def test_a_translation_altered_after_its_approval_stops_the_completion(
    world: World, meeting: Meeting, release_store: Store, altered: dict[str, object]
) -> None:
    output = world.advance(meeting, release_store, "fr")
    world.translated(output, "fr")
    world.completing(output)
    with transaction(world.write) as session:
        record_rows(session)
        session.execute(update(OutputTranslation).where(OutputTranslation.output_id == output.id).values(**altered))

    with pytest.raises(TextMismatch):
        complete_release(world, release_store, output)
    assert get_released_output(world).is_advance


def test_a_text_without_its_approvals_is_not_completed(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    output = world.advance(meeting, release_store, "fr")
    french = world.translated(output, "fr")
    world.completing(output)
    database.run_as_superuser("UPDATE portal.approval SET text_digest = repeat('0', 64)")

    with pytest.raises(TextMismatch):
        complete_release(world, release_store, output)
    assert (get_released_output(world).is_advance, release_store.exists(french.sha256)) == (True, False)


def test_only_the_scheduled_translations_are_added(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    output = world.advance(meeting, release_store, "fr")
    world.translated(output, "fr")
    world.completing(output)
    database.run_as_superuser(
        "CREATE TABLE let_out AS SELECT output_id, number, text FROM portal.completion;"
        "UPDATE portal.completion SET text = repeat('0', 64)"
    )

    with pytest.raises(TextMismatch):
        complete_release(world, release_store, output)
    assert get_released_output(world).is_advance
    database.run_as_superuser(
        "UPDATE portal.completion AS plan SET text = let_out.text FROM let_out"
        " WHERE (plan.output_id, plan.number) = (let_out.output_id, let_out.number)"
    )
    assert complete_release(world, release_store, output) is True


def test_a_promised_language_that_is_not_scheduled_stops_the_completion(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    output = world.advance(meeting, release_store, "fr")
    world.translated(output, "fr")
    world.completing(output)
    database.run_as_superuser("UPDATE portal.output SET still_to_come = '{ru,fr}'")

    with pytest.raises(TextMismatch):
        complete_release(world, release_store, output)
    database.run_as_superuser("UPDATE portal.output SET still_to_come = '{fr}'")
    assert complete_release(world, release_store, output) is True


def test_a_virus_in_a_translation_stops_the_completion(world: World, meeting: Meeting, release_store: Store) -> None:
    output = world.advance(meeting, release_store, "fr")
    french = world.translated(output, "fr")
    world.completing(output)
    with transaction(world.write) as session:
        file_actions.save_scan_verdict(session, french.sha256, ScanVerdict(ScanState.INFECTED, "Eicar"))

    with pytest.raises(InfectedFileError):
        complete_release(world, release_store, output)
    assert not release_store.exists(french.sha256)


def test_nothing_is_signed_on_top_of_altered_released_data(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    output = world.advance(meeting, release_store, "fr")
    french = world.translated(output, "fr")
    world.completing(output)
    database.run_as_superuser("UPDATE release.output SET kind = 'decision'")

    with pytest.raises(ManifestTampered):
        complete_release(world, release_store, output)
    assert not release_store.exists(french.sha256)


def test_the_database_keeps_the_mark_while_a_language_is_missing(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = world.advance(meeting, release_store, "fr")

    def unmark() -> None:
        with transaction(world.work) as session:
            said = (literal({}, JSONB), literal(["fr"], ARRAY(String)))
            session.execute(select(func.release.complete(output.id, clock.now(), *said, 1, "0" * 64)))

    with pytest.raises(DBAPIError, match="nothing to complete"):
        unmark()
    world.completed(output, release_store)
    with pytest.raises(DBAPIError, match="nothing to complete"):
        unmark()


def test_the_tables_require_two_different_people(world: World, meeting: Meeting) -> None:
    output = world.adopted(meeting)
    world.translated(output, "fr")

    with pytest.raises(DBAPIError, match="two_people"), transaction(world.write) as session:
        session.execute(update(OutputTranslation).values(approved_by=OutputTranslation.added_by))


def test_verify_names_a_wrong_mark(world: World, meeting: Meeting, release_store: Store, database: Database) -> None:
    output = world.advance(meeting, release_store, "fr")
    assert verify_record(database.portal, world.store, release_store).faults == ()

    database.run_as_superuser("UPDATE portal.output SET still_to_come = '{}'")
    assert verify_record(database.portal, world.store, release_store).faults == (
        f'rows: portal.output ["{output.id}"] was changed without a line of the journal',
        f"release: {output.symbol} is not released in the languages that are recorded here",
    )
    database.run_as_superuser("UPDATE release.output SET still_to_come = '{}'")
    assert (
        f"release: {output.symbol} is marked as an advance version, or as complete, and is not"
        in verify_record(database.portal, world.store, release_store).faults
    )


def test_verify_names_a_translation_that_was_replaced_after_its_release(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    output = world.advance(meeting, release_store, "fr")
    world.completed(output, release_store)
    database.run_as_superuser("UPDATE portal.output_translation SET title = 'Another'")

    assert (
        f"release: {output.symbol} is not the text that was adopted"
        in verify_record(database.portal, world.store, release_store).faults
    )
