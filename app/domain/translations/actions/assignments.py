"""Assign translations that are due: to whom, and until when."""

from collections.abc import Collection
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import WriteSession, add_row_lock
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.queries.roster import list_secretaries
from app.domain.bodies.rules import EntityInBody
from app.domain.translations import events
from app.domain.translations.inputs import AssignmentInput, TranslationKey
from app.domain.translations.models import TranslationAssignment
from app.domain.translations.queries import due
from app.domain.translations.rules import permissions as rules


def assign_translations(
    session: WriteSession, actor: Actor, keys: Collection[TranslationKey], new: AssignmentInput
) -> int:
    """Assign those of these translations that are still due, and return their number.

    Raises NotFound if none is due in a body of the actor; Forbidden; BadRequest if the translator is not a secretary of
    the body of each.
    """
    rows = due.list_translations_by_key(session, actor, keys)
    bodies = {row.body_id for row in rows}
    for body_id in bodies:
        rules.ASSIGN.require(actor, EntityInBody(body_id))
    if new.translator:
        _require_secretary_of_all(session, new.translator, bodies)
    for row in rows:
        _assign(session, actor, row.body_id, due.get_key(row), new)
    return len(rows)


def _require_secretary_of_all(session: WriteSession, person: UUID, bodies: Collection[UUID]) -> None:
    """Raise BadRequest unless the person is a secretary of all these bodies today."""
    serves = {body for body, each, _name in list_secretaries(session, bodies, clock.now().date()) if each == person}
    if serves != set(bodies):
        raise BadRequest(_("Select a person who works for the secretariat of each group concerned, or enter a name."))


def _assign(session: WriteSession, actor: Actor, body_id: UUID, key: TranslationKey, new: AssignmentInput) -> None:
    """Assign one translation; what the input leaves out stays."""
    row = _get_locked_row(session, actor, body_id, key)
    due_on_was = row.due_on
    if new.translator or new.translator_name:
        row.translator_id, row.translator_name = new.translator, new.translator_name
    row.due_on = new.due_on or row.due_on
    row.assigned_by, row.assigned_at = actor.person, clock.now()
    event = events.TranslationAssigned(
        row.id,
        key.language,
        key.edition_id,
        key.output_id,
        row.translator_id,
        due_on_was.isoformat() if due_on_was else None,
        row.due_on.isoformat() if row.due_on else None,
    )
    journal.record_event(session, actor, event, body=body_id)


def _get_locked_row(session: WriteSession, actor: Actor, body_id: UUID, key: TranslationKey) -> TranslationAssignment:
    """Return the row of a translation, which is made if it is not there, locked until the transaction ends: two
    secretaries may assign the same one at once."""
    values = {
        "id": uuid4(),
        "body_id": body_id,
        "edition_id": key.edition_id,
        "output_id": key.output_id,
        "language": key.language,
        "assigned_by": actor.person,
        "assigned_at": clock.now(),
    }
    session.execute(insert(TranslationAssignment).values(values).on_conflict_do_nothing())
    table = TranslationAssignment
    is_of_text = table.edition_id == key.edition_id if key.edition_id else table.output_id == key.output_id
    return session.scalars(add_row_lock(select(table).where(is_of_text, table.language == key.language))).one()
