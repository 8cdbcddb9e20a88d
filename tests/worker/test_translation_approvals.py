"""The worker verifies the sign-in behind the approval of a translation, and releases none without a sign-in for it.

A web process that was taken over is played with its database role: it writes what it likes into its tables.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import select, text, update
from sqlalchemy.exc import ProgrammingError

from app.core import clock
from app.core.db import lock_row, transaction
from app.core.errors import Unavailable
from app.core.inspection import PDF
from app.core.storage import Store
from app.domain.outputs.actions.approval_checks import record_approval_check
from app.domain.outputs.inputs import NewReleasePlan
from app.domain.outputs.models import (
    ApprovalCheckOutcome,
    CompletionPlan,
    Output,
    OutputFile,
    OutputStatus,
    OutputTranslation,
    ReleaseFailure,
    TranslationApprovalCheck,
)
from app.domain.outputs.queries.approvals import list_unchecked_approvals
from app.domain.releases.actions.completion import record_missing_translations
from app.domain.releases.actions.release import APPROVAL_CHECK_PERIOD, UnverifiedApprovalError
from app.domain.releases.models import ReleasedFile
from app.worker.approval_verifier import MAX_CHECK_DELAY
from app.worker.approvals import check_approvals, check_waiting_approvals
from app.worker.release import OutputNotReleasedError, WorkerContext, release_output
from tests.approval_tokens import ProviderOfKeys, prove, sign, state
from tests.conftest import Database
from tests.waiting import is_lock_waiting, wait_until
from tests.worker.approval_steps import list_faults, stored
from tests.world import World, record_rows

Forge = Callable[[World, Output, OutputTranslation], dict[str, object]]
NO_TOKEN: dict[str, object] = {"id_token": None, "statement": None}


@pytest.fixture
def advance(world: World, release_store: Store) -> Output:
    """Released in English alone, of a body that works in French and Russian too."""
    return world.advance(world.meeting(opens_in=-2), release_store, "fr")


def get_translation(world: World, output: Output, language: str = "fr") -> OutputTranslation:
    with transaction(world.read) as session:
        return session.get_one(OutputTranslation, (output.id, language))


def change_as_portal(world: World, output: Output, **columns: object) -> None:
    """What a web process that was taken over writes into the row of the French translation."""
    with transaction(world.write) as session:
        of_output = (OutputTranslation.output_id == output.id, OutputTranslation.language == "fr")
        session.execute(update(OutputTranslation).where(*of_output).values(**columns))
        record_rows(session)


def invent_approval(world: World, output: Output, who: str = "layla", **changes: object) -> None:
    """An approval of the French translation as the portal stores it, genuine unless `changes` replaces a column."""
    there, person = get_translation(world, output), world.person(who)
    statement = state(output, person, there)
    columns = {
        "approved": there.digest,
        "approved_by": person.id,
        "approved_at": clock.now(),
        "capacity": "vice-chair",
        "id_token": sign(statement),
        "statement": statement.to_json(),
    }
    change_as_portal(world, output, **columns | changes)


def checks(world: World, output: Output) -> list[tuple[str, str | None]]:
    with transaction(world.read) as session:
        of_output = select(TranslationApprovalCheck).where(TranslationApprovalCheck.output_id == output.id)
        return [(row.outcome, row.cause) for row in session.scalars(of_output.order_by("checked_at"))]


def last_plan(world: World, output: Output) -> CompletionPlan:
    with transaction(world.read) as session:
        plans = select(CompletionPlan).where(CompletionPlan.output_id == output.id)
        return session.scalars(plans.order_by(CompletionPlan.number.desc())).first()


def add_unchecked_translation(world: World, output: Output) -> None:
    """Add a translation into French and approve it; the worker has not checked that."""
    world.translated(output, "fr", approved_by="")
    world.approve_translation(output, "fr", by="layla")


def test_a_translation_completes_the_text_once_the_sign_in_behind_its_approval_is_verified(
    world: World, advance: Output, worker: WorkerContext
) -> None:
    add_unchecked_translation(world, advance)
    world.completing(advance)
    with pytest.raises(UnverifiedApprovalError):
        release_output(worker, advance.id)

    check_approvals(worker, advance.id)
    check_approvals(worker, advance.id)  # changes nothing

    assert checks(world, advance) == [("verified", None)]
    assert release_output(worker, advance.id)
    assert stored(world, advance).still_to_come == []
    assert list_faults(world) == []


def test_a_translation_leaves_with_the_text_once_the_sign_in_behind_its_approval_is_verified(
    world: World, output: Output, worker: WorkerContext
) -> None:
    world.works_in("en", "fr")
    world.both_approve(output)
    add_unchecked_translation(world, output)
    world.schedule_release(output)
    with pytest.raises(UnverifiedApprovalError):
        release_output(worker, output.id)

    check_approvals(worker, output.id)

    assert release_output(worker, output.id)
    assert get_translation(world, output).released_at is not None
    assert list_faults(world) == []


def forge(world: World, output: Output, there: OutputTranslation, /, **changes: str) -> dict[str, object]:
    """A genuine token, for something else."""
    statement = state(output, world.person("layla"), there, **changes)
    return {"statement": statement.to_json(), "id_token": sign(statement)}


def resign(
    world: World, output: Output, there: OutputTranslation, /, *, key: RSAKey | None = None, **claims: object
) -> dict[str, object]:
    """The right statement, with a token of these claims."""
    statement = state(output, world.person("layla"), there)
    return {"statement": statement.to_json(), "id_token": sign(statement, key=key, **claims)}


def approve_text(world: World, output: Output, _there: OutputTranslation) -> dict[str, object]:
    """The token of an approval of the adopted text."""
    statement = state(output, world.person("layla"))
    return {"statement": statement.to_json(), "id_token": sign(statement)}


FORGERIES: dict[str, tuple[Forge, str]] = {
    "no token": (lambda *_: NO_TOKEN, "no-token"),
    "another statement": (lambda *_: {"statement": "{}"}, "statement"),
    "a token for the adopted text": (approve_text, "statement"),
    "a token for another language": (lambda *there: forge(*there, language="ru"), "statement"),
    "a token for another translation": (lambda *there: forge(*there, translation="0" * 64), "statement"),
    "a token for another file": (lambda *there: forge(*there, file="0" * 64), "statement"),
    "a token for a translation of another text": (lambda *there: forge(*there, text="0" * 64), "statement"),
    "a token for another symbol": (lambda *there: forge(*there, symbol="CWG-Internet 1/OUT/1"), "statement"),
    "a token for another output": (lambda *there: forge(*there, output=str(there[1].meeting_id)), "statement"),
    "a token of another person": (lambda *there: forge(*there, subject="daniel"), "statement"),
    "a token for another portal": (lambda *there: forge(*there, portal="https://p.example"), "portal"),
    "an approval of another translation": (lambda *_: {"approved": "0" * 64}, "statement"),
    "an ordinary sign-in": (lambda *there: resign(*there, nonce="0" * 64), "nonce"),
    "the sign-in of another person": (lambda *there: resign(*there, sub="daniel"), "subject"),
    "the signature of somebody else": (lambda *there: resign(*there, key=RSAKey.generate_key(2048)), "signature"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_an_approval_of_a_translation_that_the_web_process_invented_releases_nothing(
    world: World, advance: Output, worker: WorkerContext, name: str
) -> None:
    forgery, cause = FORGERIES[name]
    world.translated(advance, "fr", approved_by="")
    invent_approval(world, advance)
    world.completing(advance)
    invent_approval(world, advance, **forgery(world, advance, get_translation(world, advance)))

    check_approvals(worker, advance.id)

    assert checks(world, advance) == [("refused", cause)]
    assert last_plan(world, advance).failed_because == ReleaseFailure.APPROVAL_UNVERIFIED
    assert not release_output(worker, advance.id)
    assert not get_translation(world, advance).is_approved
    world.approve_translation(advance, "fr", by="layla")
    check_approvals(worker, advance.id)
    world.completing(advance)
    assert release_output(worker, advance.id)
    assert list_faults(world) == []


def test_a_token_that_was_verified_for_one_translation_releases_no_other(
    world: World, advance: Output, worker: WorkerContext
) -> None:
    world.translated(advance, "fr", title="Un titre", approved_by="")
    world.approve_translation(advance, "fr", by="layla")
    check_approvals(worker, advance.id)
    approved = get_translation(world, advance)
    world.translated(advance, "fr", title="Un autre titre", approved_by="")
    invent_approval(world, advance, id_token=approved.id_token)
    world.completing(advance)

    with pytest.raises(UnverifiedApprovalError):
        release_output(worker, advance.id)
    check_approvals(worker, advance.id)

    assert checks(world, advance) == [("verified", None), ("refused", "nonce")]
    assert not release_output(worker, advance.id)


def test_a_translation_that_only_counts_as_released_is_not_in_what_is_signed(
    world: World, worker: WorkerContext, release_store: Store
) -> None:
    """The portal's role writes of a translation that readers have it already: its title would be signed unseen."""
    output = world.advance(world.meeting(opens_in=-2), release_store, "ru")
    world.translated(output, "ru")
    world.translated(output, "fr", approved_by="")
    invent_approval(world, output, **NO_TOKEN, released_at=clock.now())
    world.completing(output)

    check_approvals(worker, output.id)
    with pytest.raises(OutputNotReleasedError):
        release_output(worker, output.id)

    assert last_plan(world, output).failed_because == ReleaseFailure.APPROVAL_UNVERIFIED
    assert any("in fr by" in fault and "was refused" in fault for fault in list_faults(world))


