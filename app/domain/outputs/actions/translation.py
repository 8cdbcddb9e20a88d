"""Add translations of an adopted text and approve them. Neither changes the adopted text.

The row of the output is locked and the translation read afresh: nothing is added while a release is pending, and no
approval outlives the file that it was given for.
"""

from app.core import clock, journal
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest, Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.documents.inputs import LanguageFile
from app.domain.files import queries as file_queries
from app.domain.identity.models.tables import Person
from app.domain.outputs import events
from app.domain.outputs.inputs import TranslatedTitle
from app.domain.outputs.models import Output, OutputTranslation
from app.domain.outputs.queries import translations
from app.domain.outputs.rules import texts
from app.domain.outputs.rules.approvals import SIGN_IN_TO_APPROVE, ApprovalProof
from app.domain.outputs.rules.translations import ADD_TRANSLATION, APPROVE_TRANSLATION


def add_translation(
    session: WriteSession, actor: Actor, output: Output, file: LanguageFile, title: TranslatedTitle | None
) -> OutputTranslation:
    """Add a translation of the adopted text, or replace one that readers do not have yet, which then needs approval
    again.

    Raises BadRequest if the language is released already, or if the adopted text has no title in it and none is given.
    """
    lock_row(session, output)
    ADD_TRANSLATION.require(actor, translations.get_completion_rule_subject(session, output))
    translation = session.get(OutputTranslation, (output.id, file.language), populate_existing=True)
    if file.language in {text.language for text in translations.list_released_texts(session, output)}:
        raise BadRequest(_("The text is already available in this language. Select a language that is missing."))
    if title is None and file.language not in output.titles:
        raise BadRequest(_("Enter the title in this language."))
    translation = translation or OutputTranslation(output_id=output.id, language=file.language)
    translation.title = None if title is None or file.language in output.titles else title.title
    translation.sha256, translation.size, translation.media = file.sha256, file.size, file.media
    translation.name, translation.findings, translation.text = file.name, file.findings, output.text_digest or ""
    translation.pdf = translation.pdf_size = None
    translation.digest = texts.compute_translation_digest(translation)
    translation.added_by, translation.added_at = actor.person, clock.now()
    clear_translation_approval(translation)
    session.add(translation)
    event = events.OutputTranslated(output.id, file.language, file.sha256, translation.digest)
    journal.record_event(session, actor, event, body=output.body_id)
    return translation


def clear_translation_approval(translation: OutputTranslation) -> None:
    """Take the approval of a translation away: it was replaced, or the sign-in behind the approval was refused."""
    translation.approved = translation.approved_by = translation.approved_at = translation.capacity = None
    translation.id_token = translation.statement = None


def approve_translation(
    session: WriteSession, actor: Actor, output: Output, language: str, *, digest: str, proof: ApprovalProof | None
) -> None:
    """Approve, as the second person, the release of exactly this translation.

    The worker verifies the proof before it releases; without one it does not. Raises NotFound if there is no
    translation in this language, Conflict if its digest is another one or the proof is about something else.
    """
    lock_row(session, output)
    translation = session.get(OutputTranslation, (output.id, language), populate_existing=True)
    if translation is None:
        raise NotFound()
    state = translations.build_translation_rule_subject(
        translations.get_completion_rule_subject(session, output), translation
    )
    APPROVE_TRANSLATION.require(actor, state)
    if digest != translation.digest:
        raise Conflict(_("This is not the translation that you read. Open the page again and read it."))
    if proof and not proof.statement.is_about(output, session.get_one(Person, actor.person), translation):
        raise Conflict(SIGN_IN_TO_APPROVE)
    file_queries.require_clean_scans(session, texts.list_digests([translation]))
    translation.approved, translation.approved_by, translation.approved_at = digest, actor.person, clock.now()
    translation.capacity = " ".join(actor.capacities_in(output.body_id))
    translation.id_token = proof.id_token if proof else None
    translation.statement = proof.statement.to_json() if proof else None
    event = events.OutputTranslationApproved(output.id, language, digest)
    journal.record_event(session, actor, event, body=output.body_id)
