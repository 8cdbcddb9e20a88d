"""Badges of participants, and the sheets on which they were put."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.core.i18n import DEFAULT_LANGUAGE, LazyText
from app.core.qr_codes import QrDrawing, draw_qr_code
from app.core.short_codes import format_short_code
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.member_states import get_state_name, is_known_state
from app.domain.participants.models import Participant
from app.domain.participants.rules import derive_badge_code
from app.http.labels import PARTICIPANT_ROLE_LABELS
from app.http.page_context import ReadContext
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.titles import localize_title
from app.web.views.meetings.participants import name_delegation_group

BADGES_ON_PAGE = 10
"""Two in a row and five rows on A4; `badges.css` has the sizes."""
LETTERS_OF_NAME = 28
"""What two lines of a badge hold in large letters."""


@dataclass(frozen=True, slots=True)
class Badge:
    """A badge: who it is for, of what, in which capacity, and the code by which its holder is checked in.

    `second_name` is the name of the State in one more language, with that. `is_dense` says that a long name needs
    smaller letters.
    """

    name: str
    function: str
    delegation: LazyText
    second_name: tuple[str, str] | None
    capacity: LazyText
    code: str
    qr: QrDrawing
    is_dense: bool


@dataclass(frozen=True, slots=True)
class BadgeSheet:
    """Badges, by page, with what all of them say of the meeting."""

    meeting: Meeting
    name: LazyText
    place: tuple[str, str | None]
    pages: Sequence[Sequence[Badge]]


def get_badge_key(context: ReadContext) -> str:
    """Return the key from which the codes of badges follow."""
    return context.portal.settings.session_secret.get_secret_value()


def build_badge_sheet(context: ReadContext, meeting: Meeting, participants: Iterable[Participant]) -> BadgeSheet:
    """Build the badges of participants of a meeting, in the language of the page."""
    body, key = context.session.get_one(Body, meeting.body_id), get_badge_key(context)
    second = find_second_language(body.languages, context.language)
    badges = [_build_badge(each, second, key) for each in participants]
    pages = [badges[start : start + BADGES_ON_PAGE] for start in range(0, len(badges), BADGES_ON_PAGE)]
    return BadgeSheet(
        meeting, format_meeting_name(meeting, body), localize_title(meeting.place, context.language), pages
    )


def find_second_language(languages: Iterable[str], first: str) -> str | None:
    """Find the language in which badges name the State once more: of those in which the group works, English before
    others. None if it works in one alone."""
    others = sorted({*languages, DEFAULT_LANGUAGE} - {first}, key=lambda each: (each != DEFAULT_LANGUAGE, each))
    return others[0] if others and languages else None


def list_made_sheets(participants: Iterable[Participant]) -> list[tuple[str, datetime, int]]:
    """List the sheets that were made, the latest first: name in its address, when, and how many badges it has still."""
    made: Mapping[datetime, int] = Counter(each.badge_made_at for each in participants if each.badge_made_at)
    return [(format_sheet_instant(at), at, made[at]) for at in sorted(made, reverse=True)]


def format_sheet_instant(instant: datetime) -> str:
    """Format when a sheet was made, as its address names it."""
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def _build_badge(participant: Participant, second: str | None, key: str) -> Badge:
    code, entity = derive_badge_code(participant, key=key), participant.entity
    return Badge(
        name=participant.name,
        function=participant.function,
        delegation=name_delegation_group(entity, participant.entity_name),
        second_name=(get_state_name(entity, second), second) if second and is_known_state(entity) else None,
        capacity=PARTICIPANT_ROLE_LABELS[participant.capacity],
        code=format_short_code(code),
        qr=draw_qr_code(code),
        is_dense=len(participant.name) > LETTERS_OF_NAME,
    )