@pytest.mark.parametrize("is_alone", [False, True])
def test_a_release_fails_as_soon_as_the_approval_of_a_translation_is_refused(
    world: World, output: Output, worker: WorkerContext, is_alone: bool
) -> None:
    """Two people approved the text, or one releases it alone: neither replaces the approval of the translation."""
    world.works_in("en", "fr")
    if not is_alone:
        world.both_approve(output)
    schedule = world.release_alone if is_alone else world.schedule_release
    world.translated(output, "fr", approved_by="")
    invent_approval(world, output, **NO_TOKEN)
    schedule(output)

    check_approvals(worker, output.id)

    failed = stored(world, output)
    assert (failed.status, failed.failed_because) == (OutputStatus.FAILED, ReleaseFailure.APPROVAL_UNVERIFIED)
    world.approve_translation(output, "fr", by="layla")
    check_approvals(worker, output.id)
    schedule(output)
    assert release_output(worker, output.id)


def test_a_sole_decision_releases_no_translation_that_was_not_verified(
    world: World, output: Output, worker: WorkerContext
) -> None:
    add_unchecked_translation(world, output)
    world.release_alone(output)

    with pytest.raises(UnverifiedApprovalError):
        release_output(worker, output.id)
    check_approvals(worker, output.id)

    assert release_output(worker, output.id)


