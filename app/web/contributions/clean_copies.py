"""Routes of clean copies: what one leaves out, saving it in the place of a file, and using the original again."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.cleaning.clean_copy import CANNOT_BE_CLEANED, CleaningReport, open_clean_copy
from app.core.db import release_connection
from app.core.errors import BadRequest, Conflict, DomainError, PayloadTooLarge, Unavailable, require_version
from app.core.files.ingest import IngestedFile, ingest_file
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection import Finding
from app.core.inspection.sandbox import inspect_in_sandbox
from app.core.storage.base import get_path_of_open_file
from app.domain.contributions.actions import clean_copies
from app.domain.contributions.inputs import CleanCopyInput
from app.domain.contributions.models import Contribution, ContributionFile, OriginalFile
from app.domain.contributions.queries import contributions, originals
from app.domain.contributions.rules import permissions as rules
from app.domain.contributions.rules.submissions import FILE_NOT_INSPECTED
from app.domain.documents.models import EditionStep
from app.domain.files import actions as file_actions
from app.domain.files import queries as file_queries
from app.domain.identity.models.tables import Person
from app.domain.meetings.rules import has_deadline_passed
from app.http.authentication import SignedInGuard
from app.http.downloads import UNPUBLISHED_CACHE, download_response
from app.http.page_context import COSTLY_TURN, ReadContext, WriteContext
from app.web.contributions.drafts import convert_to_contribution_file
from app.web.forms.actions import try_action
from app.web.forms.file_fields import get_max_file_size
from app.web.forms.findings import FindingLine
from app.web.forms.parsing import RejectRepeatedFields, VersionField
from app.web.views.contributions.clean_copies import OBSTACLE_LABELS, describe_remaining, describe_removals
from app.web.views.contributions.contribution_page import build_contribution_view

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

CLEAN_PAGE = "/contributions/{contribution}/files/{language}/clean"
NOTHING_TO_TAKE_OUT = _("This file contains nothing that a clean copy would remove.")
SHOWN_REFUSALS = (Conflict, BadRequest, PayloadTooLarge, Unavailable)
"""What is said on the page; the file stays as it was."""


@dataclass(frozen=True, slots=True)
class CleanCopyPreview:
    """What a clean copy would leave out, and what would still be found in it."""

    report: CleaningReport
    findings: Sequence[Finding]


@router.get(CLEAN_PAGE, dependencies=[Depends(SignedInGuard(rules.EDIT)), COSTLY_TURN])
def show_clean_copy_page(context: ReadContext, contribution: UUID, language: str) -> Response:
    """Show what a clean copy of a file leaves out; of one that is saved, what was left out."""
    contribution_row, file = _load_file(context, contribution, language)
    if original := originals.find_kept_originals(context.session, context.actor, contribution_row).get(language):
        return _render_saved_copy(context, contribution_row, file, original)
    try:
        preview = _preview_copy(context, file)
    except SHOWN_REFUSALS as refusal:
        return _render_refusal(context, contribution, language, refusal)
    return _render_preview(context, contribution, language, preview)


@router.post(CLEAN_PAGE, dependencies=[Depends(SignedInGuard(rules.EDIT)), COSTLY_TURN])
def save_clean_copy(context: WriteContext, contribution: UUID, language: str, version: VersionField) -> Response:
    """Save a clean copy in the place of a file; a refusal is shown on the page again, and the file stays as it was."""
    contribution_row, file = _load_file(context, contribution, language)
    original, began_at = file.sha256, context.request.state.began_at
    try:
        require_version(contribution_row.version, version)
        _require_cleanable(context, file)
        report, ingested = _make_and_store(context, contribution_row, file)
    except SHOWN_REFUSALS as refusal:
        return _render_refusal(context, contribution, language, refusal)
    # Somebody may have changed it while the copy was made: load it again, and lock it.
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True)
    copy = CleanCopyInput(convert_to_contribution_file(contribution_row, language, ingested), original, report.counts)
    save = partial(
        clean_copies.save_clean_copy,
        context.session,
        context.actor,
        contribution_row,
        copy,
        version=version,
        began_at=began_at,
    )
    if refused := try_action(context, save):
        return _render_refusal(context, contribution, language, refused)
    if ingested.scan_verdict:
        file_actions.save_scan_verdict(
            context.session, ingested.sha256, ingested.scan_verdict, contribution=contribution
        )
    return context.redirect(f"/contributions/{contribution}/files/{language}/clean?done=cleaned")


@router.post(
    "/contributions/{contribution}/files/{language}/original", dependencies=[Depends(SignedInGuard(rules.EDIT))]
)
def use_original_again(context: WriteContext, contribution: UUID, language: str, version: VersionField) -> Response:
    """Put the original in the place of its clean copy again."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True)
    clean_copies.use_original_again(context.session, context.actor, contribution_row, language, version=version)
    return context.redirect(f"/contributions/{contribution}/edit?done=original-again")


