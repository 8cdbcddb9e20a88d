"""Messages of the secretariat: chosen, written in several languages from a template, checked, sent, and listed."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Query, Response

from app.core.errors import Conflict, DomainError, NotFound
from app.core.i18n import DEFAULT_LANGUAGE, LANGUAGES, NATIVE_NAMES, LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import get_visible_body
from app.domain.bodies.rules import EntityInBody
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.messages import queries, rules
from app.domain.messages.actions import send_message
from app.domain.messages.inputs import MessageChoice, MessageText, NewMessage
from app.domain.messages.models import MessageTemplate
from app.domain.outbox import queries as outbox
from app.domain.outbox.rules import SEE_OUTBOX
from app.http.authentication import SignedInGuard
from app.http.csrf import require_single_fields
from app.http.localization import Localizer
from app.http.mail.delivery_labels import DELIVERY_STATUS_LABELS
from app.http.mail.rendering import MailContext
from app.http.page_context import ReadContext, WriteContext
from app.http.pagination import ListPage, PageNumber
from app.web.forms.actions import get_form_http_status, submit_parsed_form
from app.web.forms.checked_acts import CHECKED_ACTS
from app.web.forms.checking import CheckedField, list_hidden_fields
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TypedForm, parse_form, parse_uuid_or_random
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.titles import localize_title
from app.web.views.outbox.language_groups import build_language_groups
from app.web.views.outbox.message_templates import AUDIENCE_LABELS, TEMPLATE_LABELS, propose_texts

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

SEND_GUARD = [Depends(SignedInGuard(rules.SEND_MESSAGE))]
SEE_GUARD = [Depends(SignedInGuard(SEE_OUTBOX))]
ACT = "/bodies/{body}/messages"
MESSAGES_PER_PAGE = 25
FORM_LANGUAGES = (DEFAULT_LANGUAGE, *(each for each in LANGUAGES if each != DEFAULT_LANGUAGE))
"""English first: it is the only text that there must be."""

E_MAIL_IS_OFF = _("E-mail notifications are switched off. No message can be sent.")
ChoiceText = Annotated[str, Query(max_length=50)]


class MessageForm(TypedForm):
    """A message as typed."""

    key: str = ""
    template: str = ""
    audience: str = ""
    meeting: str = ""
    subject_en: str = ""
    text_en: str = ""
    subject_ar: str = ""
    text_ar: str = ""
    subject_zh: str = ""
    text_zh: str = ""
    subject_fr: str = ""
    text_fr: str = ""
    subject_ru: str = ""
    text_ru: str = ""
    subject_es: str = ""
    text_es: str = ""

    @property
    def choice(self) -> dict[str, str]:
        """What the message is about, and who gets it."""
        return {"template": self.template, "audience": self.audience, "meeting": self.meeting}


@router.get("/bodies/{body}/messages", dependencies=SEE_GUARD)
def show_messages(context: ReadContext, number: PageNumber, body: str) -> Response:
    """Show the messages of the secretariat of a body, and what became of their e-mails."""
    body_row = get_visible_body(context.session, context.actor, body)
    SEE_OUTBOX.require(context.actor, EntityInBody(body_row.id))
    page = ListPage(number, MESSAGES_PER_PAGE, queries.count_messages(context.session, body_row))
    rows = queries.list_messages(context.session, body_row, offset=page.offset, limit=MESSAGES_PER_PAGE)
    counts = outbox.count_emails_of_messages(context.session, [message.id for message, *_others in rows])
    return context.render(
        "web/outbox/messages.html",
        body=body_row,
        body_name=localize_title(body_row.names, context.language),
        sends_mail=context.portal.settings.sends_mail,
        may_send=rules.SEND_MESSAGE.allows(context.actor, EntityInBody(body_row.id)),
        messages=[
            (message, subject, name, AUDIENCE_LABELS.get(message.audience), _label_counts(counts[message.id]))
            for message, subject, name in rows
        ],
        page=page,
    )


@router.get("/bodies/{body}/messages/new", dependencies=SEND_GUARD)
def show_message_choice(context: ReadContext, body: str) -> Response:
    """Show the form in which template, meeting and recipients are chosen."""
    return _render_choice(context, _get_body(context, body), ParsedForm(MessageForm().choice, None, {}))


@router.get("/bodies/{body}/messages/write", dependencies=SEND_GUARD)
def show_message_form(
    context: ReadContext, body: str, template: ChoiceText = "", audience: ChoiceText = "", meeting: ChoiceText = ""
) -> Response:
    """Show the form of a message, with the texts that its template proposes."""
    require_single_fields(context.request.query_params)
    body_row = _get_body(context, body)
    form = MessageForm(key=str(uuid4()), template=template, audience=audience, meeting=meeting)
    entry = parse_form(MessageChoice, form.choice, whole_form_errors_at="meeting")
    if entry.value is None:
        return _render_choice(context, body_row, entry)
    try:
        meeting_row = queries.require_sendable_choice(context.session, context.actor, body_row, entry.value)
    except Conflict as refusal:
        return _render_choice(context, body_row, entry, refusal)
    typed = form.typed
    for language, (subject, text) in propose_texts(entry.value.template, body_row, meeting_row).items():
        typed |= {f"subject_{language}": subject, f"text_{language}": text}
    return _render_form(context, body_row, ParsedForm(typed, None, {}))


@router.post("/bodies/{body}/messages", dependencies=SEND_GUARD)
def send_secretariat_message(
    context: WriteContext, body: str, form: Annotated[MessageForm, Form()], checked: CheckedField = ""
) -> Response:
    """Show the check page of a message, and send it from there."""
    body_row = _get_body(context, body)
    entry = _parse_message(form, context.localizer)
    if checked == "change":
        return _render_form(context, body_row, ParsedForm(form.typed, None, {}))
    if checked != "yes" and entry.value:
        return _check(context, body_row, entry.value, entry)
    return submit_parsed_form(
        context,
        entry,
        action=lambda new: send_message(
            context.session, context.actor, body_row, new, key=parse_uuid_or_random(form.key)
        ),
        render=partial(_render_form, context, body_row),
        done=lambda message: f"/messages/{message.id}?done=message-sent",
    )


@router.get("/messages/{message}", dependencies=SEE_GUARD)
def show_message(context: ReadContext, message: UUID) -> Response:
    """Show a message with its texts, and what became of its e-mails."""
    row, body = queries.get_visible_message(context.session, context.actor, message)
    counts = outbox.count_emails_of_messages(context.session, [row.id])[row.id]
    texts = queries.list_message_texts(context.session, row.id)
    meeting = context.session.get_one(Meeting, row.meeting_id) if row.meeting_id else None
    return context.render(
        "web/outbox/message.html",
        body=body,
        message=row,
        author=context.session.get_one(Person, row.sent_by),
        audience=AUDIENCE_LABELS.get(row.audience),
        template_label=TEMPLATE_LABELS.get(row.template),
        meeting=meeting,
        meeting_name=format_meeting_name(meeting, body) if meeting else None,
        counts=_label_counts(counts),
        total=sum(counts.values()),
        texts=[(code, texts[code]) for code in FORM_LANGUAGES if code in texts],
        title=(texts.get(context.language) or texts[DEFAULT_LANGUAGE]).subject,
        title_language=context.language if context.language in texts else DEFAULT_LANGUAGE,
    )


def _get_body(context: ReadContext, code: str) -> Body:
    """Return a body of which the actor is a secretary. Raises NotFound, Forbidden; Conflict if no e-mail is sent."""
    body = get_visible_body(context.session, context.actor, code)
    rules.SEND_MESSAGE.require(context.actor, EntityInBody(body.id))
    if not context.portal.settings.sends_mail:
        raise Conflict(E_MAIL_IS_OFF)
    return body


def _label_counts(counts: Mapping[str, int]) -> list[tuple[str, str, LazyText, int]]:
    """Return status, kind of tag, label and number, in the order of the statuses."""
    return [(each, *DELIVERY_STATUS_LABELS[each], counts[each]) for each in DELIVERY_STATUS_LABELS if each in counts]


def _parse_message(form: MessageForm, formats: Localizer) -> ParsedForm[NewMessage]:
    """Parse each text by itself, so that an error is shown at the text of its language and names that; one that has
    neither subject nor text is not written."""
    choice = parse_form(MessageChoice, form.choice, whole_form_errors_at="meeting")
    errors = dict(choice.errors)
    texts: dict[str, MessageText] = {}
    for code in LANGUAGES:
        typed = {name: str(form.typed[f"{name}_{code}"]) for name in ("subject", "text")}
        if any(each.strip() for each in typed.values()):
            one = parse_form(MessageText, typed)
            errors |= {
                f"{name}_{code}": _("%(language)s: %(what)s", language=formats.language_name(code), what=words)
                for name, words in one.errors.items()
            }
            texts |= {code: one.value} if one.value else {}
    if errors or choice.value is None:
        return ParsedForm(form.typed, None, errors)
    entry = parse_form(
        NewMessage, choice.value.model_dump() | {"texts": texts}, whole_form_errors_at=f"text_{DEFAULT_LANGUAGE}"
    )
    return ParsedForm(form.typed, entry.value, entry.errors)


def _check(context: WriteContext, body: Body, new: NewMessage, entry: ParsedForm[NewMessage]) -> Response:
    """Render the check page of a message, with its e-mail as one person of each language gets it."""
    try:
        meeting = queries.require_sendable_choice(context.session, context.actor, body, new)
    except Conflict as refusal:
        return _render_form(context, body, entry, refusal)
    mail = MailContext.from_settings(context.portal.settings)
    assert mail
    address = queries.build_message_address(context.session, body.id, new.audience, new.meeting)
    audience = outbox.count_audience(context.session, address, new.texts.keys())
    groups = list(build_language_groups(context.session, body, new, meeting, audience, mail))
    return context.render(
        "web/outbox/message_check.html",
        body=body,
        about=CHECKED_ACTS[ACT],
        audience=audience,
        audience_label=AUDIENCE_LABELS[new.audience],
        groups=groups,
        is_from_template=new.template is not MessageTemplate.FREE,
        is_partly_changed=len({each.is_as_proposed for each in groups}) > 1,
        fields=list(list_hidden_fields(entry.typed)),
    )


def _render_choice(
    context: ReadContext, body: Body, entry: ParsedForm[MessageChoice], refusal: DomainError | None = None
) -> Response:
    meetings = queries.list_meetings_for_message(context.session, context.actor, body)
    return context.render(
        "web/outbox/message_choice.html",
        status=get_form_http_status(entry, refusal),
        body=body,
        typed=entry.typed,
        errors=entry.errors,
        refusal=refusal.reason if refusal else None,
        templates=list(TEMPLATE_LABELS.items()),
        audiences=list(AUDIENCE_LABELS.items()),
        meetings=[("", _("No meeting")), *((str(each.id), format_meeting_name(each, body)) for each in meetings)],
    )


def _render_form(
    context: ReadContext, body: Body, entry: ParsedForm[Any], refusal: DomainError | None = None
) -> Response:
    """Render the form of the texts. What was chosen before comes along. Raises NotFound if that cannot be chosen."""
    choice = parse_form(MessageChoice, {name: entry.typed[name] for name in ("template", "audience", "meeting")}).value
    if choice is None:
        raise NotFound()
    meeting = queries.get_meeting_for_message(context.session, context.actor, body, choice)
    return context.render(
        "web/outbox/message_form.html",
        status=get_form_http_status(entry, refusal),
        body=body,
        typed=entry.typed,
        errors=entry.errors,
        refusal=refusal.reason if refusal else None,
        template_label=TEMPLATE_LABELS[choice.template],
        audience=AUDIENCE_LABELS[choice.audience],
        meeting=format_meeting_name(meeting, body) if meeting else None,
        codes=[(code, NATIVE_NAMES[code]) for code in FORM_LANGUAGES],
        with_error=[code for code in FORM_LANGUAGES if {f"subject_{code}", f"text_{code}"} & entry.errors.keys()],
    )