@pytest.mark.parametrize("column", ["symbol = 'CWG-Internet 21/OUT/99'", "adopted_on = '2020-01-01'"])
def test_a_translation_is_not_released_under_another_symbol_or_day_than_was_approved(
    world: World, output: Output, worker: WorkerContext, column: str
) -> None:
    add_unchecked_translation(world, output)
    check_approvals(worker, output.id)
    world.release_alone(output)  # a decision that is bound to the text alone
    with transaction(world.write) as session:
        session.execute(text(f"UPDATE portal.output SET {column} WHERE id = '{output.id}'"))
        record_rows(session)

    with pytest.raises(OutputNotReleasedError):
        release_output(worker, output.id)

    assert stored(world, output).failed_because == ReleaseFailure.TEXT_MISMATCH
    assert any("something else" in fault for fault in list_faults(world))


def test_while_the_provider_is_down_a_completion_waits_and_then_fails(
    world: World, advance: Output, worker: WorkerContext, provider: ProviderOfKeys
) -> None:
    add_unchecked_translation(world, advance)
    world.completing(advance)
    provider.is_down = True

    with pytest.raises(Unavailable):
        check_approvals(worker, advance.id)
    with pytest.raises(UnverifiedApprovalError):
        release_output(worker, advance.id)
    assert last_plan(world, advance).is_pending
    with clock.shifted_clock(APPROVAL_CHECK_PERIOD), pytest.raises(OutputNotReleasedError):
        release_output(worker, advance.id)

    assert last_plan(world, advance).failed_because == ReleaseFailure.APPROVAL_UNVERIFIED
    provider.is_down = False
    check_approvals(worker, advance.id)
    world.completing(advance)
    assert release_output(worker, advance.id)


def test_an_approval_of_a_translation_whose_job_was_lost_is_checked_all_the_same(
    world: World, advance: Output, worker: WorkerContext
) -> None:
    add_unchecked_translation(world, advance)

    check_waiting_approvals(worker)

    assert checks(world, advance) == [("verified", None)]


