"""The key and the inbox of an organization: entered by one secretary, confirmed or declined by another, revoked."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, Conflict, DomainError
from app.core.signing import PublicKey
from app.core.validation import ReasonInput
from app.domain.identity.queries import index_person_names
from app.domain.organization_inboxes import actions, queries, rules
from app.domain.organization_inboxes.inputs import NewInbox
from app.domain.organization_inboxes.models import OrganizationInbox
from app.domain.organizations.models import Organization
from app.domain.organizations.queries import get_organization
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, TypedForm, parse_form
from app.web.views.people.organizations import build_organization_line

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])
PROPOSE_GUARDS = [Depends(SignedInGuard(rules.PROPOSE))]
INBOX_PATH = "/organization-inboxes/{organization_inbox}"


class InboxForm(TypedForm):
    """The key and the inbox of an organization, as typed."""

    public_key: str = ""
    address: str = ""


@router.get("/organizations/{organization}/inbox", dependencies=PROPOSE_GUARDS)
def show_inbox_form(context: ReadContext, organization: str) -> Response:
    """Show the form for the key and the inbox of an organization, with those in force."""
    row = get_organization(context.session, organization)
    rules.PROPOSE.require(context.actor, row)
    known = queries.find_inbox_in_force(context.session, row.code)
    form = InboxForm(public_key=known.public_key, address=known.address) if known else InboxForm()
    return _render_form(context, row, ParsedForm(form.typed, None, {}))


@router.post("/organizations/{organization}/inbox", dependencies=PROPOSE_GUARDS)
def propose_inbox(context: WriteContext, organization: str, form: Annotated[InboxForm, Form()]) -> Response:
    """Enter the key and the inbox of an organization, for a second secretary to confirm."""
    row = get_organization(context.session, organization)
    rules.PROPOSE.require(context.actor, row)
    return submit_form(
        context,
        NewInbox,
        form.typed,
        action=lambda new: actions.propose_inbox(context.session, context.actor, row, new),
        render=partial(_render_form, context, row),
        done=lambda inbox: f"/organization-inboxes/{inbox.id}?done=inbox-entered",
        refusals=(BadRequest, Conflict),
        refusal_at="public_key",
    )


@router.get(INBOX_PATH, dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_inbox(context: ReadContext, organization_inbox: UUID) -> Response:
    """Show a key and inbox; who may decide about it sees what happens then."""
    return _render_inbox(context, queries.get_inbox(context.session, context.actor, organization_inbox))


@router.post(f"{INBOX_PATH}/confirm", dependencies=[Depends(SignedInGuard(rules.CONFIRM))])
def confirm_inbox(context: WriteContext, organization_inbox: UUID) -> Response:
    """Confirm a key and inbox as the second secretary."""
    inbox = queries.get_inbox(context.session, context.actor, organization_inbox)
    actions.confirm_inbox(context.session, context.actor, inbox)
    return context.redirect(f"/organizations/{inbox.organization}?done=inbox-confirmed")


@router.post(f"{INBOX_PATH}/decline", dependencies=[Depends(SignedInGuard(rules.DECLINE))])
def decline_inbox(context: WriteContext, organization_inbox: UUID, reason: TextField = "") -> Response:
    """Decline a key and inbox, or take one's own entry back."""
    return _end(context, organization_inbox, reason, rules.DECLINE, actions.decline_inbox, "inbox-declined")


@router.get(f"{INBOX_PATH}/revoke", dependencies=[Depends(SignedInGuard(rules.REVOKE))])
def show_revocation(context: ReadContext, organization_inbox: UUID) -> Response:
    """Show what it means to revoke a key."""
    inbox = queries.get_inbox(context.session, context.actor, organization_inbox)
    rules.REVOKE.require(context.actor, rules.build_inbox_rule_subject(inbox))
    return _render_inbox(context, inbox)


@router.post(f"{INBOX_PATH}/revoke", dependencies=[Depends(SignedInGuard(rules.REVOKE))])
def revoke_inbox(context: WriteContext, organization_inbox: UUID, reason: TextField = "") -> Response:
    """Revoke the key of an organization at once."""
    return _end(context, organization_inbox, reason, rules.REVOKE, actions.revoke_inbox, "inbox-revoked")


def _end(context: WriteContext, inbox_id: UUID, reason: str, permission: Any, verb: Any, done: str) -> Response:
    inbox = queries.get_inbox(context.session, context.actor, inbox_id)
    entry = parse_form(ReasonInput, {"reason": reason})
    if entry.value is None:
        permission.require(context.actor, rules.build_inbox_rule_subject(inbox))
        return _render_inbox(context, inbox, entry)
    verb(context.session, context.actor, inbox, entry.value)
    return context.redirect(f"/organizations/{inbox.organization}?done={done}")


def _render_form(
    context: ReadContext, organization: Organization, entry: ParsedForm[NewInbox], refusal: DomainError | None = None
) -> Response:
    return context.render(
        "web/organizations/inbox_form.html",
        status=get_form_http_status(entry, refusal),
        line=build_organization_line(organization, context.language),
        typed=entry.typed,
        errors=entry.errors,
    )


def _render_inbox(
    context: ReadContext, inbox: OrganizationInbox, entry: ParsedForm[ReasonInput] | None = None
) -> Response:
    subject = rules.build_inbox_rule_subject(inbox)
    return context.render(
        "web/organizations/inbox.html",
        status=get_form_http_status(entry),
        inbox=inbox,
        key_id=PublicKey.parse(inbox.public_key).id,
        line=build_organization_line(context.session.get_one(Organization, inbox.organization), context.language),
        people=index_person_names(context.session, (inbox.proposed_by, inbox.confirmed_by, inbox.ended_by)),
        may_confirm=rules.CONFIRM.allows(context.actor, subject),
        may_decline=rules.DECLINE.allows(context.actor, subject),
        may_revoke=rules.REVOKE.allows(context.actor, subject),
        is_own=inbox.proposed_by == context.actor.person,
        reason=entry.typed["reason"] if entry else "",
        error=entry.errors.get("reason") if entry else None,
    )
