"""Actions on a registered document: translate, relate, open, correct, withdraw, declare void.

Each has a page that says what will happen and asks for what is needed, and a form that does it.
"""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, DomainError, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.journal import savepoint
from app.core.validation import ReasonInput
from app.domain.bodies.models import StateAct
from app.domain.documents import rules
from app.domain.documents.actions import changes, endings, registration, relations
from app.domain.documents.inputs import AccessChangeInput, RegisterCorrectionInput, RelationInput, TranslationInput
from app.domain.documents.models import ActingSide, Document
from app.domain.documents.queries import documents
from app.domain.documents.queries.relations import get_outgoing_relation
from app.domain.files import queries as file_queries
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.file_fields import OfferedFile, mark_accepted_upload_as_used, require_and_store_file
from app.web.forms.parsing import (
    ParsedForm,
    RejectRepeatedFields,
    SentFieldNames,
    TextField,
    TypedForm,
    VersionField,
    convert_to_language_file,
    parse_form,
)
from app.web.views.documents.actions import (
    format_action_done_address,
    render_action_page,
    render_revoke_relation_page,
    submit_action,
)
from app.web.views.documents.editions import parse_edition_slug
from app.web.views.mandates.citing import SEARCH_FIELD, resolve_typed_mandates
from app.web.views.people.ask_head import render_page_to_ask_head

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("topics", "mandates", "action_lines"))])

NO_SUCH_SYMBOL = _("There is no document with this symbol, or you do not have access to it.")


def register_action_page_route(action_name: str) -> None:
    """Add the page of one action of `rules.MOVES`."""
    permission = rules.MOVES[action_name].permission

    @router.get(
        f"/documents/{{document}}/{action_name}",
        dependencies=[Depends(SignedInGuard(permission))],
    )
    def show_page(context: ReadContext, document: UUID, language: str = "") -> Response:
        """Show the page of the action. `language` is that of the title to correct, if not the reader's."""
        document_row = documents.get_visible_document(context.session, context.actor, document)
        permission.require(context.actor, document_row)
        if action_name == "withdraw" and rules.get_acting_side(context.actor, document_row) == ActingSide.SUBMITTER:
            crumbs = [("/documents", _("Documents")), (f"/documents/{document_row.id}", document_row.symbol)]
            act, heading = StateAct.WITHDRAWAL, permission.label
            if page := render_page_to_ask_head(context, document_row.body_id, act, heading, crumbs):
                return page
        return render_action_page(context, document_row, action_name, language=language)


def register_ending_action_route(action_name: str, action: Callable[..., None]) -> None:
    """Add the form of an action that ends a document, with a reason."""
    permission = rules.MOVES[action_name].permission

    @router.post(f"/documents/{{document}}/{action_name}", dependencies=[Depends(SignedInGuard(permission))])
    def end_document(
        context: WriteContext, document: UUID, version: VersionField = 0, reason: TextField = ""
    ) -> Response:
        """Withdraw the document or declare it void."""
        document_row = documents.get_visible_document(context.session, context.actor, document)
        permission.require(context.actor, document_row)
        return submit_action(
            context,
            document_row,
            action_name,
            ReasonInput,
            {"reason": reason},
            action=lambda because: action(context.session, context.actor, document_row, because, version=version),
        )


for _act in ("relate", "open", "correct", "withdraw", "void"):
    register_action_page_route(_act)
register_ending_action_route("withdraw", endings.withdraw_document)
register_ending_action_route("void", endings.void_document_number)


@router.get(
    "/documents/{document}/{edition:edition}/translate",
    dependencies=[Depends(SignedInGuard(rules.TRANSLATE))],
)
def show_translation_form(context: ReadContext, document: UUID, edition: str, language: str = "") -> Response:
    """Show the form that adds a translation of an edition.

    `language` is preselected; the list of due translations links here with it.
    """
    document_row = documents.get_visible_document(context.session, context.actor, document)
    rules.TRANSLATE.require(context.actor, document_row)
    edition_row = documents.get_edition(context.session, document_row, *parse_edition_slug(edition))
    return render_action_page(context, document_row, "translate", edition=edition_row, language=language)


@router.post(
    "/documents/{document}/{edition:edition}/translate",
    dependencies=[Depends(SignedInGuard(rules.TRANSLATE))],
)
def add_translation(
    context: WriteContext,
    document: UUID,
    edition: str,
    offered_file: OfferedFile,
    language: TextField = "",
    title: TextField = "",
) -> Response:
    """Add a translation of an edition; on a refusal show the form again.

    Raises Conflict if the file waits for the virus scanner or is infected, which rolls everything back.
    """
    document_row = documents.get_visible_document(context.session, context.actor, document)
    rules.TRANSLATE.require(context.actor, document_row)
    edition_row = documents.get_edition(context.session, document_row, *parse_edition_slug(edition))
    entry = parse_form(TranslationInput, {"language": language, "title": title})
    if entry.value is None:
        return render_action_page(context, document_row, "translate", entry, edition=edition_row)
    try:
        accepted_file = require_and_store_file(context, document_row.body_id, offered_file)
        text = convert_to_language_file(entry.value.language, accepted_file.file)
        with savepoint(context.session):
            registration.add_translation(
                context.session, context.actor, document_row, edition_row, text, title=entry.value.title
            )
    except DomainError as refusal:
        return render_action_page(context, document_row, "translate", entry, edition=edition_row, refusal=refusal)
    mark_accepted_upload_as_used(context.session, context.actor, accepted_file)
    file_queries.require_clean_scans(context.session, [text.sha256])  # everybody is about to see the file
    return context.redirect(format_action_done_address(document_row, edition_row))


