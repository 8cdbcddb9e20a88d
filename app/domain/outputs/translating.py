"""Add translations of an adopted text and approve them. Neither changes the adopted text.

The row of the output is locked and the translation read afresh: nothing is added while a release is pending, and no
approval outlives the file that it was given for.
"""

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession, hold
from app.core.errors import Conflict, Unacceptable, Unknown
from app.core.i18n import say
from app.domain.documents.inputs import FileOf
from app.domain.outputs import events, translations
from app.domain.outputs.completing_rules import APPROVE_TRANSLATION, TRANSLATE
from app.domain.outputs.inputs import TitleOf
from app.domain.outputs.models import Output, Translation
from app.domain.scans import queries as scans


def translate(session: WriteSession, actor: Actor, output: Output, file: FileOf, title: TitleOf | None) -> Translation:
    """Add a translation of the adopted text, or replace one that readers do not have yet, which then needs approval
    again.

    Raises BadRequest if the language is released already, or if the adopted text has no title in it and none is given.
    """
    hold(session, output)
    TRANSLATE.require(actor, translations.completing(session, output))
    translation = session.get(Translation, (output.id, file.language), populate_existing=True)
    if file.language in {text.language for text in translations.released(session, output)}:
        raise Unacceptable(say("The text is there in this language. Choose a language that is missing."))
    if title is None and file.language not in output.titles:
        raise Unacceptable(say("Give the title in this language."))
    translation = translation or Translation(output_id=output.id, language=file.language)
    translation.title = None if title is None or file.language in output.titles else title.title
    translation.sha256, translation.size, translation.media = file.sha256, file.size, file.media
    translation.name, translation.findings, translation.text = file.name, file.findings, output.text_digest or ""
    translation.digest = translations.digest(translation)
    translation.added_by, translation.added_at = actor.person, clock.now()
    translation.approved = translation.approved_by = translation.approved_at = translation.capacity = None
    session.add(translation)
    event = events.OutputTranslated(output.id, file.language, file.sha256, translation.digest)
    journal.record(session, actor, event, body=output.body_id)
    return translation


def approve_translation(session: WriteSession, actor: Actor, output: Output, language: str, *, text: str) -> None:
    """Approve, as the second person, the release of exactly this translation.

    Raises NotFound if there is no translation in this language, Conflict if its digest is another one.
    """
    hold(session, output)
    translation = session.get(Translation, (output.id, language), populate_existing=True)
    if translation is None:
        raise Unknown()
    state = translations.of_translation(translations.completing(session, output), translation)
    APPROVE_TRANSLATION.require(actor, state)
    if text != translation.digest:
        raise Conflict(say("This is not the translation that you read. Open the page again and read it."))
    scans.insist_on_checked(session, [translation.sha256])
    translation.approved, translation.approved_by, translation.approved_at = text, actor.person, clock.now()
    translation.capacity = " ".join(actor.capacities(output.body_id))
    event = events.OutputTranslationApproved(output.id, language, text)
    journal.record(session, actor, event, body=output.body_id)
