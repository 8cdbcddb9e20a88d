"""The participants of a meeting in protocol order, by delegation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.meetings.models import Meeting
from app.domain.participants import rules
from app.domain.participants.models import ITU_ENTITY, Participant
from app.http.authentication import EntityName
from app.http.labels import PARTICIPANT_ROLE_LABELS, PARTICIPATION_MODE_LABELS

SECRETARIAT_LABEL, OBSERVERS_LABEL = _("Secretariat of ITU"), _("Observers")


@dataclass(frozen=True, slots=True)
class ParticipantLine:
    """One participant in a list."""

    participant: Participant
    capacity: LazyText
    mode: LazyText
    may_change: bool
    may_see_badge: bool


@dataclass(frozen=True, slots=True)
class DelegationGroup:
    """The participants of one delegation, of one observer organization, or of the secretariat."""

    name: LazyText
    lines: list[ParticipantLine]


def group_by_delegation(actor: Actor, meeting: Meeting, participants: Sequence[Participant]) -> list[DelegationGroup]:
    """Group participants by delegation, in protocol order."""
    delegations = (
        list(those) for _key, those in groupby(participants, key=lambda each: each.entity or each.entity_name)
    )
    return [
        DelegationGroup(
            name_delegation_group(those[0].entity, those[0].entity_name),
            [_line(actor, meeting, each) for each in those],
        )
        for those in delegations
    ]


def list_csv_rows(participants: Sequence[Participant], language: str) -> Iterator[Sequence[str]]:
    """Yield the headings, as an import takes them, and a row for each participant, with whether they were present."""
    headings = (_("State"), _("Name"), _("Function"), _("Participates as"), _("On site or remote"), _("Organization"))
    yield [heading.translate(language) for heading in (*headings, _("Present"))]
    for each in participants:
        present = {True: _("Yes"), False: _("No"), None: None}[each.attended]
        yield (
            each.entity,
            each.name,
            each.function,
            PARTICIPANT_ROLE_LABELS[each.capacity].translate(language),
            PARTICIPATION_MODE_LABELS[each.mode].translate(language),
            "" if each.entity else each.entity_name,
            present.translate(language) if present else "",
        )


def name_delegation_group(entity: str, entity_name: str) -> LazyText:
    """Return the name of a delegation, of an observer organization, or of the secretariat."""
    return SECRETARIAT_LABEL if entity == ITU_ENTITY else EntityName(entity or entity_name, {"otherwise": entity_name})


def _line(actor: Actor, meeting: Meeting, each: Participant) -> ParticipantLine:
    may_change = rules.REGISTER.allows(actor, rules.build_delegation(meeting, each.entity))
    return ParticipantLine(
        each,
        PARTICIPANT_ROLE_LABELS[each.capacity],
        PARTICIPATION_MODE_LABELS[each.mode],
        may_change,
        each.wears_badge and rules.SEE_BADGE.allows(actor, rules.BadgeRuleSubject(meeting.body_id, each.person_id)),
    )
