"""Acts on a liaison: register, return, give to a person, decide that it needs no answer, and choose its reply."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, DomainError
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission
from app.core.validation import InputModel, ReasonInput
from app.domain.bodies.models import Body
from app.domain.liaisons import actions, queries, rules
from app.domain.liaisons.inputs import LiaisonHolding, LiaisonMeeting
from app.domain.liaisons.models import Liaison
from app.domain.meetings import queries as meetings
from app.domain.outputs.queries import outputs
from app.http.authentication import ROLE_PRECEDENCE, EntityName, SignedInGuard
from app.http.labels import ROLE_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.parsing import (
    ParsedForm,
    RejectRepeatedFields,
    TextField,
    TypedForm,
    VersionField,
    parse_uuid_or_random,
)
from app.web.views.contributions.status import format_meeting_name
from app.web.views.liaisons.lines import name_sender

ROLES_IN_ORDER = [*ROLE_PRECEDENCE, *(role for role in ROLE_LABELS if role not in ROLE_PRECEDENCE)]
router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


class LiaisonActForm(TypedForm):
    """The fields of an act on a liaison; each act has some of them."""

    meeting: str = ""
    holder: str = ""
    until: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LiaisonAct:
    """An act on a liaison that has a page: its permission, input, heading, what happens, button, fields and verb."""

    permission: Permission[rules.LiaisonRuleSubject]
    input_class: type[InputModel]
    heading: LazyText
    what: LazyText
    button: LazyText
    fields: tuple[str, ...]
    verb: Callable[..., object]
    done: str
    kind: str = ""
    refused_field: str = ""
    """The field that a BadRequest of the verb is about."""


def _register(session: Any, actor: Any, liaison: Liaison, chosen: LiaisonMeeting, *, version: int) -> object:
    return actions.register_liaison(session, actor, liaison, chosen.meeting, version=version)


ACTS = {
    "register": LiaisonAct(
        rules.REGISTER,
        LiaisonMeeting,
        _("Register a liaison statement"),
        _(
            "It becomes a document of the meeting, with the next symbol of the series LS. All members of the group "
            "can see it."
        ),
        _("Register the liaison statement"),
        ("meeting",),
        _register,
        "liaison-registered",
        refused_field="meeting",
    ),
    "return": LiaisonAct(
        rules.RETURN,
        ReasonInput,
        _("Return a liaison statement to its sender"),
        _("It is not registered, and delegations never see it. Send the reason to the sender."),
        _("Return the liaison statement"),
        ("reason",),
        actions.return_liaison,
        "liaison-returned",
        "danger",
    ),
    "hold": LiaisonAct(
        rules.HOLD,
        LiaisonHolding,
        _("Give a liaison statement to a person"),
        _("The person prepares the reply until this day and is reminded 14 and 3 days before."),
        _("Give it to this person"),
        ("holder", "until"),
        actions.hold_liaison,
        "liaison-held",
        refused_field="until",
    ),
    "close": LiaisonAct(
        rules.CLOSE,
        ReasonInput,
        _("Decide that a liaison statement needs no answer"),
        _("It waits for no one any more. All members of the group can read the reason."),
        _("No answer needed"),
        ("reason",),
        actions.close_liaison,
        "liaison-closed",
        "danger",
    ),
}


def _show(context: ReadContext, liaison: UUID, name: str) -> Response:
    row = queries.get_visible_liaison(context.session, context.actor, liaison)
    ACTS[name].permission.require(context.actor, queries.get_liaison_rule_subject(context.session, row))
    return _render(context, row, name, ParsedForm(LiaisonActForm().typed, None, {}))


def _submit(context: WriteContext, liaison: UUID, name: str, form: LiaisonActForm, version: int) -> Response:
    row, act = queries.get_visible_liaison(context.session, context.actor, liaison, lock=True), ACTS[name]
    act.permission.require(context.actor, queries.get_liaison_rule_subject(context.session, row))
    return submit_form(
        context,
        act.input_class,
        {field: form.typed[field] for field in act.fields},
        action=lambda value: act.verb(context.session, context.actor, row, value, version=version),
        render=partial(_render, context, row, name),
        done=f"/liaisons/{row.id}?done={act.done}",
    )


@router.get("/liaisons/{liaison}/register", dependencies=[Depends(SignedInGuard(rules.REGISTER))])
def show_register_form(context: ReadContext, liaison: UUID) -> Response:
    """Show the form that registers a liaison at a meeting."""
    return _show(context, liaison, "register")


@router.post("/liaisons/{liaison}/register", dependencies=[Depends(SignedInGuard(rules.REGISTER))])
def register_liaison(
    context: WriteContext, liaison: UUID, form: Annotated[LiaisonActForm, Form()], version: VersionField = 0
) -> Response:
    """Register a liaison as a sealed document of a meeting."""
    return _submit(context, liaison, "register", form, version)


@router.get("/liaisons/{liaison}/return", dependencies=[Depends(SignedInGuard(rules.RETURN))])
def show_return_form(context: ReadContext, liaison: UUID) -> Response:
    """Show the form that returns a liaison with a reason."""
    return _show(context, liaison, "return")


@router.post("/liaisons/{liaison}/return", dependencies=[Depends(SignedInGuard(rules.RETURN))])
def return_liaison(
    context: WriteContext, liaison: UUID, form: Annotated[LiaisonActForm, Form()], version: VersionField = 0
) -> Response:
    """Return a liaison to its sender."""
    return _submit(context, liaison, "return", form, version)


@router.get("/liaisons/{liaison}/hold", dependencies=[Depends(SignedInGuard(rules.HOLD))])
def show_hold_form(context: ReadContext, liaison: UUID) -> Response:
    """Show the form that gives a liaison to a person."""
    return _show(context, liaison, "hold")


@router.post("/liaisons/{liaison}/hold", dependencies=[Depends(SignedInGuard(rules.HOLD))])
def hold_liaison(
    context: WriteContext, liaison: UUID, form: Annotated[LiaisonActForm, Form()], version: VersionField = 0
) -> Response:
    """Give a liaison to a person until a day."""
    return _submit(context, liaison, "hold", form, version)


@router.get("/liaisons/{liaison}/close", dependencies=[Depends(SignedInGuard(rules.CLOSE))])
def show_close_form(context: ReadContext, liaison: UUID) -> Response:
    """Show the form that closes a liaison without an answer."""
    return _show(context, liaison, "close")


@router.post("/liaisons/{liaison}/close", dependencies=[Depends(SignedInGuard(rules.CLOSE))])
def close_liaison(
    context: WriteContext, liaison: UUID, form: Annotated[LiaisonActForm, Form()], version: VersionField = 0
) -> Response:
    """Decide that a liaison needs no answer."""
    return _submit(context, liaison, "close", form, version)


@router.post("/liaisons/{liaison}/reply", dependencies=[Depends(SignedInGuard(rules.CHOOSE_REPLY))])
def choose_reply(context: WriteContext, liaison: UUID, output: TextField = "") -> Response:
    """Make a draft output the reply to a liaison."""
    return _change_reply(context, liaison, output, actions.choose_reply)


@router.post("/liaisons/{liaison}/reply/remove", dependencies=[Depends(SignedInGuard(rules.REMOVE_REPLY))])
def remove_reply(context: WriteContext, liaison: UUID, output: TextField = "") -> Response:
    """Let a draft output be no reply to a liaison any more."""
    return _change_reply(context, liaison, output, actions.remove_reply)


def _change_reply(context: WriteContext, liaison: UUID, output: str, verb: Callable[..., None]) -> Response:
    row = queries.get_visible_liaison(context.session, context.actor, liaison, lock=True)
    rules.CHOOSE_REPLY.require_rule_on_actor(context.actor, rules.ReplyRuleSubject(row.body_id))
    chosen = outputs.get_visible_output(context.session, context.actor, parse_uuid_or_random(output))
    verb(context.session, context.actor, row, chosen)
    return context.redirect(f"/liaisons/{row.id}?done=liaison-reply")


def _render(
    context: ReadContext, liaison: Liaison, name: str, entry: ParsedForm[Any], refusal: DomainError | None = None
) -> Response:
    act, session = ACTS[name], context.session
    if act.refused_field and isinstance(refusal, BadRequest):
        entry = entry.with_error(act.refused_field, refusal.reason)
    group = session.get_one(Body, liaison.body_id)
    upcoming = meetings.list_upcoming_meetings(session, context.actor, group.id) if "meeting" in act.fields else ()
    people = queries.list_possible_holders(session, group.id) if "holder" in act.fields else ()
    return context.render(
        "web/liaisons/act.html",
        status=get_form_http_status(entry, refusal),
        liaison=liaison,
        sender=name_sender(session, liaison),
        act=act,
        name=name,
        typed={**LiaisonActForm().typed, **entry.typed},
        errors=entry.errors,
        refusal=refusal and refusal.reason,
        meetings=[(str(each.id), format_meeting_name(each, group)) for each in upcoming],
        people=[(str(each.person), _describe_holder(each, group, context.language)) for each in people],
    )


def _describe_holder(actor: Actor, body: Body, language: str) -> str:
    """Describe a person with a seat in a body: name, State or organization, and first role there."""
    roles = sorted(actor.capacities_in(body.id), key=lambda role: ROLES_IN_ORDER.index(role))
    labels = [ROLE_LABELS[role].translate(language) for role in roles[:1]]
    return " – ".join((actor.name, ", ".join((EntityName(actor.entity).translate(language), *labels))))
