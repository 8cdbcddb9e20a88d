"""Proposals for a new group, the first secretary of one, or the end of one; a second secretary confirms or declines
them, and changes."""

from dataclasses import replace
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, Conflict, DomainError
from app.core.i18n import LANGUAGES, NATIVE_NAMES, LazyText
from app.core.validation import ReasonInput
from app.domain.bodies.inputs import ADMISSIBLE_CATEGORIES, STAFF_ALONE
from app.domain.bodies.models import Body, Office
from app.domain.bodies.queries.bodies import get_known_body, get_visible_body, select_known_bodies
from app.domain.bodies.rules import AccreditationOrOffice, EntityInBody
from app.domain.body_proposals import actions, queries, rules
from app.domain.body_proposals.inputs import BodyEnd, ChangedBody, FirstSecretary, NewBody
from app.domain.body_proposals.models import BodyProposal, BodyProposalKind
from app.domain.identity.queries import index_person_names
from app.http.authentication import SignedInGuard
from app.http.labels import BODY_PROPOSAL_LABELS, MEMBERSHIP_GROUP_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.bodies.body_forms import BodyForm, parse_body_form
from app.web.forms.actions import get_form_http_status, submit_form, submit_parsed_form
from app.web.forms.checked_acts import AFTER_THE_LAST_DAY, CHECKED_ACTS, NO_BUT_AGAIN, CheckedAct
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, TypedForm, parse_form
from app.web.forms.term_fields import NO_PERSON, build_default_term_dates, list_person_choices
from app.web.views.bodies.bodies import describe_categories, list_names, list_parent_choices
from app.web.views.bodies.changes import BodyChangeLine, build_change_lines
from app.web.views.documents.titles import localize_title

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("admits", "languages"))])
PROPOSE_BODY_GUARDS = [Depends(SignedInGuard(rules.PROPOSE_BODY))]
PROPOSE_END_GUARDS = [Depends(SignedInGuard(rules.PROPOSE_END))]
REFUSALS = (BadRequest, Conflict)


class NewBodyForm(BodyForm):
    """The fields of a new group and its first secretary, as typed."""

    prefix: str = ""
    person: str = ""
    until_on: str = ""


class FirstSecretaryForm(TypedForm):
    """The first secretary of a group, as typed."""

    person: str = ""
    until_on: str = ""


class BodyEndForm(TypedForm):
    """The end of a group, as typed."""

    until_on: str = ""
    reason: str = ""


@router.get("/bodies/new", dependencies=PROPOSE_BODY_GUARDS)
def show_new_body_form(context: ReadContext) -> Response:
    """Show the form that proposes a new group."""
    rules.PROPOSE_BODY.require(context.actor, _NO_ONE)
    form = NewBodyForm(
        deadline_days="12",
        posting_days="7",
        proposal_days="21",
        registration_days="7",
        largest_file="100",
        admits=["member_state"],
        silence_hours="72",
        until_on=build_default_term_dates(years=4)["until_on"],
    )
    return _render_new_body_form(context, ParsedForm(form.typed, None, {}))


@router.post("/bodies", dependencies=PROPOSE_BODY_GUARDS)
def propose_new_body(context: WriteContext, form: Annotated[NewBodyForm, Form()]) -> Response:
    """Propose a new group with its first secretary."""
    rules.PROPOSE_BODY.require(context.actor, _NO_ONE)
    secretary = parse_form(FirstSecretary, {"person": form.person, "until_on": form.until_on})
    entry = parse_body_form(NewBody, form.typed, context.language)
    chosen = secretary.value
    if chosen is None:
        return _render_new_body_form(context, ParsedForm(form.typed, None, {**entry.errors, **secretary.errors}))
    return submit_parsed_form(
        context,
        entry,
        action=lambda new: actions.propose_body(context.session, context.actor, new, chosen),
        render=partial(_render_new_body_form, context),
        done=lambda proposal: f"/body-proposals/{proposal.id}?done=proposed",
        refusals=(BadRequest,),
        refusal_at="prefix",
    )


