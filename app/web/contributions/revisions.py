"""Follow-ups of a registered document: its State revises, adds to or corrects it; other States support it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Response

from app.core.db import ReadSession
from app.core.errors import DomainError, NotFound, Stale
from app.core.i18n import LANGUAGES, NATIVE_NAMES
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain import member_states
from app.domain.contributions.actions import drafting
from app.domain.contributions.inputs import ContributionCover, CorrigendumLanguage, FollowUpTarget, RetainedChoices
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import registered_contributions
from app.domain.contributions.queries.submissions import list_signers_in_force
from app.domain.documents import rules
from app.domain.documents.actions import relations
from app.domain.documents.models import Document, EditionStep
from app.domain.documents.queries import documents
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import SignedInGuard
from app.http.labels import EDITION_KIND_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.contributions.cover_fields import REPEATED_COVER_FIELDS, CoverFields, parse_cover_form
from app.web.forms.actions import get_form_http_status, submit_parsed_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, parse_form
from app.web.forms.proposal_fields import format_proposals_for_form
from app.web.views.contributions.drafts import build_cover_form_context
from app.web.views.contributions.status import find_deadline_change
from app.web.views.documents.titles import localize_title

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("cosponsors", *REPEATED_COVER_FIELDS))])

FOLLOW_UP_GUARD = [Depends(SignedInGuard(rules.FOLLOW))]
FOLLOW_UP_STEPS = (EditionStep.REVISION, EditionStep.ADDENDUM, EditionStep.CORRIGENDUM)
NOTE_REQUIRED = _("Enter one sentence on what is new in this document.")


@router.get("/documents/{document}/follow/{step}", dependencies=FOLLOW_UP_GUARD)
def show_new_edition_form(context: ReadContext, document: UUID, step: str) -> Response:
    """Show the form for a revision, an addendum or a corrigendum."""
    document_row = documents.get_visible_document(context.session, context.actor, document)
    rules.FOLLOW.require(context.actor, document_row)
    follow_up_step = _parse_step(step)
    cover = registered_contributions.build_follow_up_cover(context.session, context.actor, document_row)
    proposals = (
        format_proposals_for_form(documents.list_proposal_rows_in_force(document_row))
        if follow_up_step is EditionStep.REVISION
        else []
    )
    signers = sorted(list_signers_in_force(context.session, document_row))
    typed = cover | {"note": "", "only_language": "", "proposals": proposals, "cosponsors": signers}
    return _render_form(context, document_row, follow_up_step, uuid4(), ParsedForm(typed, None, {}))


@router.post("/documents/{document}/follow/{step}", dependencies=FOLLOW_UP_GUARD)
def create_new_edition_draft(
    context: WriteContext,
    document: UUID,
    step: str,
    key: Annotated[UUID, Form()],
    typed: CoverFields,
    cosponsors: Annotated[tuple[str, ...], Form()] = (),
    only_language: TextField = "",
) -> Response:
    """Create the draft of a revision, an addendum or a corrigendum.

    `cosponsors` are those co-sponsors of the document that are invited to co-sponsor it too.
    """
    document_row = documents.get_visible_document(context.session, context.actor, document)
    rules.FOLLOW.require(context.actor, document_row)
    meeting = _get_meeting(context.session, context.actor, document_row)
    follow_up_step = _parse_step(step)
    entry = _parse_follow_up(context, document_row, meeting, typed, only_language, cosponsors)
    without = list_signers_in_force(context.session, document_row).difference(cosponsors)

    def create(cover: ContributionCover) -> Contribution:
        language = only_language or None if follow_up_step is EditionStep.CORRIGENDUM else None
        target = FollowUpTarget(document_row, follow_up_step, language, without)
        return drafting.create_draft_contribution(
            context.session, context.actor, meeting, cover, key=key, entity=document_row.entity, following=target
        )

    return submit_parsed_form(
        context,
        entry,
        action=create,
        render=partial(_render_form, context, document_row, follow_up_step, key),
        done=lambda contribution: f"/contributions/{contribution.id}/edit?done=saved",
        refusals=(Stale,),
    )


def _parse_follow_up(
    context: ReadContext,
    document: Document,
    meeting: Meeting,
    typed: Mapping[str, object],
    only_language: str,
    cosponsors: Sequence[str],
) -> ParsedForm[ContributionCover]:
    """Parse cover and language of a follow-up, which must say in a note what is new in it."""
    cover = parse_cover_form(context.session, meeting, typed, RetainedChoices.of(document))
    language = parse_form(CorrigendumLanguage, {"only_language": only_language})
    errors = {**cover.errors, **language.errors}
    if not str(typed.get("note", "")).strip():
        errors["note"] = NOTE_REQUIRED
    shown_again = {**typed, "only_language": only_language, "cosponsors": cosponsors}
    return ParsedForm(shown_again, None if errors else cover.value, errors)


@router.post("/documents/{document}/support", dependencies=[Depends(SignedInGuard(rules.SUPPORT))])
def support_document(context: WriteContext, document: UUID) -> Response:
    """Record that the actor's State supports the document."""
    document_row = documents.get_visible_document(context.session, context.actor, document)
    relations.support_document(context.session, context.actor, document_row)
    return context.redirect(f"/documents/{document_row.id}?done=supported")


def _get_meeting(session: ReadSession, actor: Actor, document: Document) -> Meeting:
    """Return the meeting of the document, which a follow-up belongs to as well. Raises NotFound."""
    meeting = meetings.find_meeting_of_document(session, actor, document)
    if meeting is None:
        raise NotFound()
    return meeting


def _parse_step(step: str) -> EditionStep:
    """Parse the step in the path. Raises NotFound."""
    if step not in FOLLOW_UP_STEPS:
        raise NotFound()
    return EditionStep(step)


def _list_signer_choices(context: ReadContext, document: Document) -> list[tuple[str, str]]:
    """List the co-sponsors of the document in the order of their names, as choices of the form."""
    codes, language = list_signers_in_force(context.session, document), context.language
    return [
        (code, member_states.get_state_name(code, language)) for code in member_states.order_by_name(codes, language)
    ]


def _render_form(
    context: ReadContext,
    document: Document,
    step: EditionStep,
    key: UUID,
    entry: ParsedForm[Any],
    refusal: DomainError | None = None,
) -> Response:
    """Render the form of a follow-up with what was typed and what is wrong with it.

    After a refusal it has a new key: another draft was created with the old one.
    """
    formats = context.localizer
    meeting = _get_meeting(context.session, context.actor, document)
    title, lang = localize_title(document.titles, formats.language, document.original)
    return context.render(
        "web/contributions/follow.html",
        status=get_form_http_status(entry, refusal),
        document=document,
        document_title=(title, lang),
        step=step,
        step_words=EDITION_KIND_LABELS[step],
        refused=refusal.reason if refusal else None,
        key=uuid4() if refusal else key,
        moved=None if step is EditionStep.CORRIGENDUM else find_deadline_change(context.session, meeting),
        signers=_list_signer_choices(context, document) if step is not EditionStep.CORRIGENDUM else [],
        one_language=[(code, NATIVE_NAMES[code], code) for code in LANGUAGES],
        **build_cover_form_context(context, meeting, entry, step, context.actor.entity, RetainedChoices.of(document)),
    )
