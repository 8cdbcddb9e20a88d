"""Co-sponsors of a contribution: invite other States, sign or decline, and clearance by the head of delegation."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Response

from app.core.errors import BadRequest, DomainError
from app.core.i18n import lazy_gettext as _
from app.domain import member_states
from app.domain.contributions.actions import cosponsors as joint
from app.domain.contributions.inputs import CosponsorInvitation, CosponsorInvitations
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import contributions, submissions
from app.domain.contributions.queries.cosponsors import list_states_asked_again
from app.domain.contributions.rules import permissions as rules
from app.domain.contributions.rules.submissions import require_not_declined
from app.http.authentication import EntityName, SignedInGuard
from app.http.labels import join_texts
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_parsed_form
from app.web.forms.checking import CheckPage, render_check_page
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.views.contributions.contribution_page import build_contribution_view
from app.web.views.contributions.invitations import build_cosponsor_answer, list_states_to_invite

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("entity"))])

INVITE_GUARD = [Depends(SignedInGuard(rules.INVITE))]
SIGN_GUARD = [Depends(SignedInGuard(rules.SIGN))]
CLEAR_GUARD = [Depends(SignedInGuard(rules.CLEAR))]
ChosenStates = Annotated[tuple[str, ...], Query()]
SentStates = Annotated[tuple[str, ...], Form()]
NONE_CHOSEN, UNKNOWN = _("Select at least one State."), _("Select one of the options.")


def get_page_behind(page: str) -> str:
    """Return the page of a draft from which somebody came to its co-sponsors: `check`, `edit` or `sponsors`."""
    return page if page in ("check", "edit") else "sponsors"


@router.get("/contributions/{contribution}/sponsors", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_cosponsors(context: ReadContext, contribution: UUID) -> Response:
    """Show the co-sponsors of a contribution."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    return _render_page(context, contribution_row)


@router.get("/contributions/{contribution}/sponsors/invite", dependencies=INVITE_GUARD)
def show_invitation_check_page(
    context: ReadContext, contribution: UUID, entity: ChosenStates = (), page: str = ""
) -> Response:
    """Show which States will be invited and what they will see, before it is disclosed to them."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    rules.INVITE.require(context.actor, contribution_row)
    view = build_contribution_view(context, contribution_row)
    entry = _parse_chosen_states(entity)
    admitted = list_states_to_invite(context.session, view.body, contribution_row)
    if entry.value is None or not set(entry.value.entities) <= set(admitted):
        return _render_page(context, contribution_row, entry if entry.errors else entry.with_error("entity", UNKNOWN))
    return _render_check_page(context, contribution_row, entry.value.entities, get_page_behind(page))


@router.post("/contributions/{contribution}/sponsors", dependencies=INVITE_GUARD)
def invite_cosponsors(
    context: WriteContext, contribution: UUID, entity: SentStates = (), page: TextField = ""
) -> Response:
    """Invite States to co-sponsor; with an error invite none and show the page again."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True)
    rules.INVITE.require(context.actor, contribution_row)

    def invite(value: CosponsorInvitations) -> None:
        for state in value.entities:
            invitation = CosponsorInvitation(entity=state)
            joint.invite_cosponsor(context.session, context.actor, contribution_row, invitation)

    return submit_parsed_form(
        context,
        _parse_chosen_states(entity),
        action=invite,
        render=partial(_render_page, context, contribution_row),
        done=f"/contributions/{contribution_row.id}/{get_page_behind(page)}?done=asked",
        refusals=(BadRequest,),
        refusal_at="entity",
    )


@router.get("/contributions/{contribution}/sponsors/{state}/withdraw", dependencies=INVITE_GUARD)
def check_withdrawal_of_invitation(context: ReadContext, contribution: UUID, state: str, page: str = "") -> Response:
    """Show what the withdrawal of an invitation does: the State no longer reads the draft."""
    row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    rules.INVITE.require(context.actor, row)
    require_not_declined(row, state)
    contributions.get_cosponsor(context.session, row, state)
    name, here = EntityName(state), f"/contributions/{row.id}"
    heading = _("Continue without %(state)s", state=name)
    return render_check_page(
        context,
        CheckPage(
            act="/contributions/{contribution}/sponsors/{state}/withdraw",
            heading=heading,
            crumbs=[("/contributions", _("Contributions")), (here, row.title), (f"{here}/sponsors", _("Co-sponsors"))],
            facts=[(_("Title"), row.title)],
            what=_(
                "%(state)s is no longer invited to co-sponsor this draft and no longer sees it. If it has co-sponsored "
                "the draft, that ends.",
                state=name,
            ),
            button=heading,
            action=f"{here}/sponsors/{state}/withdraw",
            back=f"{here}/{get_page_behind(page)}",
            fields={"page": get_page_behind(page)},
        ),
    )


@router.post("/contributions/{contribution}/sponsors/{state}/withdraw", dependencies=INVITE_GUARD)
def withdraw_invitation(context: WriteContext, contribution: UUID, state: str, page: TextField = "") -> Response:
    """Withdraw the invitation of a State; redirect to the page of the draft that it was withdrawn from."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True)
    joint.withdraw_cosponsor_invitation(context.session, context.actor, contribution_row, state)
    return context.redirect(f"/contributions/{contribution_row.id}/{get_page_behind(page)}?done=not-asked")


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


def _parse_chosen_states(chosen: Sequence[str]) -> ParsedForm[CosponsorInvitations]:
    """Parse the chosen States."""
    entry = parse_form(CosponsorInvitations, {"entities": tuple(chosen)})
    errors = {"entity": NONE_CHOSEN if not chosen else UNKNOWN} if entry.errors else {}
    return ParsedForm({"entity": tuple(chosen)}, entry.value, errors)


def _render_check_page(context: ReadContext, contribution: Contribution, states: Sequence[str], page: str) -> Response:
    """Render the check page of an invitation, which names the States that will see the draft; `page` is behind it."""
    here, names = f"/contributions/{contribution.id}", join_texts([EntityName(state) for state in states])
    return render_check_page(
        context,
        CheckPage(
            act="/contributions/{contribution}/sponsors",
            heading=_("Invite %(states)s to co-sponsor", states=names),
            crumbs=[
                ("/contributions", _("Contributions")),
                (here, contribution.title),
                (f"{here}/sponsors", _("Co-sponsors")),
            ],
            facts=[(_("Title"), contribution.title)],
            what=_(
                "Delegates of the invited States can read this draft and its files as soon as you invite them. They "
                "can co-sponsor it or decline. They cannot change it."
            ),
            button=_("Invite %(states)s", states=names),
            action=f"{here}/sponsors",
            back=f"{here}/{page}",
            fields={"entity": list(states), "page": page},
            kind="",
        ),
    )


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
        status=get_form_http_status(entry, refusal) if context.request.method == "POST" else 200,
        about=view,
        answers=[
            build_cosponsor_answer(cosponsor)
            for cosponsor in contributions.list_visible_cosponsors(context.session, context.actor, contribution)
        ],
        states=[
            (code, member_states.get_state_name(code, language))
            for code in member_states.order_by_name(
                list_states_to_invite(context.session, view.body, contribution), language
            )
        ],
        chosen=entry.typed["entity"] if entry else (),
        error=entry.errors.get("entity") if entry else None,
        may_invite=rules.INVITE.allows(context.actor, contribution),
        may_sign=rules.SIGN.allows(context.actor, contribution),
        is_asked_again=context.actor.entity in list_states_asked_again(context.session, contribution),
        signs=any(cosponsor.entity == context.actor.entity and cosponsor.signs for cosponsor in cosponsors),
    )
