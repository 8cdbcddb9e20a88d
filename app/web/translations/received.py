"""Translations that were received: the page that says what goes where, and the form that adds them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Response, UploadFile

from app.core.errors import BadRequest, DomainError
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.validation import FALLBACK_MESSAGE
from app.domain.bodies.models import Office
from app.domain.translations.actions import receiving
from app.domain.translations.inputs import ReceivedTitle, TranslationKey
from app.domain.translations.models import ReceivedTranslation
from app.domain.translations.queries import received
from app.domain.translations.rules import permissions as rules
from app.domain.uploads.actions import consume_upload, discard_upload
from app.domain.uploads.models import Upload
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import try_action
from app.web.forms.checked_acts import CHECKED_ACTS
from app.web.forms.file_fields import (
    FILE_REQUIRED,
    AcceptedFile,
    FileOrUploadField,
    get_max_file_size,
    mark_accepted_upload_as_used,
    require_and_store_file,
)
from app.web.forms.parsing import RejectRepeatedFields, convert_to_language_file, parse_form
from app.web.translations.access import require_secretary
from app.web.translations.incoming import MAX_FILES, RefusedTranslation, receive_files
from app.web.views.translations.received import build_received_lines

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("files", "to"))])

HERE = "/translations/received"
FILES_FIELD, CHOICE_FIELD = "files", "to"
RECEIVE_GUARD = [Depends(SignedInGuard(rules.RECEIVE))]
TWICE = _("Two files are meant for the same translation. Choose one of them.")
NOTHING_CHOSEN = _("Choose for at least one file where it goes.")


@dataclass(frozen=True, slots=True)
class Addition:
    """What goes to one translation: the upload of its file, that of its XLIFF, or both."""

    key: TranslationKey
    uploads: list[tuple[Upload, ReceivedTranslation]] = field(default_factory=list)

    def find_upload(self, *, is_xliff: bool) -> tuple[Upload, ReceivedTranslation] | None:
        """Find the upload of that kind."""
        return next((pair for pair in self.uploads if pair[1].is_xliff is is_xliff), None)


@router.get(HERE, dependencies=RECEIVE_GUARD)
def show_received_translations(context: ReadContext) -> Response:
    """Show the form for files, and of those that wait what goes where. Raises NotFound for anybody but a secretary."""
    return _render(context)


@router.post(HERE, dependencies=RECEIVE_GUARD)
def receive_translations(context: WriteContext, files: Annotated[list[UploadFile], File()] = []) -> Response:  # noqa: B006 - FastAPI copies it
    """Receive files; the page then says what goes where, and which files were refused and why."""
    require_secretary(context)
    chosen = [file for file in files if file.filename]
    if not chosen:
        return _render(context, error=FILE_REQUIRED)
    refused = receive_files(context, chosen)
    return _render(context, refused=refused) if refused else context.redirect(f"{HERE}#h-waiting")


@router.post(f"{HERE}/discard", dependencies=RECEIVE_GUARD)
def discard_received_translations(context: WriteContext) -> Response:
    """Remove all files that wait."""
    require_secretary(context)
    for upload, _row in received.list_received(context.session, context.actor):
        discard_upload(context.session, context.actor, upload)
    return context.redirect(f"{HERE}?done=translations-removed")


@router.post(f"{HERE}/add", dependencies=[Depends(SignedInGuard(rules.ADD))])
def add_received_translations(context: WriteContext, to: Annotated[list[str], Form()] = []) -> Response:  # noqa: B006 - FastAPI copies it
    """Add each file where the page said it goes. What cannot be added stays, with the reason."""
    require_secretary(context)
    chosen = _parse_choices(to)
    additions, errors = _collect_additions(context, chosen)
    try:
        accepted = _inspect_again(context, additions)
    except DomainError as refused:  # nothing was changed yet but the refused upload, which is gone
        return _render(context, error=refused.reason, error_at=CHOICE_FIELD, chosen=chosen)
    for addition in additions:
        refusal = try_action(context, partial(_add, context, addition, accepted), refusals=(DomainError,))
        errors |= {upload.id: refusal.reason for upload, _row in addition.uploads} if refusal else {}
    if not errors and additions:
        return context.redirect("/translations?done=translations-added")
    error = None if additions or errors else NOTHING_CHOSEN
    return _render(context, error=error, error_at=CHOICE_FIELD, chosen=chosen, errors=errors)


def _parse_choices(values: Sequence[str]) -> dict[UUID, TranslationKey | None]:
    """Parse which upload goes where, None to nowhere. Raises BadRequest for values that no page sends."""
    choices: dict[UUID, TranslationKey | None] = {}
    for value in values:
        upload, _ignored, key = value.partition("=")
        try:
            choices[UUID(hex=upload)] = TranslationKey.parse(key)
        except ValueError:
            raise BadRequest(FALLBACK_MESSAGE) from None
    return choices


def _collect_additions(
    context: ReadContext, chosen: Mapping[UUID, TranslationKey | None]
) -> tuple[list[Addition], dict[UUID, LazyText]]:
    """Collect what goes to each translation, and the files of which two are meant for the same one."""
    additions: dict[TranslationKey, Addition] = {}
    errors: dict[UUID, LazyText] = {}
    for upload, row in received.list_received(context.session, context.actor):
        if key := chosen.get(upload.id):
            addition = additions.setdefault(key, Addition(key))
            if addition.find_upload(is_xliff=row.is_xliff):
                errors[upload.id] = TWICE
            else:
                addition.uploads.append((upload, row))
    twice = {chosen[upload] for upload in errors}
    return [addition for addition in additions.values() if addition.key not in twice], errors


def _inspect_again(context: WriteContext, additions: Sequence[Addition]) -> dict[UUID, AcceptedFile]:
    """Inspect and store the documents, as the form of one translation does, before anything is changed. Raises as
    `require_and_store_file`."""
    documents = [pair[0] for addition in additions if (pair := addition.find_upload(is_xliff=False))]
    return {
        upload.id: require_and_store_file(context, upload.body_id, FileOrUploadField(None, upload.id))
        for upload in documents
    }


def _add(context: WriteContext, addition: Addition, accepted: Mapping[UUID, AcceptedFile]) -> None:
    """Add the file and the title of one translation, and use up the uploads. Raises the refusal of the verb."""
    document, xliff = addition.find_upload(is_xliff=False), addition.find_upload(is_xliff=True)
    file = convert_to_language_file(addition.key.language, accepted[document[0].id].file) if document else None
    title = _parse_title(xliff[1].title or "") if xliff else None
    receiving.add_received_translation(context.session, context.actor, addition.key, file, title)
    if document:
        mark_accepted_upload_as_used(context.session, context.actor, accepted[document[0].id])
    if xliff:
        consume_upload(context.session, context.actor, xliff[0])


def _parse_title(typed: str) -> ReceivedTitle:
    """Parse the title of an XLIFF file. Raises BadRequest with what is wrong with it."""
    entry = parse_form(ReceivedTitle, {"title": typed})
    if entry.value is None:
        raise BadRequest(next(iter(entry.errors.values())))
    return entry.value


def _render(
    context: ReadContext,
    *,
    refused: Sequence[RefusedTranslation] = (),
    error: LazyText | None = None,
    error_at: str = FILES_FIELD,
    chosen: Mapping[UUID, TranslationKey | None] | None = None,
    errors: Mapping[UUID, LazyText] | None = None,
) -> Response:
    """Render the page; 400 with an `error` of the form, 409 if files could not be added."""
    require_secretary(context)
    lines = build_received_lines(context.session, context.actor, context.localizer, chosen or {}, errors or {})
    body_id = next(iter(sorted(context.actor.bodies_with_role(Office.SECRETARY))))
    return context.render(
        "web/translations/received.html",
        status=400 if error else 409 if errors else 200,
        act=CHECKED_ACTS[f"{HERE}/add"],
        lines=lines,
        refused=refused,
        error=error,
        error_at=error_at,
        most_files=MAX_FILES,
        largest=get_max_file_size(context, body_id),
    )
