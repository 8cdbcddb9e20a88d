"""Adding a translation of an adopted text, and approving it. Neither changes a byte of what was adopted.

Whoever acts holds the output, and reads the translation as it stands then: nothing is added to a text that is on its
way, and no approval outlives the file that it was of.
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
    """Add the adopted text in a language in which it was not adopted, or put another file in the place of one that
    readers do not have yet; whoever approved that one is asked again.

    Raises Unacceptable for a language that is there, and without a title where the adopted text has none.
    """
    hold(session, output)
    TRANSLATE.require(actor, translations.completing(session, output))
    made = session.get(Translation, (output.id, file.language), populate_existing=True)
    if file.language in {text.language for text in translations.released(session, output)}:
        raise Unacceptable(say("The text is there in this language. Choose a language that is missing."))
    if title is None and file.language not in output.titles:
        raise Unacceptable(say("Give the title in this language."))
    made = made or Translation(output_id=output.id, language=file.language)
    made.title = None if title is None or file.language in output.titles else title.title
    made.sha256, made.size, made.media, made.name = file.sha256, file.size, file.media, file.name
    made.findings, made.text = file.findings, output.text_digest or ""
    made.digest = translations.digest(made)
    made.added_by, made.added_at = actor.person, clock.now()
    made.approved = made.approved_by = made.approved_at = made.capacity = None
    session.add(made)
    happened = events.OutputTranslated(output.id, file.language, file.sha256, made.digest)
    journal.record(session, actor, happened, body=output.body_id)
    return made


def approve_translation(session: WriteSession, actor: Actor, output: Output, language: str, *, text: str) -> None:
    """Agree, as the second person, that exactly this translation leaves with the text. Raises Unknown, Conflict."""
    hold(session, output)
    found = session.get(Translation, (output.id, language), populate_existing=True)
    if found is None:
        raise Unknown()
    of_it = translations.of_translation(translations.completing(session, output), found)
    APPROVE_TRANSLATION.require(actor, of_it)
    if text != found.digest:
        raise Conflict(say("This is not the translation that you read. Open the page again and read it."))
    scans.insist_on_checked(session, [found.sha256])
    found.approved, found.approved_by, found.approved_at = text, actor.person, clock.now()
    found.capacity = " ".join(actor.capacities(output.body_id))
    happened = events.OutputTranslationApproved(output.id, language, text)
    journal.record(session, actor, happened, body=output.body_id)