@router.get("/bodies/{group}/first-secretary", dependencies=PROPOSE_BODY_GUARDS)
def show_first_secretary_form(context: ReadContext, group: str) -> Response:
    """Show the form that proposes the first secretary of a group that has none."""
    body_row = get_known_body(context.session, context.actor, group)
    rules.PROPOSE_BODY.require(context.actor, _NO_ONE)
    form = FirstSecretaryForm(until_on=build_default_term_dates(years=4)["until_on"])
    return _render_first_secretary_form(context, body_row, ParsedForm(form.typed, None, {}))


@router.post("/bodies/{group}/first-secretary", dependencies=PROPOSE_BODY_GUARDS)
def propose_first_secretary(context: WriteContext, group: str, form: Annotated[FirstSecretaryForm, Form()]) -> Response:
    """Propose the first secretary of a group that has none."""
    body_row = get_known_body(context.session, context.actor, group)
    rules.PROPOSE_BODY.require(context.actor, _NO_ONE)
    return submit_form(
        context,
        FirstSecretary,
        form.typed,
        action=lambda new: actions.propose_first_secretary(context.session, context.actor, body_row, new),
        render=partial(_render_first_secretary_form, context, body_row),
        done=lambda proposal: f"/body-proposals/{proposal.id}?done=proposed",
        refusals=REFUSALS,
        refusal_at="person",
    )


@router.get("/bodies/{body}/end", dependencies=PROPOSE_END_GUARDS)
def show_body_end_form(context: ReadContext, body: str) -> Response:
    """Show the form that proposes the end of a group."""
    body_row = get_visible_body(context.session, context.actor, body)
    rules.PROPOSE_END.require(context.actor, EntityInBody(body_row.id))
    return _render_end_form(context, body_row, ParsedForm(BodyEndForm().typed, None, {}))


@router.post("/bodies/{body}/end", dependencies=PROPOSE_END_GUARDS)
def propose_end_of_body(context: WriteContext, body: str, form: Annotated[BodyEndForm, Form()]) -> Response:
    """Propose the end of a group."""
    body_row = get_visible_body(context.session, context.actor, body)
    rules.PROPOSE_END.require(context.actor, EntityInBody(body_row.id))
    return submit_form(
        context,
        BodyEnd,
        form.typed,
        action=lambda end: actions.propose_end(context.session, context.actor, body_row, end),
        render=partial(_render_end_form, context, body_row),
        done=lambda proposal: f"/body-proposals/{proposal.id}?done=proposed",
        refusals=REFUSALS,
        refusal_at="until_on",
    )


@router.get("/body-proposals/{body_proposal}", dependencies=[Depends(SignedInGuard(rules.SEE_PROPOSAL))])
def show_body_proposal(context: ReadContext, body_proposal: UUID) -> Response:
    """Show a proposal; who may confirm it sees what happens then."""
    return _render_proposal(context, queries.get_proposal(context.session, context.actor, body_proposal))


@router.post("/body-proposals/{body_proposal}/confirm", dependencies=[Depends(SignedInGuard(rules.CONFIRM_PROPOSAL))])
def confirm_body_proposal(context: WriteContext, body_proposal: UUID) -> Response:
    """Confirm a proposal as the second secretary."""
    proposal = queries.get_proposal(context.session, context.actor, body_proposal)
    body = actions.confirm_proposal(context.session, context.actor, proposal)
    return context.redirect(f"/bodies/{body.code}?done=body-confirmed")


@router.post("/body-proposals/{body_proposal}/decline", dependencies=[Depends(SignedInGuard(rules.DECLINE_PROPOSAL))])
def decline_body_proposal(context: WriteContext, body_proposal: UUID, reason: TextField = "") -> Response:
    """Decline a proposal, or take one's own back."""
    proposal = queries.get_proposal(context.session, context.actor, body_proposal)
    entry = parse_form(ReasonInput, {"reason": reason})
    if entry.value is None:
        rules.DECLINE_PROPOSAL.require(context.actor, rules.build_proposal_rule_subject(proposal))
        return _render_proposal(context, proposal, entry)
    actions.decline_proposal(context.session, context.actor, proposal, entry.value)
    return context.redirect(f"/body-proposals/{proposal.id}?done=body-declined")


_NO_ONE = AccreditationOrOffice(None, "", NO_PERSON, Office.SECRETARY)


