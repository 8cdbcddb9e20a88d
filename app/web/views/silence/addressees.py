"""The addressees of a silence procedure as pages show them: of which somebody can answer, and since when somebody could
see it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.core import clock
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.domain import member_states
from app.domain.outputs.models import Output
from app.domain.silence.models import InformedState, SilenceProcedure
from app.domain.silence.queries.addressees import (
    list_addressed_member_states,
    list_informed_states,
    list_states_to_inform,
    list_unreached_states,
)
from app.domain.silence.rules import compute_digest_of_states
from app.http.labels import OPENING_CHOICE_LABELS


@dataclass(frozen=True, slots=True)
class AddresseesBeforeOpening:
    """Number of the Member States to which a text would be addressed, and names of those of which no person can answer.

    `digest` is that of the latter, by which the form says which ones it showed.
    """

    count: int
    unreached: Sequence[str]
    digest: str

    @property
    def answering_count(self) -> int:
        """Number of States of which somebody can answer."""
        return self.count - len(self.unreached)


@dataclass(frozen=True, slots=True)
class InformedStateLine:
    """A State of which somebody could see a procedure: its name, the number of these people, and since when."""

    name: str
    people: int
    since: datetime


@dataclass(frozen=True, slots=True)
class SilenceAddressees:
    """The addressees of a procedure: names of those of which no person could answer when it was opened, what the chair
    chose about them, and the States of which somebody could see it; `later_count` of them only after the opening."""

    count: int
    unreached: Sequence[str]
    choice: LazyText | None
    note_sent_on: date | None
    note_reference: str | None
    reason: str | None
    informed: Sequence[InformedStateLine]
    later_count: int

    @property
    def answering_count(self) -> int:
        """Number of States of which somebody could answer when it was opened."""
        return self.count - len(self.unreached)


def load_addressees_before_opening(session: ReadSession, output: Output, language: str) -> AddresseesBeforeOpening:
    """Load the States before which a text would be put now."""
    addressees = list_addressed_member_states(session, output.body_id)
    informed = list_states_to_inform(session, output, clock.now())
    unreached = list_unreached_states(addressees, informed)
    return AddresseesBeforeOpening(
        len(addressees), _list_names(unreached, language), compute_digest_of_states(unreached)
    )


def load_silence_addressees(
    session: ReadSession, procedure: SilenceProcedure, language: str
) -> SilenceAddressees | None:
    """Load the addressees of a procedure; None if it was opened before they were stored."""
    if procedure.unreached is None:
        return None
    informed = list_informed_states(session, procedure)
    return SilenceAddressees(
        count=len(procedure.addressees),
        unreached=_list_names(procedure.unreached, language),
        choice=OPENING_CHOICE_LABELS[procedure.opened_despite] if procedure.opened_despite else None,
        note_sent_on=procedure.note_sent_on,
        note_reference=procedure.note_reference,
        reason=procedure.opening_reason,
        informed=_build_lines(informed, language),
        later_count=sum(state.since > procedure.opened_at for state in informed),
    )


def _list_names(states: Collection[str], language: str) -> list[str]:
    """List the names of States in the order of a language."""
    ordered = member_states.order_by_name(states, language)
    return [member_states.get_state_name(code, language) for code in ordered]


def _build_lines(informed: Iterable[InformedState], language: str) -> list[InformedStateLine]:
    """Build a line for each State, in the order of their names in a language."""
    by_code = {state.entity: state for state in informed}
    return [
        InformedStateLine(member_states.get_state_name(code, language), by_code[code].people, by_code[code].since)
        for code in member_states.order_by_name(by_code, language)
    ]