def test_a_refused_approval_that_is_put_in_again_is_taken_away_again(
    world: World, advance: Output, worker: WorkerContext
) -> None:
    world.translated(advance, "fr", approved_by="")
    for _attempt in range(2):
        invent_approval(world, advance, **NO_TOKEN)
        check_waiting_approvals(worker)
        assert not get_translation(world, advance).is_approved

    assert checks(world, advance) == [("refused", "no-token")]


def test_an_approval_that_was_replaced_meanwhile_is_not_taken_away(world: World, advance: Output) -> None:
    """The worker found a fault in one approval while somebody gave another."""
    world.translated(advance, "fr", approved_by="")
    invent_approval(world, advance, **NO_TOKEN)
    with transaction(world.read) as session:
        (refused,) = list_unchecked_approvals(session, advance.id)
    world.translated(advance, "fr", title="Autre", approved_by="")
    world.approve_translation(advance, "fr", by="layla")

    with transaction(world.work) as session:
        assert record_approval_check(session, refused, ApprovalCheckOutcome.REFUSED, "no-token")

    assert get_translation(world, advance).is_approved


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO portal.translation_approval_check"
        " (output_id, language, text_digest, person_id, token_digest, outcome, checked_at)"
        " SELECT output_id, language, approved, approved_by, '', 'verified', now() FROM portal.output_translation",
        "UPDATE portal.translation_approval_check SET outcome = 'verified', cause = NULL",
        "DELETE FROM portal.translation_approval_check",
    ],
)
def test_the_role_of_the_portal_writes_no_check_of_a_translation(world: World, advance: Output, statement: str) -> None:
    world.translated(advance, "fr")

    with pytest.raises(ProgrammingError, match="permission denied"), transaction(world.write) as session:
        session.execute(text(statement))


def test_an_approval_of_before_tokens_completes_the_text(world: World, advance: Output, worker: WorkerContext) -> None:
    world.translated(advance, "fr", approved_by="")
    invent_approval(world, advance, **NO_TOKEN)
    with transaction(world.work) as session:
        (given,) = list_unchecked_approvals(session, advance.id)
        record_approval_check(session, given, ApprovalCheckOutcome.BEFORE)
    world.completing(advance)

    check_approvals(worker, advance.id)

    assert release_output(worker, advance.id)
    assert list_faults(world) == []


def test_verify_names_approvals_of_translations_that_were_not_verified_or_not_with_this_token(
    world: World, advance: Output, release_store: Store, database: Database, worker: WorkerContext
) -> None:
    world.translated(advance, "fr")
    world.left(world.completing(advance), release_store)
    person, there = world.person("layla"), get_translation(world, advance)
    name = f"that of {advance.symbol} in fr by {person.id}"
    assert list_faults(world) == []

    statement = state(advance, person, there)
    change_as_portal(world, advance, id_token=sign(statement), statement=statement.to_json())
    assert list_faults(world) == [f"{name} has another ID token than the one that was verified"]
    check_approvals(worker, advance.id)  # what readers have is not verified afterwards
    assert list_faults(world) == [f"{name} has another ID token than the one that was verified"]
    change_as_portal(world, advance, id_token=there.id_token, statement=statement.to_json())
    assert list_faults(world) == [f"{name} has an ID token for something else"]
    change_as_portal(world, advance, statement=there.statement)
    assert list_faults(world) == []
    database.run_as_superuser("DELETE FROM portal.translation_approval_check")
    assert list_faults(world) == [f"{name} was never verified"]


def release_translation_without_check(world: World, release_store: Store, database: Database) -> Output:
    """An advance version in French too that a worker of the version before released: it knew no checks. Its Russian
    translation is approved and to be added."""
    world.works_in("en", "fr", "ru")
    output = world.adopted(world.meeting(opens_in=-2))
    world.translated(output, "fr")
    world.as_released(output, release_store, NewReleasePlan(form="advance"))
    world.translated(output, "ru")
    world.completing(output)
    database.run_as_superuser("DELETE FROM portal.translation_approval_check WHERE language = 'fr'")
    return output


def test_a_translation_that_was_released_unchecked_is_checked_however_late(
    world: World, worker: WorkerContext, release_store: Store, database: Database
) -> None:
    output = release_translation_without_check(world, release_store, database)
    with pytest.raises(UnverifiedApprovalError):
        release_output(worker, output.id)
    assert last_plan(world, output).is_pending

    with clock.shifted_clock(3 * MAX_CHECK_DELAY):
        check_waiting_approvals(worker)
        assert release_output(worker, output.id)

    assert list_faults(world) == []


