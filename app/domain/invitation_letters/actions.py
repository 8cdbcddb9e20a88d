"""Letters of invitation: put the template of a language, return to the default one, and make letters."""

from uuid import UUID

from app.core import clock, journal
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest
from app.core.i18n import DEFAULT_LANGUAGE
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.bodies.rules import EntityInBody
from app.domain.files.inputs import NewWordTemplate
from app.domain.files.rules import list_field_places, require_known_fields
from app.domain.invitation_letters import events, queries, rules
from app.domain.invitation_letters.inputs import InvitationChoice
from app.domain.invitation_letters.models import InvitationLetter, InvitationSet, InvitationTemplate
from app.domain.meetings.models import Meeting

MAX_TEMPLATE_BYTES = 1024 * 1024
"""A letter is made of it for each of 194 Member States."""


def put_invitation_template(
    session: WriteSession, actor: Actor, body: Body, language: str, content: NewWordTemplate
) -> InvitationTemplate:
    """Put a template for the letters of invitation of a body in one language from now on.

    Raises Forbidden; BadRequest if it is not a DOCX file, is too large, or its fields cannot be filled in.
    """
    rules.PUT_INVITATION_TEMPLATE.require(actor, EntityInBody(body.id))
    require_known_fields(content, (*rules.TEXT_FIELDS, rules.DATES_FIELD))
    if not list_field_places(content, rules.STATE_FIELD):
        raise BadRequest(
            _("The template must contain the field %(field)s: the name of the Member State.", field="{{ state }}")
        )
    if list_field_places(content, rules.DATES_FIELD) not in ([], [True]):
        raise BadRequest(
            _(
                "The field %(field)s may be in the template once, in a separate paragraph outside tables, text boxes, "
                "headers and footers. The dates are inserted there.",
                field="{{ dates_to_keep }}",
            )
        )
    if content.size > MAX_TEMPLATE_BYTES:
        raise BadRequest(_("The template is larger than 1 MB. Use smaller pictures, then upload it again."))
    row = InvitationTemplate(lang=language, sha256=content.sha256, size=content.size, name=content.name)
    return _store_template(session, actor, body, row)


def reset_invitation_template(session: WriteSession, actor: Actor, body: Body, language: str) -> None:
    """Return to the default template of a language. Raises Forbidden."""
    rules.PUT_INVITATION_TEMPLATE.require(actor, EntityInBody(body.id))
    _store_template(session, actor, body, InvitationTemplate(lang=language, sha256=None, size=0, name=""))


def _store_template(session: WriteSession, actor: Actor, body: Body, row: InvitationTemplate) -> InvitationTemplate:
    """Store the template and record the change in the journal."""
    row.body_id, row.put_by, row.put_at = body.id, actor.person, clock.now()
    session.add(row)
    session.flush()
    journal.record_event(session, actor, events.InvitationTemplateChanged(row.id, row.sha256 or ""), body=body.id)
    return row


def make_letters(session: WriteSession, actor: Actor, meeting: Meeting, choice: InvitationChoice) -> UUID:
    """Note the letters of invitation that are made now for these Member States; returns the identifier of the set.

    The meeting is locked, so that two people do not make letters for the same States. Nothing is sent. Raises
    Forbidden; Conflict if the meeting is not convened or has ended; BadRequest if there are none.
    """
    rules.MAKE_LETTERS.require(actor, meeting)
    lock_row(session, meeting)
    rules.MAKE_LETTERS.require(actor, meeting)
    states = [
        each for each in queries.list_invited_states(session, meeting) if each.is_among(choice.which, choice.selected)
    ]
    if not states:
        raise BadRequest(_("No letters of invitation were made: there is no such Member State any more."))
    templates = queries.find_invitation_templates(session, meeting.body_id)
    letters = InvitationSet(
        meeting_id=meeting.id,
        reference=choice.reference,
        signatory=choice.signatory,
        function=choice.function,
        made_by=actor.person,
        made_at=clock.now(),
    )
    session.add(letters)
    session.flush()
    for state in states:
        language = choice.language or state.language or DEFAULT_LANGUAGE
        template = templates[language].sha256 if language in templates else None
        session.add(InvitationLetter(set_id=letters.id, entity=state.code, lang=language, template=template))
    event = events.InvitationLettersMade(meeting.id, letters.id, len(states))
    journal.record_event(session, actor, event, body=meeting.body_id)
    return letters.id
