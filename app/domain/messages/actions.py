"""Sending a message of the secretariat: its row, its texts and the journal line that causes the e-mails."""

import hashlib
from uuid import UUID, uuid5

from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.canonical_json import to_canonical_json
from app.core.db import WriteSession
from app.core.errors import Conflict
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.bodies.rules import EntityInBody
from app.domain.messages import queries, rules
from app.domain.messages.events import SecretariatMessageSent
from app.domain.messages.inputs import NewMessage
from app.domain.messages.models import SecretariatMessage, SecretariatMessageText


def send_message(session: WriteSession, actor: Actor, body: Body, new: NewMessage, *, key: UUID) -> SecretariatMessage:
    """Send a message of the secretariat of a body to its audience; the worker sends the e-mails.

    `key` is generated with the form: the same form sent twice is one message. Raises Forbidden; NotFound for a meeting
    that it cannot be about; Conflict if no one is in the audience, the deadline has passed, or another text was sent
    with this form.
    """
    rules.SEND_MESSAGE.require(actor, EntityInBody(body.id))
    queries.require_sendable_choice(session, actor, body, new)
    message_id = uuid5(actor.person, str(key))
    statement = insert(SecretariatMessage).values(
        id=message_id,
        body_id=body.id,
        meeting_id=new.meeting,
        template=new.template,
        audience=new.audience,
        sent_by=actor.person,
        sent_at=clock.now(),
    )
    is_new = session.scalar(statement.on_conflict_do_nothing().returning(SecretariatMessage.id)) is not None
    if is_new:
        _store_texts(session, message_id, new)
        sent = SecretariatMessageSent(message_id, new.template, new.audience, _compute_digest(new), new.meeting)
        journal.record_event(session, actor, sent, body=body.id)
    message, _body = queries.get_visible_message(session, actor, message_id)
    if not is_new and not _is_same(session, message, new):
        raise Conflict(_("A message with another text was sent with this form. To send one more, write a new message."))
    return message


def _store_texts(session: WriteSession, message_id: UUID, new: NewMessage) -> None:
    session.add_all(
        SecretariatMessageText(message_id=message_id, lang=language, subject=each.subject, text=each.text)
        for language, each in sorted(new.texts.items())
    )


def _compute_digest(new: NewMessage) -> str:
    """Compute the SHA-256 of the texts by language."""
    return hashlib.sha256(to_canonical_json({lang: each.model_dump() for lang, each in new.texts.items()})).hexdigest()


def _is_same(session: WriteSession, message: SecretariatMessage, new: NewMessage) -> bool:
    """Return whether a message was sent as this one would be."""
    sent = message.template, message.audience, message.meeting_id, dict(queries.list_message_texts(session, message.id))
    return sent == (new.template, new.audience, new.meeting, dict(new.texts))