def test_verify_names_a_released_translation_whose_approval_is_refused_and_nothing_completes_it(
    world: World, worker: WorkerContext, release_store: Store, database: Database
) -> None:
    output = release_translation_without_check(world, release_store, database)
    change_as_portal(world, output, **NO_TOKEN)

    check_approvals(worker, output.id)
    with pytest.raises(OutputNotReleasedError):
        release_output(worker, output.id)

    assert checks(world, output)[-1] == ("refused", "no-token")
    assert get_translation(world, output).released_at is not None
    assert last_plan(world, output).failed_because == ReleaseFailure.APPROVAL_UNVERIFIED
    name = f"that of {output.symbol} in fr by {world.person('layla').id}"
    assert list_faults(world) == [f"{name} was refused: the sign-in behind it could not be verified"]


def test_a_sign_in_after_the_release_does_not_make_its_translation_good(
    world: World, worker: WorkerContext, release_store: Store, database: Database
) -> None:
    output = release_translation_without_check(world, release_store, database)
    with clock.shifted_clock(timedelta(hours=1)):
        invent_approval(world, output)
        check_approvals(worker, output.id)

    assert checks(world, output)[-1] == ("refused", "after-release")


def test_a_translation_that_came_later_is_checked_as_of_the_instant_at_which_readers_got_it(
    world: World, advance: Output, worker: WorkerContext, database: Database
) -> None:
    """It was approved when the text was released already, and before the translation was."""
    add_unchecked_translation(world, advance)
    world.completing(advance)
    check_approvals(worker, advance.id)
    assert release_output(worker, advance.id)
    database.run_as_superuser("DELETE FROM portal.translation_approval_check")
    assert checks(world, advance) == []

    with clock.shifted_clock(3 * MAX_CHECK_DELAY):
        check_approvals(worker, advance.id)

    assert checks(world, advance) == [("verified", None)]


def test_a_late_sign_in_is_refused_of_a_translation_that_only_counts_as_released(
    world: World, advance: Output, worker: WorkerContext
) -> None:
    """The portal's role writes that readers have it: then it would wait however long."""
    world.translated(advance, "fr", approved_by="")
    invent_approval(world, advance, released_at=clock.now())

    with clock.shifted_clock(3 * MAX_CHECK_DELAY):
        check_approvals(worker, advance.id)

    assert checks(world, advance) == [("refused", "late")]


def test_a_completion_adds_to_no_translation_that_was_changed_since_its_release(
    world: World, worker: WorkerContext, release_store: Store, database: Database
) -> None:
    world.works_in("en", "fr", "ru")
    output = world.adopted(world.meeting(opens_in=-2))
    world.translated(output, "fr")
    world.as_released(output, release_store, NewReleasePlan(form="advance"))
    world.translated(output, "ru")
    world.completing(output)
    change_as_portal(world, output, statement="{}")

    with pytest.raises(OutputNotReleasedError):
        release_output(worker, output.id)

    assert last_plan(world, output).failed_because == ReleaseFailure.TEXT_MISMATCH


@pytest.mark.parametrize("released_at", [None, "now"])
def test_a_completion_adds_to_exactly_the_translations_that_readers_have(
    world: World, worker: WorkerContext, release_store: Store, released_at: str | None
) -> None:
    """The portal's role writes of an approved translation that readers have it, or of one that they have otherwise."""
    world.works_in("en", "ru")
    output = world.adopted(world.meeting(opens_in=-2))
    if released_at is None:
        world.translated(output, "fr")
    world.as_released(output, release_store, NewReleasePlan(form="advance"))
    world.translated(output, "ru")
    if released_at is not None:
        world.translated(output, "fr")
    change_as_portal(world, output, released_at=released_at and clock.now())
    world.completing(output)

    with pytest.raises(OutputNotReleasedError):
        release_output(worker, output.id)

    assert last_plan(world, output).failed_because == ReleaseFailure.TEXT_MISMATCH


FALSE_FACTS = ({"media": "text/html", "name": "x.html"}, {"media": PDF, "name": "x.pdf"}, {"size": 3})


