"""Co-sponsors of a contribution: invite other States, sign or decline, and the clearance by the head of delegation."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.errors import BadRequest, DomainError
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain import member_states
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import get_visible_body, list_member_states
from app.domain.bodies.rules import EntityInBody
from app.domain.contributions.actions import cosponsors as joint
from app.domain.contributions.inputs import CosponsorInvitation
from app.domain.contributions.models import Contribution, Cosponsor
from app.domain.contributions.queries import contributions, submissions
from app.domain.contributions.rules import permissions as rules
from app.http.authentication import EntityName, SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_parsed_form
from app.web.forms.checking import CheckedField, CheckPage, render_check_page
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.views.contributions.contribution_page import build_contribution_view
from app.web.views.documents.titles import localize_title

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

INVITE_GUARD = [Depends(SignedInGuard(rules.INVITE))]
SIGN_GUARD = [Depends(SignedInGuard(rules.SIGN))]
CLEAR_GUARD = [Depends(SignedInGuard(rules.CLEAR))]
CLEARANCE_GUARD = [Depends(SignedInGuard(rules.REQUIRE_CLEARANCE))]


@dataclass(frozen=True, slots=True)
class CosponsorAnswer:
    """A State that was invited to sign, and its answer."""

    code: str
    name: LazyText
    tag: tuple[str, LazyText]
    at: datetime | None


def build_cosponsor_answer(cosponsor: Cosponsor) -> CosponsorAnswer:
    """Build the line that the page shows of a co-sponsor."""
    tags: dict[bool | None, tuple[str, LazyText]] = {
        None: ("none", _("Awaiting response")),
        True: ("good", _("Co-sponsor")),
        False: ("warn", _("Declined to co-sponsor")),
    }
    return CosponsorAnswer(cosponsor.entity, EntityName(cosponsor.entity), tags[cosponsor.signs], cosponsor.answered_at)


@router.get("/contributions/{contribution}/sponsors", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_cosponsors(context: ReadContext, contribution: UUID) -> Response:
    """Show the co-sponsors of a contribution."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    return _render_page(context, contribution_row)


@router.post("/contributions/{contribution}/sponsors", dependencies=INVITE_GUARD)
def invite_cosponsor(
    context: WriteContext, contribution: UUID, entity: TextField = "", checked: CheckedField = ""
) -> Response:
    """Invite a State to sign, once that is checked: it discloses the draft. With an error show the page again."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True)
    rules.INVITE.require(context.actor, contribution_row)
    entry = parse_form(CosponsorInvitation, {"entity": entity})
    if checked == "change":
        return _render_page(context, contribution_row, ParsedForm({"entity": entity}, None, {}))
    if checked != "yes" and entry.value and entity in _list_states_to_invite(context, contribution_row):
        return _render_check_page(context, contribution_row, entity)
    return submit_parsed_form(
        context,
        entry,
        action=lambda value: joint.invite_cosponsor(context.session, context.actor, contribution_row, value),
        render=partial(_render_page, context, contribution_row),
        done=f"/contributions/{contribution_row.id}/sponsors?done=asked",
        refusals=(BadRequest,),
        refusal_at="entity",
    )


@router.post("/contributions/{contribution}/sponsors/{state}/withdraw", dependencies=INVITE_GUARD)
def withdraw_invitation(context: WriteContext, contribution: UUID, state: str) -> Response:
    """Withdraw the invitation of a State."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True)
    joint.withdraw_cosponsor_invitation(context.session, context.actor, contribution_row, state)
    return context.redirect(f"/contributions/{contribution_row.id}/sponsors?done=not-asked")


@router.post("/contributions/{contribution}/sign", dependencies=SIGN_GUARD)
def sign_contribution(context: WriteContext, contribution: UUID, version: VersionField = 0) -> Response:
    """Sign the contribution for the actor's State."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True)
    joint.sign_contribution(context.session, context.actor, contribution_row, version=version)
    return context.redirect(f"/contributions/{contribution_row.id}?done=signed")


@router.post("/contributions/{contribution}/decline", dependencies=SIGN_GUARD)
def decline_to_sign(context: WriteContext, contribution: UUID) -> Response:
    """Decline to sign."""
    joint.decline_to_sign(
        context.session,
        context.actor,
        contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True),
    )
    return context.redirect("/contributions?done=declined")


@router.post("/contributions/{contribution}/clear", dependencies=CLEAR_GUARD)
def give_clearance_to_contribution(context: WriteContext, contribution: UUID, version: VersionField = 0) -> Response:
    """Clear the contribution as head of delegation."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True)
    joint.give_clearance_to_contribution(context.session, context.actor, contribution_row, version=version)
    return context.redirect(f"/contributions/{contribution_row.id}?done=cleared")


