"""Taking in a liaison: its form with the first file, and further languages."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core import clock
from app.core.database.combined_lists import read_statements_together
from app.core.errors import BadRequest, Conflict, DomainError, NotFound
from app.core.i18n import lazy_gettext as _
from app.domain.addressees.queries import select_organizations, select_other_bodies
from app.domain.addressees.rules import is_in_force, name_organization
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import get_visible_body
from app.domain.contributions.inputs import FileLanguage
from app.domain.liaisons import actions, queries, rules
from app.domain.liaisons.inputs import NewLiaison
from app.domain.liaisons.models import Liaison
from app.domain.liaisons.rules import LiaisonRuleSubject
from app.domain.organizations.models import Organization
from app.domain.organizations.rules import choose_name
from app.domain.topics.queries import filter_choosable_topics, select_topics
from app.http.authentication import SignedInGuard
from app.http.labels import REQUESTED_ACT_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_parsed_form, try_action
from app.web.forms.file_fields import (
    OfferedFile,
    describe_file_refusal,
    get_max_file_size,
    mark_accepted_upload_as_used,
    require_and_store_file,
)
from app.web.forms.messages import order_errors
from app.web.forms.parsing import (
    LANGUAGE_CHOICES,
    ParsedForm,
    RejectRepeatedFields,
    TextField,
    TypedForm,
    convert_to_language_file,
    parse_form,
)
from app.web.liaisons.pages import build_liaison_values
from app.web.views.documents.titles import localize_title
from app.web.views.documents.topics import localize_topic_names
from app.web.views.mandates.citing import (
    SEARCH_FIELD,
    build_citation_choices,
    resolve_typed_mandates,
    select_citation_choices,
)

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("topics", "mandates", "action_lines"))])


FIELDS_IN_ORDER = (
    *("party", "symbol", "subject", "original", "wants", "reply_by", "answers"),
    *("topics", "mandates", SEARCH_FIELD, "action_lines"),
)


class NewLiaisonForm(TypedForm):
    """The fields of a liaison to be taken in."""

    party: str = ""
    symbol: str = ""
    subject: str = ""
    original: str = ""
    topics: tuple[str, ...] = ()
    mandates: tuple[str, ...] = ()
    action_lines: tuple[str, ...] = ()
    mandate_words: str = ""
    wants: str = ""
    reply_by: str = ""
    answers: str = ""


@router.get("/bodies/{body}/liaisons/new", dependencies=[Depends(SignedInGuard(rules.TAKE_IN))])
def show_new_liaison_form(context: ReadContext, body: str, after: UUID | None = None) -> Response:
    """Show the form for a liaison that arrived; `after` is one that was taken in, with whose sender and language it
    begins."""
    body_row = _get_own_body(context, body)
    form = _begin_after(context, body_row, after) if after else NewLiaisonForm(original=context.language)
    return _render_new(context, body_row, ParsedForm(form.typed, None, {}))


@router.post("/bodies/{body}/liaisons", dependencies=[Depends(SignedInGuard(rules.TAKE_IN))])
def take_in_liaison(
    context: WriteContext, body: str, form: Annotated[NewLiaisonForm, Form()], offered_file: OfferedFile
) -> Response:
    """Take in a liaison with its file. A refused file is explained on the page, which keeps what was typed."""
    body_row = _get_own_body(context, body)
    entry = _parse_new(context, form)
    if entry.value is None:
        return _render_new(context, body_row, entry)
    try:
        accepted = require_and_store_file(context, body_row.id, offered_file)
    except DomainError as refusal:
        return _render_new(context, _get_own_body(context, body), entry, refusal)

    def take_in(new: NewLiaison) -> Liaison:
        own_body = _get_own_body(context, body)  # the transaction ended while the file was inspected
        file = convert_to_language_file(new.original, accepted.file)
        liaison = actions.take_in_liaison(context.session, context.actor, own_body, new, file)
        mark_accepted_upload_as_used(context.session, context.actor, accepted)
        return liaison

    return submit_parsed_form(
        context,
        entry,
        action=take_in,
        render=lambda refused, _refusal=None: _render_new(context, _get_own_body(context, body), refused),
        done=lambda liaison: f"/liaisons/{liaison.id}?done=liaison-received",
        refusals=(BadRequest,),
        refusal_at="party",
    )


def _begin_after(context: ReadContext, body: Body, liaison_id: UUID) -> NewLiaisonForm:
    """Return the form with sender and language of a liaison of this body. Raises NotFound."""
    liaison = queries.get_visible_liaison(context.session, context.actor, liaison_id)
    if liaison.body_id != body.id:
        raise NotFound()
    sender = liaison.organization or context.session.get_one(Body, liaison.sender_body_id).code
    return NewLiaisonForm(party=sender, original=liaison.original)


def _parse_new(context: WriteContext, form: NewLiaisonForm) -> ParsedForm[NewLiaison]:
    """Parse the form; what was typed to find a mandate is chosen if it names one."""
    fields, not_found = resolve_typed_mandates(context.session, form.typed)
    entry = parse_form(NewLiaison, fields)
    if not_found:
        return ParsedForm(form.typed, None, {**entry.errors, SEARCH_FIELD: not_found})
    return ParsedForm({**fields, SEARCH_FIELD: ""}, entry.value, entry.errors)


def _get_own_body(context: ReadContext, code: str) -> Body:
    """Load a body of which the actor is a secretary. Raises NotFound, Forbidden."""
    body = get_visible_body(context.session, context.actor, code)
    rules.TAKE_IN.require(context.actor, LiaisonRuleSubject(body.id))
    return body


def _render_new(
    context: ReadContext, body: Body, entry: ParsedForm[Any], refusal: DomainError | None = None
) -> Response:
    session, language = context.session, context.language
    organizations, bodies, topics, *citable = read_statements_together(
        session,
        [
            select_organizations(),
            select_other_bodies(context.actor, body.id),
            select_topics(),
            *select_citation_choices(context.actor, context.actor.entity),
        ],
    )
    answerable = queries.list_outputs_to_answer(session, context.actor, body.id)
    return context.render(
        "web/liaisons/new.html",
        status=get_form_http_status(entry, refusal),
        group=body,
        typed=entry.typed,
        errors=order_errors(entry.errors, FIELDS_IN_ORDER),
        refused=describe_file_refusal(refusal),
        parties=_list_parties([row[0] for row in organizations], [row[0] for row in bodies], language),
        languages_of_files=LANGUAGE_CHOICES,
        topics=list(localize_topic_names(filter_choosable_topics([row[0] for row in topics], ()), language).items()),
        citing=build_citation_choices(citable, entry.typed, language),
        wants=list(REQUESTED_ACT_LABELS.items()),
        outputs=[
            (str(each.id), f"{each.symbol} – {localize_title(each.titles, language, each.original)[0]}")
            for each in answerable
        ],
        largest=get_max_file_size(context, body.id),
    )


def _list_parties(
    organizations: Sequence[Organization], bodies: Sequence[Body], language: str
) -> list[tuple[str, str]]:
    """List who may have sent a liaison: organizations in force by name, and the other groups that the reader knows
    of."""
    today = clock.now().date()
    named = [(each.code, _describe(each, language)) for each in organizations if is_in_force(each, today)]
    groups = [(each.code, f"{each.prefix} – {localize_title(each.names, language)[0]}") for each in bodies]
    return [*sorted(named, key=lambda option: option[1].casefold()), *groups]


def _describe(organization: Organization, language: str) -> str:
    """Describe an organization to the secretariat: by its confirmed name, or by its code with the name in the register,
    which says that it is to be confirmed."""
    name, code = name_organization(organization, language), organization.code
    in_register = choose_name(organization.names, language)
    if name != code or in_register is None or in_register == code:
        return name
    return _("%(code)s – %(name)s (name to be confirmed)", code=code, name=in_register).translate(language)


@router.post("/liaisons/{liaison}/files", dependencies=[Depends(SignedInGuard(rules.ADD_FILE))])
def add_liaison_file(
    context: WriteContext, liaison: UUID, offered_file: OfferedFile, language: TextField = ""
) -> Response:
    """Add the text of a received liaison in another language."""
    row = queries.get_visible_liaison(context.session, context.actor, liaison)
    rules.ADD_FILE.require(context.actor, queries.get_liaison_rule_subject(context.session, row))
    chosen = parse_form(FileLanguage, {"language": language})
    if chosen.value is None:
        return _render_page(context, liaison, chosen)
    file_language = chosen.value.language
    try:
        accepted = require_and_store_file(context, row.body_id, offered_file)
    except DomainError as refusal:
        return _render_page(context, liaison, chosen, refusal)
    row = queries.get_visible_liaison(context.session, context.actor, liaison, lock=True)
    file = convert_to_language_file(file_language, accepted.file)
    add = partial(actions.add_liaison_file, context.session, context.actor, row, file)
    if refused := try_action(context, add, refusals=(Conflict,)):
        return _render_page(context, liaison, chosen, refused)
    mark_accepted_upload_as_used(context.session, context.actor, accepted)
    return context.redirect(f"/liaisons/{liaison}?done=received")


def _render_page(
    context: ReadContext, liaison: UUID, entry: ParsedForm[FileLanguage], refusal: DomainError | None = None
) -> Response:
    row = queries.get_visible_liaison(context.session, context.actor, liaison)
    return context.render(
        "web/liaisons/show.html",
        status=get_form_http_status(entry, refusal),
        **build_liaison_values(context, row)
        | {
            "errors": entry.errors,
            "refused": describe_file_refusal(refusal),
            "typed_language": entry.typed["language"],
        },
    )
