"""Invite a person to a role before they sign in for the first time, and withdraw an invitation."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, DomainError
from app.domain.bodies import rules
from app.domain.bodies.models import REPRESENTATIVES, Body, Capacity
from app.domain.invitations.actions import inviting
from app.domain.invitations.inputs import NewInvitation
from app.domain.invitations.queries import get_manageable_invitation
from app.http.authentication import SignedInGuard
from app.http.labels import ROLE_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.parsing import LANGUAGE_CHOICES, ParsedForm, RejectRepeatedFields, TypedForm
from app.web.forms.term_fields import (
    NO_PERSON,
    build_default_term_dates,
    get_body_with_visible_people,
)
from app.web.views.people.invitations import list_entity_choices

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

ACCREDIT_GUARDS = [Depends(SignedInGuard(rules.ACCREDIT))]


class InvitationForm(TypedForm):
    """The fields of an invitation, as typed. Focal points choose no entity: it is their own."""

    name: str = ""
    email: str = ""
    entity: str = ""
    capacity: str = ""
    from_on: str = ""
    until_on: str = ""
    language: str = ""


@router.get("/people/{body}/invite", dependencies=ACCREDIT_GUARDS)
def show_invitation_form(context: ReadContext, body: str) -> Response:
    """Show the form of an invitation."""
    body_row = _get_body(context, body)
    form = InvitationForm(capacity=Capacity.DELEGATE, language=context.language, **build_default_term_dates(years=1))
    return _render_form(context, body_row, ParsedForm(form.typed, None, {}))


@router.post("/people/{body}/invite", dependencies=ACCREDIT_GUARDS)
def invite_person(context: WriteContext, body: str, form: Annotated[InvitationForm, Form()]) -> Response:
    """Invite a person."""
    body_row = _get_body(context, body)
    may_choose = list_entity_choices(context.session, context.actor, body_row, context.language)
    typed = form.typed if may_choose else form.typed | {"entity": form.entity or context.actor.entity}
    return submit_form(
        context,
        NewInvitation,
        typed,
        action=lambda new: inviting.invite_person(context.session, context.actor, body_row, new),
        render=lambda entry, refusal=None: _render_form(context, body_row, entry, refusal),
        done=f"/people/{body_row.code}?done=invited#invitations",
        refusals=(BadRequest,),
        refusal_at="email",
    )


@router.post("/invitations/{invitation}/withdraw", dependencies=[Depends(SignedInGuard(rules.END_ACCREDITATION))])
def withdraw_invitation(context: WriteContext, invitation: UUID) -> Response:
    """Withdraw an invitation."""
    invitation_row = get_manageable_invitation(context.session, context.actor, invitation)
    inviting.withdraw_invitation(context.session, context.actor, invitation_row)
    body = context.session.get_one(Body, invitation_row.body_id)
    return context.redirect(f"/people/{body.code}?done=invitation-withdrawn#invitations")


def _get_body(context: ReadContext, code: str) -> Body:
    """Return a body in which the actor may accredit. Raises NotFound, Forbidden."""
    body = get_body_with_visible_people(context.session, context.actor, code)
    grant = rules.AccreditationOrOffice(body.id, context.actor.entity, NO_PERSON, Capacity.DELEGATE)
    rules.ACCREDIT.require(context.actor, grant)
    return body


def _render_form(
    context: ReadContext, body: Body, entry: ParsedForm[NewInvitation], refusal: DomainError | None = None
) -> Response:
    """Render the form, with the roles and members that the actor may choose."""
    entity = context.actor.entity
    roles = [
        (str(capacity), ROLE_LABELS[capacity])
        for capacity in REPRESENTATIVES
        if rules.get_permission_to_accredit(capacity).allows(
            context.actor, rules.AccreditationOrOffice(body.id, entity, NO_PERSON, capacity)
        )
    ]
    return context.render(
        "web/people/invite.html",
        status=get_form_http_status(entry, refusal),
        body=body,
        typed=entry.typed,
        errors=entry.errors,
        roles=roles,
        entities=list_entity_choices(context.session, context.actor, body, context.language),
        email_languages=LANGUAGE_CHOICES,
        sends_mail=context.portal.settings.sends_mail,
    )
