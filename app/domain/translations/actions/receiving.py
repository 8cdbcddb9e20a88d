"""Receive files as translations, and add them to their texts once a person has confirmed what goes where.

The file of a translation is added by the verb of its document or output, which checks its own rules.
"""

from app.core.db import WriteSession
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.rules import EntityInBody
from app.domain.documents.actions import changes, registration
from app.domain.documents.inputs import DocumentTitles, LanguageFile
from app.domain.documents.models import Document, Edition
from app.domain.documents.queries import documents
from app.domain.files import queries as file_queries
from app.domain.outputs.actions import translation as output_translations
from app.domain.outputs.inputs import TranslatedTitle
from app.domain.outputs.queries import outputs
from app.domain.translations.inputs import ReceivedContent, ReceivedTitle, TranslationKey
from app.domain.translations.models import ReceivedTranslation
from app.domain.translations.queries import due
from app.domain.translations.rules import permissions as rules
from app.domain.uploads.models import Upload


def note_received_translation(
    session: WriteSession, actor: Actor, upload: Upload, content: ReceivedContent, key: TranslationKey | None
) -> None:
    """Note what was found in an upload that was received as a translation, and which one its name means. Raises
    Forbidden."""
    rules.RECEIVE.require(actor, EntityInBody(upload.body_id))
    session.add(
        ReceivedTranslation(
            upload_id=upload.id,
            edition_id=key.edition_id if key else None,
            output_id=key.output_id if key else None,
            language=key.language if key else None,
            found_language=content.found_language,
            is_xliff=content.is_xliff,
            title=content.title,
            findings=content.findings,
        )
    )


def add_received_translation(
    session: WriteSession,
    actor: Actor,
    key: TranslationKey,
    file: LanguageFile | None,
    title: ReceivedTitle | None,
) -> None:
    """Add what was received for one translation that is due: its file, its title, or both.

    Raises NotFound if it is not due any more; Forbidden; BadRequest, Conflict with the reason of the document or
    output.
    """
    (row,) = due.list_translations_by_key(session, actor, [key])
    rules.ADD.require(actor, EntityInBody(row.body_id))
    if key.edition_id:
        _add_to_document(session, actor, session.get_one(Edition, key.edition_id), key.language, file, title)
    else:
        output = outputs.get_visible_output(session, actor, key.text_id, lock=True)
        if file is None:
            raise BadRequest(_("The title of an output is added with the file of its translation. Upload that too."))
        translated_title = TranslatedTitle(title=title.title) if title else None
        output_translations.add_translation(session, actor, output, file, translated_title)
    if file:
        file_queries.require_clean_scans(session, [file.sha256])


def _add_to_document(
    session: WriteSession,
    actor: Actor,
    edition: Edition,
    language: str,
    file: LanguageFile | None,
    title: ReceivedTitle | None,
) -> None:
    """Add the file with its title to an edition; a title alone to the document, if the edition is in force."""
    document = documents.get_visible_document(session, actor, edition.document_id)
    if file:
        registration.add_translation(session, actor, document, edition, file, title=title.title if title else None)
    elif title and documents.get_edition_in_force(session, document).id == edition.id:
        _supply_title(session, actor, document, language, title)
    else:
        raise BadRequest(_("The title of this part is added with the file of its translation. Upload that too."))


def _supply_title(session: WriteSession, actor: Actor, document: Document, language: str, title: ReceivedTitle) -> None:
    """Enter the title of a document in one more language."""
    new = DocumentTitles.model_validate({f"title_{language}": title.title})
    changes.supply_titles(session, actor, document, new, version=document.version)
