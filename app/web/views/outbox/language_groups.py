"""What a check page shows of a message of the secretariat: who gets it in which language, and how it looks to them."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.core.db import ReadSession
from app.domain.bodies.models import Body
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.messages.inputs import MessageText, NewMessage
from app.domain.messages.models import MessageTemplate
from app.domain.outbox.queries import AudienceCount, prepare_message_preview
from app.http.mail.rendering import MailContext
from app.web.views.outbox.message_templates import propose_texts
from app.web.views.outbox.previews import EmailPreview, render_email_preview


@dataclass(frozen=True, slots=True)
class LanguageGroup:
    """The people who get a message in one language: their number, whether the text is as the template proposes it, and
    the e-mail as `reader`, one of them, gets it."""

    language: str
    count: int
    is_as_proposed: bool
    reader: str
    preview: EmailPreview


def build_language_groups(
    session: ReadSession,
    body: Body,
    new: NewMessage,
    meeting: Meeting | None,
    audience: AudienceCount,
    mail: MailContext,
) -> Iterator[LanguageGroup]:
    """Yield the languages in which people get a message, the one that most of them read first."""
    prepared = prepare_message_preview(body, new)
    texts = propose_texts(new.template, body, meeting) if new.template is not MessageTemplate.FREE else {}
    proposed = {code: MessageText(subject=subject, text=text) for code, (subject, text) in texts.items()}
    for language, people in sorted(audience.people.items(), key=lambda group: -len(group[1])):
        reader, text = session.get_one(Person, people[0].person), new.texts[language]
        is_as_proposed = text == proposed.get(language)
        preview = render_email_preview(prepared, reader, mail)
        yield LanguageGroup(language, len(people), is_as_proposed, reader.name, preview)