@router.get("/bodies/{body}/clearance", dependencies=CLEARANCE_GUARD)
def show_clearance_setting(context: ReadContext, body: str) -> Response:
    """Show whether the actor's State requires clearance by its head of delegation in a body."""
    body_row = get_visible_body(context.session, context.actor, body)
    rules.REQUIRE_CLEARANCE.require(context.actor, EntityInBody(body_row.id, context.actor.entity))
    return context.render(
        "web/contributions/clearance.html",
        body=body_row,
        body_name=localize_title(body_row.names, context.language),
        entity=EntityName(context.actor.entity),
        required=submissions.has_clearance_requirement(context.session, body_row.id, context.actor.entity),
    )


@router.post("/bodies/{body}/clearance", dependencies=CLEARANCE_GUARD)
def set_clearance_requirement_of_state(context: WriteContext, body: str, required: TextField = "") -> Response:
    """Set whether the actor's State requires clearance in a body."""
    body_row = get_visible_body(context.session, context.actor, body)
    joint.set_clearance_requirement_of_state(
        context.session, context.actor, EntityInBody(body_row.id, context.actor.entity), required=required == "yes"
    )
    return context.redirect(f"/bodies/{body_row.code}/clearance?done=saved")


def _render_check_page(context: ReadContext, contribution: Contribution, entity: str) -> Response:
    """Render the check page of an invitation, which names the State that will see the draft."""
    here, button = f"/contributions/{contribution.id}", _("Invite %(state)s to co-sponsor", state=EntityName(entity))
    return render_check_page(
        context,
        CheckPage(
            act="/contributions/{contribution}/sponsors",
            heading=button,
            crumbs=[
                ("/contributions", _("Contributions")),
                (here, contribution.title),
                (f"{here}/sponsors", _("Co-sponsors")),
            ],
            facts=[(_("Title"), contribution.title), (_("State"), EntityName(entity))],
            what=_("The delegates of this State can read the draft, and can co-sponsor it or decline."),
            button=button,
            action=f"{here}/sponsors",
            back=f"{here}/sponsors",
            fields={"entity": entity},
            is_form=True,
            kind="",
        ),
    )


def _list_states_to_invite(context: ReadContext, contribution: Contribution) -> list[str]:
    """List the codes of the States that can be invited, in the order of their names."""
    cosponsors = submissions.list_cosponsors(context.session, contribution)
    invited = {contribution.entity} | {cosponsor.entity for cosponsor in cosponsors if cosponsor.signs is not False}
    admits = context.session.get_one(Body, contribution.body_id).admits
    others = [
        row.code for row in list_member_states(context.session) if row.category in admits and row.code not in invited
    ]
    return member_states.order_by_name(others, context.language)


def _render_page(
    context: ReadContext,
    contribution: Contribution,
    entry: ParsedForm[Any] | None = None,
    refusal: DomainError | None = None,
) -> Response:
    """Render the page of the co-sponsors, with the form as it was typed and what is wrong with it."""
    language = context.language
    cosponsors = submissions.list_cosponsors(context.session, contribution)
    view = build_contribution_view(context, contribution)
    return context.render(
        "web/contributions/sponsors.html",
        status=get_form_http_status(entry, refusal),
        about=view,
        answers=[
            build_cosponsor_answer(cosponsor)
            for cosponsor in contributions.list_visible_cosponsors(context.session, context.actor, contribution)
        ],
        states=[
            (code, member_states.get_state_name(code, language))
            for code in _list_states_to_invite(context, contribution)
        ],
        chosen=entry.typed["entity"] if entry else "",
        error=entry.errors.get("entity") if entry else None,
        may_invite=rules.INVITE.allows(context.actor, contribution),
        may_sign=rules.SIGN.allows(context.actor, contribution),
        signs=any(cosponsor.entity == context.actor.entity and cosponsor.signs for cosponsor in cosponsors),
    )