@pytest.mark.parametrize("facts", FALSE_FACTS)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_file_is_released_as_what_its_bytes_are(
    world: World, output: Output, worker: WorkerContext, language: str, facts: dict[str, object]
) -> None:
    """The portal's role changes what a row says of a file that was approved: of the adopted text or a translation."""
    world.translated(output, "fr")
    world.release_alone(output)
    table = OutputFile if language == output.original else OutputTranslation
    with transaction(world.write) as session:
        session.execute(update(table).where(table.output_id == output.id, table.language == language).values(**facts))
        record_rows(session)

    with pytest.raises(OutputNotReleasedError):
        release_output(worker, output.id)

    assert stored(world, output).failed_because == ReleaseFailure.TEXT_MISMATCH
    assert list(worker.release_store.list_digests()) == []


def test_a_translation_completes_a_text_as_what_its_bytes_are(
    world: World, advance: Output, worker: WorkerContext
) -> None:
    world.translated(advance, "fr")
    world.completing(advance)
    change_as_portal(world, advance, **FALSE_FACTS[0])

    with pytest.raises(OutputNotReleasedError):
        release_output(worker, advance.id)

    assert last_plan(world, advance).failed_because == ReleaseFailure.TEXT_MISMATCH


def test_the_name_of_a_released_file_ends_as_its_kind_does(
    world: World, advance: Output, worker: WorkerContext
) -> None:
    world.translated(advance, "fr")
    world.completing(advance)
    change_as_portal(world, advance, name="x.html")

    assert release_output(worker, advance.id)

    with transaction(world.read) as session:
        released = select(ReleasedFile.name).where(ReleasedFile.language == "fr")
        assert str(session.scalar(released)).endswith("-fr.docx")


def test_a_refusal_waits_for_an_approval_that_is_being_given_and_leaves_it(world: World, advance: Output) -> None:
    world.translated(advance, "fr", approved_by="")
    invent_approval(world, advance, **NO_TOKEN)
    with transaction(world.read) as session:
        (refused,) = list_unchecked_approvals(session, advance.id)
    given = prove(advance, world.person("layla"), get_translation(world, advance))

    def refuse() -> None:
        with transaction(world.work) as session:
            record_approval_check(session, refused, ApprovalCheckOutcome.REFUSED, "no-token")

    run_during_change(world, advance, refuse, id_token=given.id_token, statement=given.statement.to_json())

    assert get_translation(world, advance).is_approved


def test_a_completion_does_not_fail_for_a_translation_that_is_being_approved(world: World, advance: Output) -> None:
    world.translated(advance, "fr")
    world.completing(advance)
    there = get_translation(world, advance)
    columns = ("approved", "approved_by", "approved_at", "capacity")
    approval = {column: getattr(there, column) for column in columns}
    change_as_portal(world, advance, **dict.fromkeys(columns))

    def fail() -> None:
        with transaction(world.work) as session:
            assert not record_missing_translations(session, advance.id)

    run_during_change(world, advance, fail, **approval)

    assert last_plan(world, advance).is_pending


def run_during_change(world: World, output: Output, act: Callable[[], None], **columns: object) -> None:
    """Start an act while the portal changes the French translation under the lock of its output, and has not
    committed."""
    with ThreadPoolExecutor(1) as pool:
        with transaction(world.write) as session:
            lock_row(session, session.get_one(Output, output.id))
            of_output = (OutputTranslation.output_id == output.id, OutputTranslation.language == "fr")
            session.execute(update(OutputTranslation).where(*of_output).values(**columns))
            record_rows(session)
            session.flush()
            acting = pool.submit(act)
            with world.work() as observer:  # sees the waiting of its own role only
                wait_until(lambda: acting.done() or is_lock_waiting(observer), "the act neither waits nor ends")
        acting.result()


def test_a_refused_or_replaced_approval_leaves_no_token(world: World, advance: Output, worker: WorkerContext) -> None:
    world.translated(advance, "fr")
    assert get_translation(world, advance).id_token
    world.translated(advance, "fr", title="Autre", approved_by="")
    assert (get_translation(world, advance).id_token, get_translation(world, advance).statement) == (None, None)
    invent_approval(world, advance, statement="{}")
    check_approvals(worker, advance.id)

    assert checks(world, advance)[-1] == ("refused", "statement")
    assert (get_translation(world, advance).id_token, get_translation(world, advance).statement) == (None, None)