@router.post("/documents/{document}/relate", dependencies=[Depends(SignedInGuard(rules.RELATE))])
def relate_document(context: WriteContext, document: UUID, kind: TextField = "", symbol: TextField = "") -> Response:
    """Record a relation to the document with that symbol."""
    document_row = documents.get_visible_document(context.session, context.actor, document)
    rules.RELATE.require(context.actor, document_row)
    return submit_action(
        context,
        document_row,
        "relate",
        RelationInput,
        {"kind": kind, "symbol": symbol},
        action=lambda relation: relations.add_relation(
            context.session,
            context.actor,
            document_row,
            relation.kind,
            _get_related_document(context, relation.symbol),
        ),
        refusal_at="symbol",
    )


def _get_related_document(context: ReadContext, symbol: str) -> Document:
    """Load the document with a symbol. Raises BadRequest if there is none that the actor may see."""
    try:
        edition = documents.get_edition_by_symbol(context.session, context.actor, symbol)
    except NotFound:
        raise BadRequest(NO_SUCH_SYMBOL) from None
    return context.session.get_one(Document, edition.document_id)


@router.get(
    "/documents/{document}/relations/{relation}/take-back",
    dependencies=[Depends(SignedInGuard(rules.RELATE))],
)
def show_revoke_relation_form(context: ReadContext, document: UUID, relation: UUID) -> Response:
    """Show the page that asks why a relation is revoked."""
    document_row = documents.get_visible_document(context.session, context.actor, document)
    rules.RELATE.require(context.actor, document_row)
    relation_row, other = get_outgoing_relation(context.session, context.actor, document_row, relation)
    return render_revoke_relation_page(context, document_row, relation_row, other)


@router.post(
    "/documents/{document}/relations/{relation}/take-back",
    dependencies=[Depends(SignedInGuard(rules.RELATE))],
)
def revoke_relation(context: WriteContext, document: UUID, relation: UUID, reason: TextField = "") -> Response:
    """Revoke a relation with a reason."""
    document_row = documents.get_visible_document(context.session, context.actor, document)
    rules.RELATE.require(context.actor, document_row)
    relation_row, other = get_outgoing_relation(context.session, context.actor, document_row, relation)
    entry = parse_form(ReasonInput, {"reason": reason})
    if entry.value is None:
        return render_revoke_relation_page(context, document_row, relation_row, other, entry)
    relations.revoke_relation(context.session, context.actor, document_row, relation_row, entry.value)
    return context.redirect(format_action_done_address(document_row))


@router.post("/documents/{document}/open", dependencies=[Depends(SignedInGuard(rules.CHANGE_ACCESS))])
def change_document_access(
    context: WriteContext, document: UUID, version: VersionField = 0, access: TextField = "", reason: TextField = ""
) -> Response:
    """Change the access of a document."""
    document_row = documents.get_visible_document(context.session, context.actor, document)
    rules.CHANGE_ACCESS.require(context.actor, document_row)
    return submit_action(
        context,
        document_row,
        "open",
        AccessChangeInput,
        {"access": access, "reason": reason},
        action=lambda change: changes.change_document_access(
            context.session, context.actor, document_row, change, version=version
        ),
        refusal_at="access",
    )


class RegisterCorrectionForm(TypedForm):
    """The fields of the form that corrects a register entry."""

    language: str = ""
    title: str = ""
    abstract: str = ""
    topics: tuple[str, ...] = ()
    mandates: tuple[str, ...] = ()
    action_lines: tuple[str, ...] = ()
    mandate_words: str = ""
    reason: str = ""


@router.post("/documents/{document}/correct", dependencies=[Depends(SignedInGuard(rules.CORRECT))])
def correct_register_entry(
    context: WriteContext,
    document: UUID,
    form: Annotated[RegisterCorrectionForm, Form()],
    sent_fields: SentFieldNames,
    version: VersionField = 0,
) -> Response:
    """Correct title, abstract, topics or citations. An abstract that was sent empty is removed."""
    document_row = documents.get_visible_document(context.session, context.actor, document)
    rules.CORRECT.require(context.actor, document_row)
    removed = {"abstract": ""} if form.abstract == "" and "abstract" in sent_fields else {}
    fields, not_found = resolve_typed_mandates(context.session, form.typed)
    if not_found:
        entry = ParsedForm[RegisterCorrectionInput](form.typed, None, {SEARCH_FIELD: not_found})
        return render_action_page(context, document_row, "correct", entry)
    return submit_action(
        context,
        document_row,
        "correct",
        RegisterCorrectionInput,
        fields,
        action=lambda correction: changes.correct_register_entry(
            context.session, context.actor, document_row, correction.model_copy(update=removed), version=version
        ),
        refusal_at="title",
    )
