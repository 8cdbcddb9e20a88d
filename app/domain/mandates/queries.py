"""Queries for the register of mandates and action lines. Everybody who has signed in sees all of it.

What is cited is a mandate, by its code, or a clause, by the code of its mandate and its own. A mandate that is cited as
a whole is the continuing one; a clause is that of its version, so that a new version moves no citation.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

from app.core.database.combined_lists import read_statements_together
from app.core.db import LocalizedText, ReadSession, add_row_lock
from app.core.errors import BadRequest, NotFound
from app.core.i18n import lazy_gettext as _
from app.domain.mandates.inputs import FacilitationInput
from app.domain.mandates.models import (
    ActionLine,
    Clause,
    Facilitation,
    FacilitatorRole,
    Mandate,
    MandateSource,
    MandateVersion,
)

MANDATE_CODE_PATTERN = re.compile(r"[a-z0-9-]{1,40}")
CLAUSE_CODE_PATTERN = re.compile(r"[a-z0-9-]{1,40}/[0-9]{4}-[a-z0-9-]{1,80}")
ACTION_LINE_PATTERN = re.compile(r"C[0-9]{1,2}(-[a-z]{1,10})?")
SOURCE_ORDER = tuple(MandateSource)


def list_confirmed_texts(texts: LocalizedText, confirmed: Collection[str]) -> LocalizedText:
    """Return the languages of a text that were confirmed: only these are shown outside the register."""
    return {language: text for language, text in texts.items() if language in confirmed}


@dataclass(frozen=True, slots=True)
class CitableText:
    """A mandate with its version in force, or a clause with its version."""

    mandate: Mandate
    version: MandateVersion
    clause: Clause | None = None

    @property
    def code(self) -> str:
        """The code by which it is cited."""
        return self.clause.code if self.clause else self.mandate.code

    @property
    def is_retired(self) -> bool:
        """Whether nothing new may cite it."""
        return self.mandate.retired_at is not None or bool(self.clause and self.clause.retired_at)

    @property
    def titles(self) -> LocalizedText:
        """What it says or is called, in the confirmed languages; empty if there are none."""
        if self.clause:
            return list_confirmed_texts(self.clause.words, self.clause.confirmed)
        return list_confirmed_texts(self.version.titles, self.version.confirmed)


def _select_versions() -> Select[Mandate, MandateVersion]:
    """Select all versions of all mandates, by source and number, the latest version first."""
    source = func.array_position(list(map(str, SOURCE_ORDER)), Mandate.source)
    return (
        select(Mandate, MandateVersion)
        .join(MandateVersion, MandateVersion.mandate == Mandate.code)
        .order_by(source, Mandate.kind.desc(), func.length(Mandate.number), Mandate.number, MandateVersion.year.desc())
    )


def select_citable_texts(codes: Collection[str] | None = None) -> Select[Mandate, MandateVersion, Clause]:
    """Select all versions of mandates with their clauses; with `codes`, those of the mandates that these name."""
    statement = _select_versions().outerjoin(
        Clause, (Clause.mandate == MandateVersion.mandate) & (Clause.year == MandateVersion.year)
    )
    if codes is not None:
        statement = statement.where(Mandate.code.in_(sorted({code.partition("/")[0] for code in codes})))
    return statement.add_columns(Clause).order_by(Clause.position)


def build_citable_texts(rows: Iterable[Sequence[Any]], codes: Collection[str] | None = None) -> Sequence[CitableText]:
    """Build what can be cited from the rows of `select_citable_texts`: mandates, each with its version in force, and
    after each its clauses; with `codes`, these alone.

    Without `codes`, clauses of versions that are no longer in force are left out, and retired ones are not.
    """
    in_force: dict[str, int] = {}
    listed: dict[str, CitableText] = {}
    for mandate, version, clause in rows:
        is_latest = in_force.setdefault(mandate.code, version.year) == version.year
        if is_latest:
            listed.setdefault(mandate.code, CitableText(mandate, version))
        if clause and (is_latest or codes is not None):
            listed[clause.code] = CitableText(mandate, version, clause)
    return [each for code, each in listed.items() if codes is None or code in codes]


def list_citable_texts(session: ReadSession, codes: Collection[str] | None = None) -> Sequence[CitableText]:
    """List what can be cited; with `codes`, these alone. See `build_citable_texts`."""
    return build_citable_texts(session.execute(select_citable_texts(codes)).all(), codes)


def list_mandates(session: ReadSession, *, with_retired: bool) -> Sequence[tuple[Mandate, MandateVersion]]:
    """List mandates with their version in force, by source and number."""
    statement = _select_versions()
    if not with_retired:
        statement = statement.where(Mandate.retired_at.is_(None))
    latest: dict[str, tuple[Mandate, MandateVersion]] = {}
    for mandate, version in session.execute(statement).all():
        latest.setdefault(mandate.code, (mandate, version))
    return list(latest.values())


def get_mandate(session: ReadSession, code: str, *, lock: bool = False) -> Mandate:
    """Return the mandate with this code; with `lock`, locked until the transaction ends. Raises NotFound."""
    statement = select(Mandate).where(Mandate.code == code)
    if lock:
        statement = add_row_lock(statement)
    mandate = session.scalar(statement) if MANDATE_CODE_PATTERN.fullmatch(code) else None
    if mandate is None:
        raise NotFound()
    return mandate


def list_versions(session: ReadSession, mandate: Mandate) -> Sequence[MandateVersion]:
    """List the versions of a mandate, the one in force first; there is always one."""
    statement = select(MandateVersion).where(MandateVersion.mandate == mandate.code)
    return session.scalars(statement.order_by(MandateVersion.year.desc())).all()


def list_clauses(session: ReadSession, mandate: Mandate) -> Sequence[Clause]:
    """List the clauses of all versions of a mandate, in the order of the text."""
    statement = select(Clause).where(Clause.mandate == mandate.code)
    return session.scalars(statement.order_by(Clause.year.desc(), Clause.position)).all()


def get_clause(session: ReadSession, code: str, *, lock: bool = False) -> Clause:
    """Return the clause with this code; with `lock`, locked until the transaction ends. Raises NotFound."""
    statement = select(Clause).where(Clause.code == code)
    if lock:
        statement = add_row_lock(statement)
    clause = session.scalar(statement) if CLAUSE_CODE_PATTERN.fullmatch(code) else None
    if clause is None:
        raise NotFound()
    return clause


def find_last_position(session: ReadSession, mandate: str, year: int) -> int:
    """Return the position of the last clause of a version; 0 if it has none."""
    statement = select(func.max(Clause.position)).where(Clause.mandate == mandate, Clause.year == year)
    return session.scalar(statement) or 0


def select_action_lines() -> Select[ActionLine]:
    """Select all action lines, each application after C7."""
    return select(ActionLine).order_by(ActionLine.position)


def list_action_lines(session: ReadSession) -> Sequence[ActionLine]:
    """List all action lines, each application after C7."""
    return session.scalars(select_action_lines()).all()


def read_cited(
    session: ReadSession, mandates: Collection[str], lines: Collection[str]
) -> tuple[Sequence[CitableText], Sequence[ActionLine]]:
    """Read what something cites, in one statement; in none if it cites nothing."""
    if not (mandates or lines):
        return (), ()
    rows, line_rows = read_statements_together(session, [select_citable_texts(mandates), select_action_lines()])
    return build_citable_texts(rows, mandates), [line for (line,) in line_rows if line.code in lines]


def get_action_line(session: ReadSession, code: str, *, lock: bool = False) -> ActionLine:
    """Return the action line with this code; with `lock`, locked until the transaction ends. Raises NotFound."""
    statement = select(ActionLine).where(ActionLine.code == code)
    if lock:
        statement = add_row_lock(statement)
    line = session.scalar(statement) if ACTION_LINE_PATTERN.fullmatch(code) else None
    if line is None:
        raise NotFound()
    return line


def list_facilitations(session: ReadSession, code: str | None = None) -> Mapping[str, Sequence[Facilitation]]:
    """List who facilitates the action lines, or one of them, by the code of the line."""
    statement = select(Facilitation).order_by(Facilitation.organization)
    if code is not None:
        statement = statement.where(Facilitation.action_line == code)
    by_line: dict[str, list[Facilitation]] = {}
    for facilitation in session.scalars(statement):
        by_line.setdefault(facilitation.action_line, []).append(facilitation)
    return by_line


def get_facilitation(session: ReadSession, line: str, key: UUID, *, lock: bool = False) -> Facilitation:
    """Return an entry of a facilitator of an action line; with `lock`, locked until the transaction ends. Raises
    NotFound."""
    statement = select(Facilitation).where(Facilitation.action_line == line, Facilitation.id == key)
    facilitation = session.scalar(add_row_lock(statement) if lock else statement)
    if facilitation is None:
        raise NotFound()
    return facilitation


def read_facilitation(facilitation: Facilitation) -> FacilitationInput:
    """Read what the register says of a facilitator, as it is entered."""
    return FacilitationInput(
        organization=facilitation.organization,
        role=FacilitatorRole(facilitation.role) if facilitation.role else None,
        from_on=facilitation.from_on,
        until_on=facilitation.until_on,
        basis=facilitation.basis or None,
        confirmed=facilitation.confirmed,
    )


def build_citing_condition(column: InstrumentedAttribute[list[str]], code: str) -> ColumnElement[bool]:
    """Build the condition that a column of citations has this clause; or this mandate, as a whole or by a clause."""
    if "/" in code:
        contains: ColumnElement[bool] = column.contains([code])
        return contains
    clauses = select(func.array_agg(Clause.code)).where(Clause.mandate == code).scalar_subquery()
    overlaps: ColumnElement[bool] = column.overlap(func.array_append(clauses, code, type_=ARRAY(String)))
    return overlaps


def require_citable(session: ReadSession, codes: Collection[str], *, already_cited: Collection[str] = ()) -> list[str]:
    """Return these codes of mandates and clauses in the order of the register. Raises BadRequest if one cannot be cited
    (any more) and is not in `already_cited`."""
    if not codes:
        return []
    cited = [text for text in list_citable_texts(session, codes) if not text.is_retired or text.code in already_cited]
    if len(cited) != len(set(codes)):
        raise BadRequest(_("One of these mandates can no longer be cited. Select from the current register."))
    return [text.code for text in cited]


def require_action_lines(session: ReadSession, codes: Collection[str]) -> list[str]:
    """Return these codes of action lines in their order. Raises BadRequest if one does not exist."""
    if not codes:
        return []
    known = [line.code for line in list_action_lines(session) if line.code in codes]
    if len(known) != len(set(codes)):
        raise BadRequest(_("One of these action lines does not exist. Select from the list."))
    return known
