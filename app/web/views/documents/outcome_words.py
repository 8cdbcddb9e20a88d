"""Outcomes of a document in words: what each is called, where it leads, and what is added to it.

A new kind of outcome (`app.domain.document_outcomes.queries.kinds`) has its words here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from app.core import clock
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.decisions.models import ActionPointProgress
from app.domain.deliveries.models import RecipientKind
from app.domain.document_outcomes.rules.outcomes import (
    ActionPointOutcome,
    DecisionOutcome,
    DeliveryOutcome,
    DocumentOutcomes,
    ForwardingOutcome,
    ItemOutcome,
    LiaisonOutcome,
    MadeFromOutcome,
    MandateOutcome,
    Outcome,
    OutputOutcome,
    RelationOutcome,
    ReplyOutcome,
    ReportOutcome,
    SenderWithdrawalOutcome,
    find_latest_outcome,
)
from app.domain.document_outcomes.rules.states import OutcomeState, find_outcome_state
from app.domain.mandates.rules import format_citation
from app.http import time_zones
from app.http.authentication import EntityName
from app.http.labels import (
    DECISION_METHOD_LABELS,
    DELIVERY_STATE_LABELS,
    PROGRESS_LABELS,
    RELATION_LABELS,
    ROLE_LABELS,
    STATUS_LABELS,
    name_action_point_owner,
)
from app.http.localization import Localizer
from app.web.views.documents.titles import localize_title

STATE_WORDS: Mapping[OutcomeState, LazyText] = MappingProxyType(
    {
        OutcomeState.ENDED: _("It is no longer before the meeting. No decision names it."),
        OutcomeState.ALLOCATED: _(
            "It is before the meeting under agenda item %(number)s. What is decided on it will be shown here."
        ),
        OutcomeState.UNALLOCATED: _(
            "It is not on the agenda yet; the chair allocates it. What is decided on it will be shown here."
        ),
        OutcomeState.NOT_NAMED: _("It was before the meeting under agenda item %(number)s; no decision names it."),
        OutcomeState.NOT_TAKEN_UP: _("It was under no item of the agenda of the meeting; no decision names it."),
        OutcomeState.MEETING_CANCELLED: _("The meeting was cancelled; no decision names it."),
        OutcomeState.NOT_SHOWN: _("What a group did with a document is shown to those who have a role in the group."),
    }
)
WITHDRAWN_BY_SENDER = _("Withdrawn by its sender")


LONGEST_QUOTATION = 160
"""Characters of a decision that are shown; its page has the whole."""
DATES: Mapping[type[Outcome], LazyText] = MappingProxyType(
    {
        DecisionOutcome: _("decided on %(day)s"),
        ReportOutcome: _("circulated on %(day)s"),
        LiaisonOutcome: _("received on %(day)s"),
    }
)


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """An outcome as pages show it: what it is called, where it leads, what is added, and when it happened.

    `quotation` is how a decision begins; `lang` is its language if it is not that of the reader.
    """

    key: str
    words: LazyText | str
    href: str
    details: list[LazyText | str]
    quotation: str = ""
    lang: str | None = None


WordsOfOutcome = tuple[LazyText | str, str, list[LazyText | str]]
"""What it is called, where it leads, and what is added."""


def describe_outcomes(found: DocumentOutcomes, formats: Localizer) -> list[OutcomeLine]:
    """Describe the outcomes of a document for a reader, in their order."""
    zone = find_outcome_zone(found)
    return [describe_outcome(each, zone, formats) for each in found.outcomes]


def find_outcome_zone(found: DocumentOutcomes) -> ZoneInfo:
    """Find the zone of the meeting of a document, in which its days are given; UTC if the reader sees none."""
    meeting = found.items[-1].meeting if found.items else found.meeting
    return ZoneInfo(meeting.zone if meeting else time_zones.UTC)


def describe_outcome(outcome: Outcome, zone: ZoneInfo, formats: Localizer) -> OutcomeLine:
    """Describe an outcome for a reader, with its day in this zone."""
    words, href, details = DESCRIPTIONS[type(outcome)](outcome, formats)
    if not isinstance(outcome, ActionPointOutcome):  # it has the day on which it is due
        place = 1 if isinstance(outcome, ItemOutcome) else len(details)  # of an item before its title
        details.insert(place, _date_outcome(outcome, zone, formats))
    quotation, lang = "", None
    if isinstance(outcome, DecisionOutcome | MadeFromOutcome) and outcome.text:
        quotation = cut_to_first_line(outcome.text)
        lang = outcome.lang if outcome.lang != formats.language else None
    return OutcomeLine(outcome.key, words, href, details, quotation, lang)


def _date_outcome(outcome: Outcome, zone: ZoneInfo, formats: Localizer) -> LazyText | str:
    """Say when it happened, in a zone, and what that day is of; the status of an output or a delivery says it already.

    An item is dated in the zone of its meeting, by its session if it is in one."""
    if isinstance(outcome, ItemOutcome):
        if outcome.starts_at is None:
            return _("meeting from %(day)s", day=formats.format_short_day(outcome.meeting.opens_on))
        zone, pattern = ZoneInfo(outcome.meeting.zone), _("session of %(day)s")
        return _(pattern.message, day=formats.format_short_day(outcome.starts_at.astimezone(zone).date()))
    day = formats.format_short_day(outcome.at.astimezone(zone).date())
    dated = DATES.get(type(outcome))
    return _(dated.message, day=day) if dated else day


def cut_to_first_line(text: str) -> str:
    """Return the first line of a text, cut at a word if it is long, with a mark if anything was left out."""
    first, *others = text.strip().splitlines() or [""]
    if len(first) <= LONGEST_QUOTATION:
        return f"{first.rstrip()} …" if others else first
    whole_words = first[:LONGEST_QUOTATION].rsplit(maxsplit=1)[0] if " " in first else first[:LONGEST_QUOTATION]
    return f"{whole_words.rstrip()}…"


def describe_state(found: DocumentOutcomes, *, is_ended: bool) -> LazyText | None:
    """Say what is to be said besides the outcomes; None if they say it."""
    state = find_outcome_state(found, is_ended=is_ended)
    if state is None:
        return None
    number = found.items[-1].label if found.items else ""
    return _(STATE_WORDS[state].message, number=number) if number else STATE_WORDS[state]


def describe_latest_outcome(found: DocumentOutcomes, formats: Localizer) -> LazyText | str | None:
    """Describe the latest outcome in a short line; None while there is none."""
    latest = find_latest_outcome(found.outcomes)
    if latest is None:
        return None
    words, _href, details = DESCRIPTIONS[type(latest)](latest, formats)
    return _("%(outcome)s, %(detail)s", outcome=words, detail=details[0]) if details else words


def _describe_item(outcome: ItemOutcome, formats: Localizer) -> WordsOfOutcome:
    title, _lang = localize_title(outcome.titles, formats.language)
    href = f"/meetings/{outcome.meeting.id}/agenda#item-{outcome.item_id}"
    meeting = _("Meeting %(number)s", number=formats.format_number(outcome.meeting.number))
    return _("Agenda item %(number)s", number=outcome.label), href, [meeting, title]


def _describe_decision(outcome: DecisionOutcome, formats: Localizer) -> WordsOfOutcome:
    words = _("Decision %(number)s", number=formats.format_number(outcome.number))
    href = f"/meetings/{outcome.meeting_id}/decisions#decision-{outcome.number}"
    return words, href, [DECISION_METHOD_LABELS[outcome.how]]


def _describe_output(outcome: OutputOutcome, formats: Localizer) -> WordsOfOutcome:
    title, _lang = localize_title(outcome.titles, formats.language, outcome.original)
    words = _("Made into %(text)s", text=outcome.symbol or title)
    return words, f"/outputs/{outcome.output_id}", [STATUS_LABELS[outcome.status][1]]


def _describe_action_point(outcome: ActionPointOutcome, formats: Localizer) -> WordsOfOutcome:
    owner = name_action_point_owner(outcome.owner, outcome.owner_name)
    details: list[LazyText | str] = []
    if outcome.due_on:
        details.append(_("due %(when)s", when=formats.format_day(outcome.due_on, weekday=False)))
    is_overdue = outcome.due_on is not None and outcome.due_on < clock.now().date()
    is_open = outcome.progress == ActionPointProgress.OPEN
    details.append(_("Overdue") if is_open and is_overdue else PROGRESS_LABELS[outcome.progress][1])
    return (
        _("Action for %(owner)s", owner=owner),
        f"/meetings/{outcome.meeting_id}/actions#action-{outcome.point_id}",
        details,
    )


def _describe_forwarding(outcome: ForwardingOutcome, formats: Localizer) -> WordsOfOutcome:  # noqa: ARG001 - as the others
    return _("Forwarded as %(symbol)s", symbol=outcome.symbol), f"/documents/{outcome.forwarded_id}", []


def _describe_relation(outcome: RelationOutcome, formats: Localizer) -> WordsOfOutcome:  # noqa: ARG001 - as the others
    return RELATION_LABELS[outcome.relation][1], f"/documents/{outcome.other_id}", [outcome.symbol]


def _describe_report(outcome: ReportOutcome, formats: Localizer) -> WordsOfOutcome:
    number = formats.format_number(outcome.number)
    paragraphs = ", ".join(map(formats.format_number, outcome.paragraphs))
    return (
        _("Report of meeting %(number)s", number=number),
        f"/meetings/{outcome.meeting_id}/report#p-{outcome.first}",
        [_("paragraph %(number)s", number=paragraphs)],
    )


def _describe_liaison(outcome: LiaisonOutcome, formats: Localizer) -> WordsOfOutcome:  # noqa: ARG001 - as the others
    sender = EntityName(outcome.organization) if outcome.organization else outcome.sender
    details: list[LazyText | str] = [WITHDRAWN_BY_SENDER] if outcome.is_withdrawn else []
    return _("Reply from %(sender)s", sender=sender), f"/liaisons/{outcome.liaison_id}", [outcome.subject, *details]


def _describe_sender_withdrawal(outcome: SenderWithdrawalOutcome, formats: Localizer) -> WordsOfOutcome:  # noqa: ARG001 - as the others
    return WITHDRAWN_BY_SENDER, f"/liaisons/{outcome.liaison_id}", []


def _describe_reply(outcome: ReplyOutcome, formats: Localizer) -> WordsOfOutcome:
    title, _lang = localize_title(outcome.titles, formats.language, outcome.original)
    words = _("Reply: %(text)s", text=outcome.symbol or title)
    return words, f"/outputs/{outcome.output_id}", [STATUS_LABELS[outcome.status][1]]


def _describe_delivery(outcome: DeliveryOutcome, formats: Localizer) -> WordsOfOutcome:
    recipient: LazyText | str = outcome.recipient
    if outcome.kind == RecipientKind.UNIT:
        recipient = ROLE_LABELS[outcome.recipient]
    if outcome.kind == RecipientKind.BODY:
        recipient = localize_title(outcome.names, formats.language)[0]
    words = _("Delivery to %(recipient)s", recipient=recipient)
    return words, f"/outputs/{outcome.output_id}#deliveries", [DELIVERY_STATE_LABELS[outcome.state][1]]


def _describe_source(outcome: MadeFromOutcome, formats: Localizer) -> WordsOfOutcome:
    if outcome.document_id:
        return _("Made from %(text)s", text=outcome.symbol), f"/documents/{outcome.document_id}", []
    words = _("Made from decision %(number)s", number=formats.format_number(outcome.number))
    return words, f"/meetings/{outcome.meeting_id}/decisions#decision-{outcome.number}", []


def _describe_mandate(outcome: MandateOutcome, formats: Localizer) -> WordsOfOutcome:  # noqa: ARG001 - as the others
    code = outcome.clause.code if outcome.clause else outcome.mandate.code
    return _("Cites %(mandate)s", mandate=format_citation(outcome.mandate, outcome.clause)), f"/mandates/{code}", []


DESCRIPTIONS: Mapping[type[Outcome], Callable[[Any, Localizer], WordsOfOutcome]] = MappingProxyType(
    {
        ItemOutcome: _describe_item,
        DecisionOutcome: _describe_decision,
        OutputOutcome: _describe_output,
        ActionPointOutcome: _describe_action_point,
        ForwardingOutcome: _describe_forwarding,
        RelationOutcome: _describe_relation,
        ReportOutcome: _describe_report,
        LiaisonOutcome: _describe_liaison,
        ReplyOutcome: _describe_reply,
        SenderWithdrawalOutcome: _describe_sender_withdrawal,
        DeliveryOutcome: _describe_delivery,
        MandateOutcome: _describe_mandate,
        MadeFromOutcome: _describe_source,
    }
)
