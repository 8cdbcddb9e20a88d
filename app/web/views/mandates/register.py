"""The register of mandates and action lines as one reader sees it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.core import clock
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.domain.mandates import queries
from app.domain.mandates.models import ActionLine, Clause, Facilitation, Mandate, MandateVersion
from app.domain.mandates.rules import format_designation
from app.web.views.mandates.labels import RegisterLabel, format_dating, name_clause
from app.web.views.mandates.words import (
    FACILITATOR_ROLE_LABELS,
    ITU_ROLE_LABELS,
    RHYTHM_LABELS,
    SOURCE_LABELS,
    RegisterWords,
    list_parties,
    localize_register_words,
)


@dataclass(frozen=True, slots=True)
class MandateLine:
    """A mandate with its version in force, as a line of the register."""

    code: str
    name: LazyText
    dating: RegisterLabel
    words: RegisterWords
    in_own_words: bool
    is_retired: bool


@dataclass(frozen=True, slots=True)
class ClauseLine:
    """A clause, as a line of its mandate."""

    code: str
    label: RegisterLabel
    words: RegisterWords
    in_own_words: bool
    parties: Sequence[LazyText]
    rhythm: LazyText
    is_retired: bool


@dataclass(frozen=True, slots=True)
class VersionSection:
    """A version of a mandate with its clauses; `ended` is the year of the next one, None if it is in force."""

    dating: RegisterLabel
    words: RegisterWords
    in_own_words: bool
    address: str | None
    ended: int | None
    clauses: Sequence[ClauseLine]


@dataclass(frozen=True, slots=True)
class ActionLineLine:
    """An action line, as a line of the register, with who facilitates it."""

    code: str
    words: RegisterWords
    itu_role: LazyText | None
    facilitations: Sequence[Facilitation]
    goals: Sequence[int]
    are_goals_confirmed: bool
    is_application: bool


@dataclass(frozen=True, slots=True)
class FacilitatorLine:
    """An organization that facilitates an action line, or did."""

    id: UUID
    organization: str
    role: LazyText | None
    from_on: date | None
    until_on: date | None
    basis: str
    confirmed: bool
    has_ended: bool


def list_facilitator_lines(facilitations: Sequence[Facilitation], today: date) -> list[FacilitatorLine]:
    """List who facilitates an action line, those who no longer do last."""
    lines = [
        FacilitatorLine(
            each.id,
            each.organization,
            FACILITATOR_ROLE_LABELS.get(each.role or ""),
            each.from_on,
            each.until_on,
            each.basis,
            each.confirmed,
            each.has_ended(today),
        )
        for each in facilitations
    ]
    return sorted(lines, key=lambda line: line.has_ended)


def list_mandates_by_source(
    session: ReadSession, language: str, *, with_retired: bool
) -> list[tuple[LazyText, list[MandateLine]]]:
    """List mandates with their version in force, by who adopted them."""
    groups: dict[str, list[MandateLine]] = {}
    for mandate, version in queries.list_mandates(session, with_retired=with_retired):
        groups.setdefault(mandate.source, []).append(build_mandate_line(mandate, version, language))
    return [(SOURCE_LABELS[source], lines) for source, lines in groups.items()]


def build_mandate_line(mandate: Mandate, version: MandateVersion, language: str) -> MandateLine:
    """Build the line of a mandate with one of its versions."""
    return MandateLine(
        mandate.code,
        format_designation(mandate),
        format_dating(version),
        localize_register_words(version.titles, version.confirmed, language),
        version.in_own_words,
        mandate.retired_at is not None,
    )


def build_clause_line(mandate: Mandate, clause: Clause, language: str) -> ClauseLine:
    """Build the line of a clause."""
    return ClauseLine(
        clause.code,
        name_clause(mandate, clause),
        localize_register_words(clause.words, clause.confirmed, language),
        clause.in_own_words,
        list_parties(clause),
        RHYTHM_LABELS[clause.asks],
        clause.retired_at is not None,
    )


def list_version_sections(
    mandate: Mandate, versions: Sequence[MandateVersion], clauses: Iterable[Clause], language: str
) -> list[VersionSection]:
    """List the versions of a mandate with their clauses, the one in force first."""
    by_year: dict[int, list[ClauseLine]] = {}
    for clause in clauses:
        by_year.setdefault(clause.year, []).append(build_clause_line(mandate, clause, language))
    ends = [None, *(version.year for version in versions)]
    return [
        VersionSection(
            format_dating(version),
            localize_register_words(version.titles, version.confirmed, language),
            version.in_own_words,
            version.address,
            ended,
            by_year.get(version.year, ()),
        )
        for version, ended in zip(versions, ends, strict=False)
    ]


def list_action_line_lines(session: ReadSession, language: str) -> list[ActionLineLine]:
    """List all action lines with who facilitates them."""
    facilitations = queries.list_facilitations(session)
    return [build_action_line_line(line, facilitations, language) for line in queries.list_action_lines(session)]


def build_action_line_line(
    line: ActionLine, facilitations: Mapping[str, Sequence[Facilitation]], language: str
) -> ActionLineLine:
    """Build the line of an action line."""
    return ActionLineLine(
        line.code,
        localize_register_words(line.names, line.confirmed, language),
        ITU_ROLE_LABELS.get(line.itu_role or ""),
        [each for each in facilitations.get(line.code, ()) if not each.has_ended(clock.now().date())],
        line.sdgs,
        line.sdgs_confirmed,
        line.parent is not None,
    )