@router.get(
    "/contributions/{contribution}/files/{language}/original", dependencies=[Depends(SignedInGuard(rules.EDIT))]
)
def download_original(context: ReadContext, contribution: UUID, language: str) -> Response:
    """Send the original of a clean copy."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    rules.EDIT.require(context.actor, contribution_row)
    original = originals.get_downloadable_original(context.session, context.actor, contribution_row, language)
    return download_response(
        context.request,
        context.portal.store,
        sha256=original.sha256,
        media_type=original.media,
        name=original.name,
        cache_control=UNPUBLISHED_CACHE,
    )


def _load_file(context: ReadContext, contribution: UUID, language: str) -> tuple[Contribution, ContributionFile]:
    """Load a draft that the actor may change, and its file in that language. Raises NotFound, Forbidden, Conflict."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    rules.EDIT.require(context.actor, contribution_row)
    return contribution_row, contributions.get_contribution_file(context.session, contribution_row, language)


def _require_cleanable(context: ReadContext, file: ContributionFile) -> None:
    """Raise Conflict for a file that is not inspected or not checked for viruses yet, or was refused by either."""
    if not file.is_accepted:
        raise Conflict(FILE_NOT_INSPECTED)
    file_queries.require_clean_scans(context.session, [file.sha256], contribution=file.contribution_id)


def _require_removals(report: CleaningReport) -> None:
    """Raise Conflict if there is no copy, or if it would leave out nothing."""
    if report.obstacle:
        raise Conflict(OBSTACLE_LABELS[report.obstacle])
    if not report.removed:
        raise Conflict(NOTHING_TO_TAKE_OUT)


def _make_and_store(
    context: WriteContext, contribution: Contribution, file: ContributionFile
) -> tuple[CleaningReport, IngestedFile]:
    """Make a clean copy, inspect it as every file, and store it. No database connection is held meanwhile.

    Raises Conflict, BadRequest, PayloadTooLarge, Unavailable.
    """
    sha256, name, party = file.sha256, file.name, context.actor.entity
    max_size = get_max_file_size(context, contribution.body_id)
    release_connection(context.session)
    with context.portal.store.open(sha256) as source, open_clean_copy(source, party=party) as copy:
        _require_removals(copy.report)
        ingested = ingest_file(
            context.portal.store, copy.file, name, max_size, scanner=context.portal.scanner, party=party
        )
    return copy.report, ingested


def _preview_copy(context: ReadContext, file: ContributionFile) -> CleanCopyPreview:
    """Make a clean copy and inspect it, and keep nothing of it. Raises Conflict, Unavailable."""
    _require_cleanable(context, file)
    sha256, name, party = file.sha256, file.name, context.actor.entity
    release_connection(context.session)
    with context.portal.store.open(sha256) as source, open_clean_copy(source, party=party) as copy:
        _require_removals(copy.report)
        found = inspect_in_sandbox(get_path_of_open_file(copy.file), name, party=party)
    if found.is_refused:
        raise Conflict(CANNOT_BE_CLEANED)
    return CleanCopyPreview(copy.report, found.findings)


def _render_preview(context: ReadContext, contribution: UUID, language: str, preview: CleanCopyPreview) -> Response:
    """Render what a clean copy of a file leaves out and what stays."""
    contribution_row, file = _load_file(context, contribution, language)  # the transaction before has ended
    return _render_page(
        context,
        contribution_row,
        file,
        removed=describe_removals(preview.report.counts),
        remaining=describe_remaining(preview.findings),
    )


def _render_refusal(context: ReadContext, contribution: UUID, language: str, refusal: DomainError) -> Response:
    """Render why a file has no clean copy. Raises NotFound, Forbidden, Conflict if the draft is none any more."""
    contribution_row, file = _load_file(context, contribution, language)
    status = refusal.status if context.request.method == "POST" else 200
    return _render_page(context, contribution_row, file, status=status, refused=refusal.reason)


def _render_saved_copy(
    context: ReadContext, contribution: Contribution, file: ContributionFile, original: OriginalFile
) -> Response:
    """Render what was left out of a clean copy that is saved."""
    return _render_page(
        context,
        contribution,
        file,
        removed=describe_removals(original.removed),
        original=original,
    )


def _render_page(
    context: ReadContext,
    contribution: Contribution,
    file: ContributionFile,
    *,
    status: int = 200,
    removed: Sequence[FindingLine] = (),
    remaining: Sequence[FindingLine] = (),
    refused: LazyText | None = None,
    original: OriginalFile | None = None,
) -> Response:
    """Render the page of a clean copy."""
    view = build_contribution_view(context, contribution)
    has_deadline = contribution.step != EditionStep.CORRIGENDUM
    return context.render(
        "web/contributions/clean.html",
        status=status,
        about=view,
        file=file,
        removed=removed,
        remaining=remaining,
        is_late=has_deadline and has_deadline_passed(view.meeting.contributions_due_at),
        refused=refused,
        original=original,
        cleaned_by=context.session.get_one(Person, original.cleaned_by).name if original else None,
    )
