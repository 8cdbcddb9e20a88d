"""Registration of all received liaisons of a group at one meeting, on one page."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, DomainError
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import get_visible_body
from app.domain.liaisons import actions, queries, rules
from app.domain.liaisons.inputs import LiaisonsToRegister
from app.domain.liaisons.models import LiaisonState
from app.domain.meetings import queries as meetings
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_parsed_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TypedForm, parse_form
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.titles import get_original_language_if_foreign, localize_title
from app.web.views.liaisons.lines import name_sender

router = APIRouter(dependencies=[Depends(SignedInGuard(rules.REGISTER)), Depends(RejectRepeatedFields("liaisons"))])
PATH = "/bodies/{body}/liaisons/register"


class RegisterAllForm(TypedForm):
    """The meeting, and the liaisons that are selected."""

    meeting: str = ""
    liaisons: tuple[str, ...] = ()


@router.get(PATH)
def check_registration_of_liaisons(context: ReadContext, body: str) -> Response:
    """Show the received liaisons of a group, all selected, and the meeting."""
    row = _get_body(context, body)
    waiting = queries.list_liaisons_to_register(context.session, context.actor, row.id)
    chosen = tuple(f"{each.id}:{each.version}" for each in waiting)
    return _render(context, row, ParsedForm(RegisterAllForm(liaisons=chosen).typed, None, {}))


@router.post(PATH)
def register_liaisons(context: WriteContext, body: str, form: Annotated[RegisterAllForm, Form()]) -> Response:
    """Register the selected liaisons; what could not be registered is on the page that follows."""
    row = _get_body(context, body)

    def register(chosen: LiaisonsToRegister) -> bool:
        versions = chosen.versions
        done = actions.register_liaisons(context.session, context.actor, row, chosen.meeting, versions)
        return done == len(versions)

    return submit_parsed_form(
        context,
        parse_form(LiaisonsToRegister, form.typed),
        action=register,
        render=partial(_render, context, row),
        done=lambda is_complete: (
            f"/liaisons?meeting={form.meeting}&done=liaisons-registered"
            if is_complete
            else f"/bodies/{row.code}/liaisons/register?done=liaisons-left"
        ),
        refusals=(BadRequest,),
        refusal_at="meeting",
    )


def _get_body(context: ReadContext, code: str) -> Body:
    body = get_visible_body(context.session, context.actor, code)
    rules.REGISTER.require(context.actor, rules.LiaisonRuleSubject(body.id, LiaisonState.RECEIVED))
    return body


def _render(
    context: ReadContext, body: Body, entry: ParsedForm[LiaisonsToRegister], refusal: DomainError | None = None
) -> Response:
    session, actor = context.session, context.actor
    upcoming = meetings.list_upcoming_meetings(session, actor, body.id)
    return context.render(
        "web/liaisons/register_all.html",
        status=get_form_http_status(entry, refusal),
        body=body,
        body_name=localize_title(body.names, context.language),
        typed=entry.typed,
        errors=entry.errors,
        meetings=[(str(each.id), format_meeting_name(each, body)) for each in upcoming],
        lines=[
            (
                each,
                f"{each.id}:{each.version}",
                name_sender(session, each),
                get_original_language_if_foreign(each.original, context.language),
            )
            for each in queries.list_liaisons_to_register(session, actor, body.id)
        ],
    )