def _render_new_body_form(
    context: ReadContext, entry: ParsedForm[NewBody], refusal: DomainError | None = None
) -> Response:
    return context.render(
        "web/bodies/new.html",
        status=get_form_http_status(entry, refusal),
        typed=entry.typed,
        errors=entry.errors,
        parents=list_parent_choices(context.session.scalars(select_known_bodies(context.actor))),
        categories=[
            (str(category), MEMBERSHIP_GROUP_LABELS[category]) for category in (*ADMISSIBLE_CATEGORIES, *STAFF_ALONE)
        ],
        languages_of_files=[(code, NATIVE_NAMES[code]) for code in LANGUAGES],
        people=_list_people(context),
    )


def _render_first_secretary_form(
    context: ReadContext, body: Body, entry: ParsedForm[FirstSecretary], refusal: DomainError | None = None
) -> Response:
    return context.render(
        "web/bodies/first_secretary.html",
        status=get_form_http_status(entry, refusal),
        body=body,
        body_name=localize_title(body.names, context.language),
        typed=entry.typed,
        errors=entry.errors,
        people=_list_people(context),
    )


def _render_end_form(
    context: ReadContext, body: Body, entry: ParsedForm[BodyEnd], refusal: DomainError | None = None
) -> Response:
    return context.render(
        "web/bodies/end.html",
        status=get_form_http_status(entry, refusal),
        body=body,
        body_name=localize_title(body.names, context.language),
        typed=entry.typed,
        errors=entry.errors,
    )


def _list_people(context: ReadContext) -> list[tuple[str, str]]:
    return list_person_choices(queries.list_possible_secretaries(context.session, context.actor), context.language)


def _render_proposal(
    context: ReadContext, proposal: BodyProposal, entry: ParsedForm[ReasonInput] | None = None
) -> Response:
    session, subject = context.session, queries.get_proposal_rule_subject(context.session, proposal)
    is_change = proposal.kind == BodyProposalKind.CHANGE
    content = NewBody.model_validate(proposal.content) if proposal.content and not is_change else None
    body = session.get(Body, proposal.body_id) if proposal.body_id else None
    people = index_person_names(session, (proposal.person_id, proposal.proposed_by, proposal.decided_by))
    parent = session.get(Body, content.parent) if content and content.parent else None
    prefix = content.prefix if content else body.prefix if body else ""
    is_end = proposal.kind == BodyProposalKind.END
    return context.render(
        "web/bodies/proposal.html",
        status=get_form_http_status(entry),
        proposal=proposal,
        proposal_words=BODY_PROPOSAL_LABELS,
        is_end=is_end,
        prefix=prefix,
        is_change=is_change,
        changes=_list_changes(context, proposal) if is_change else (),
        content=content,
        names=list_names(content.names) if content else (),
        admission_words=list_names(content.admission_words) if content else (),
        admits=describe_categories(prefix, content.admits, context.language) if content else "",
        parent=parent,
        body=body,
        people=people,
        may_confirm=rules.CONFIRM_PROPOSAL.allows(context.actor, subject),
        obstacle=_find_obstacle(subject),
        may_decline=rules.DECLINE_PROPOSAL.allows(context.actor, subject),
        is_own=proposal.proposed_by == context.actor.person,
        about=_describe_act(proposal.kind),
        reason=entry.typed["reason"] if entry else "",
        error=entry.errors.get("reason") if entry else None,
    )


def _list_changes(context: ReadContext, proposal: BodyProposal) -> list[BodyChangeLine]:
    was, now = (ChangedBody.model_validate(each) for each in (proposal.content_before, proposal.content))
    return build_change_lines(context.session, was, now, context.localizer, context.language)


def _describe_act(kind: str) -> CheckedAct:
    """Return what the check page says of the confirmation of such a proposal."""
    about = CHECKED_ACTS["/body-proposals/{body_proposal}/confirm"]
    if kind == BodyProposalKind.CHANGE:
        return replace(about, undo=NO_BUT_AGAIN)
    return replace(about, begins=AFTER_THE_LAST_DAY) if kind == BodyProposalKind.END else about


def _find_obstacle(subject: AccreditationOrOffice) -> LazyText | None:
    """Return why an open proposal can only be declined; None if it can be confirmed."""
    if not subject.may_be_proposed:
        return rules.may_still_be_proposed.denied_because
    return rules.is_body_unchanged.denied_because if subject.has_changed else None
