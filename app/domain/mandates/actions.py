"""Keeping of the register of mandates. Nothing is ever deleted, since what cites it must remain understandable."""

import hashlib
from uuid import uuid4

from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.canonical_json import to_canonical_json
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.mandates import events, queries, rules
from app.domain.mandates.inputs import (
    ActionLineContent,
    ClauseContent,
    FacilitationInput,
    MandateTitles,
    NewClause,
    NewMandate,
    NewMandateVersion,
    Retirement,
    build_clause_code,
)
from app.domain.mandates.models import ActionLine, Clause, Facilitation, Mandate, MandateVersion

CODE_TAKEN = _("This code cannot be used. Enter another code.")


def create_mandate(session: WriteSession, actor: Actor, new: NewMandate) -> Mandate:
    """Add a mandate with its first version. Raises BadRequest if its code is taken."""
    rules.EDIT.require(actor, None)
    statement = insert(Mandate).values(code=new.code, source=new.source, kind=new.kind, number=new.number, version=1)
    if session.scalar(statement.on_conflict_do_nothing().returning(Mandate.code)) is None:
        raise BadRequest(CODE_TAKEN)
    session.add(_build_version(new.code, new))
    journal.record_event(session, actor, events.MandateAdded(new.code))
    return queries.get_mandate(session, new.code)


def _build_version(mandate: str, new: NewMandateVersion) -> MandateVersion:
    return MandateVersion(mandate=mandate, year=new.year, place=new.place or "", **_title_columns(new))


def _title_columns(titles: MandateTitles) -> dict[str, object]:
    """Return the title of a version as columns."""
    return {
        "titles": titles.texts,
        "confirmed": titles.confirmed_languages,
        "in_own_words": titles.in_own_words,
        "address": titles.web_address,
    }


def rename_mandate(
    session: WriteSession, actor: Actor, mandate: Mandate, titles: MandateTitles, *, version: int
) -> None:
    """Change or confirm the title of the version in force, for all that cites it. Raises Stale."""
    rules.EDIT.require(actor, mandate)
    require_version(mandate.version, version)
    in_force = queries.list_versions(session, mandate)[0]
    columns = _title_columns(titles)
    if all(getattr(in_force, name) == value for name, value in columns.items()):
        return
    for name, value in columns.items():
        setattr(in_force, name, value)
    mandate.version += 1
    journal.record_event(session, actor, events.MandateRenamed(mandate.code, mandate.version))


def add_mandate_version(session: WriteSession, actor: Actor, mandate: Mandate, new: NewMandateVersion) -> None:
    """Add a version, which is in force from now on. What cites clauses of earlier ones goes on citing these.

    Raises BadRequest if it is not later than the version in force.
    """
    rules.EDIT.require(actor, mandate)
    if new.year <= queries.list_versions(session, mandate)[0].year:
        raise BadRequest(_("A new version must be later than the version in force."))
    session.add(_build_version(mandate.code, new))
    mandate.version += 1
    journal.record_event(session, actor, events.MandateVersionAdded(mandate.code, new.year))


def add_clause(session: WriteSession, actor: Actor, mandate: Mandate, new: NewClause) -> Clause:
    """Add a clause at the end of the version in force. Raises BadRequest if it has one with this label."""
    rules.EDIT.require(actor, mandate)
    year = queries.list_versions(session, mandate)[0].year
    statement = insert(Clause).values(
        code=build_clause_code(mandate.code, year, new.label),
        mandate=mandate.code,
        year=year,
        position=queries.find_last_position(session, mandate.code, year) + 1,
        label=new.label,
        version=1,
        **_clause_columns(new),
    )
    code = session.scalar(statement.on_conflict_do_nothing().returning(Clause.code))
    if code is None:
        raise BadRequest(_("This version already has a clause with this label."))
    journal.record_event(session, actor, events.ClauseAdded(mandate.code, code))
    return queries.get_clause(session, code)


def _clause_columns(content: ClauseContent) -> dict[str, object]:
    """Return what a clause says as columns."""
    return {
        "words": content.texts,
        "confirmed": content.confirmed_languages,
        "in_own_words": content.in_own_words,
        "acts": list(map(str, dict.fromkeys(content.acts))),
        "asks": str(content.asks),
    }


def change_clause(session: WriteSession, actor: Actor, clause: Clause, content: ClauseContent, *, version: int) -> None:
    """Change what the register says of a clause of a mandate that is not retired. Raises Stale."""
    rules.EDIT.require(actor, queries.get_mandate(session, clause.mandate))
    rules.EDIT.require(actor, clause)
    require_version(clause.version, version)
    columns = _clause_columns(content)
    if all(getattr(clause, name) == value for name, value in columns.items()):
        return
    for name, value in columns.items():
        setattr(clause, name, value)
    clause.version += 1
    journal.record_event(session, actor, events.ClauseChanged(clause.mandate, clause.code, clause.version))


def retire_mandate(session: WriteSession, actor: Actor, mandate: Mandate, retirement: Retirement) -> None:
    """Retire a mandate with its clauses: nothing new can cite them, and what cites them goes on doing so.

    Raises BadRequest if its successor is unknown, retired or itself.
    """
    rules.RETIRE.require(actor, mandate)
    successor = retirement.successor
    if successor is not None and (successor == mandate.code or not _is_citable(session, successor)):
        raise BadRequest(_("Select the mandate that continues this one, or none."))
    mandate.retired_at, mandate.successor = clock.now(), successor
    mandate.version += 1
    journal.record_event(session, actor, events.MandateRetired(mandate.code, successor))


def _is_citable(session: WriteSession, code: str, *, of_clauses: bool = False) -> bool:
    """Tell whether something new can cite the mandate with this code, or the clause."""
    found = queries.list_citable_texts(session, {code})
    return any((text.clause is not None) == of_clauses and not text.is_retired for text in found)


def restore_mandate(session: WriteSession, actor: Actor, mandate: Mandate) -> None:
    """Restore a retired mandate, so that it can be cited again."""
    rules.RESTORE.require(actor, mandate)
    mandate.retired_at = mandate.successor = None
    mandate.version += 1
    journal.record_event(session, actor, events.MandateRestored(mandate.code))


def retire_clause(session: WriteSession, actor: Actor, clause: Clause, retirement: Retirement) -> None:
    """Retire a clause: nothing new can cite it. Raises BadRequest if its successor is no other clause that can be
    cited."""
    rules.EDIT.require(actor, queries.get_mandate(session, clause.mandate))
    rules.RETIRE.require(actor, clause)
    successor = retirement.successor
    if successor is not None and (successor == clause.code or not _is_citable(session, successor, of_clauses=True)):
        raise BadRequest(_("Select the clause that continues this one, or none."))
    clause.retired_at, clause.successor = clock.now(), successor
    clause.version += 1
    journal.record_event(session, actor, events.ClauseRetired(clause.mandate, clause.code, successor))


def restore_clause(session: WriteSession, actor: Actor, clause: Clause) -> None:
    """Restore a retired clause of a mandate that is not retired, so that it can be cited again."""
    rules.EDIT.require(actor, queries.get_mandate(session, clause.mandate))
    rules.RESTORE.require(actor, clause)
    clause.retired_at = clause.successor = None
    clause.version += 1
    journal.record_event(session, actor, events.ClauseRestored(clause.mandate, clause.code))


def change_action_line(
    session: WriteSession, actor: Actor, line: ActionLine, content: ActionLineContent, *, version: int
) -> None:
    """Change or confirm the name and the goals of an action line. Raises Stale."""
    rules.EDIT.require(actor, None)
    require_version(line.version, version)
    line.names, line.confirmed = content.texts, content.confirmed_languages
    line.sdgs, line.sdgs_confirmed = sorted(set(content.sdgs)), content.sdgs_confirmed
    line.version += 1
    journal.record_event(session, actor, events.ActionLineChanged(line.code, line.version))


def add_facilitation(session: WriteSession, actor: Actor, line: ActionLine, content: FacilitationInput) -> Facilitation:
    """Add an organization that facilitates an action line. Raises BadRequest if an entry of it has not ended."""
    rules.EDIT.require(actor, None)
    _require_no_other_entry(session, line, content)
    facilitation = Facilitation(id=uuid4(), action_line=line.code, version=1)
    _put_facilitation(facilitation, content)
    session.add(facilitation)
    session.flush()
    event = events.FacilitationKept(line.code, facilitation.id, _compute_facilitation_digest(content), "")
    journal.record_event(session, actor, event)
    return facilitation


def change_facilitation(
    session: WriteSession, actor: Actor, facilitation: Facilitation, content: FacilitationInput, *, version: int
) -> None:
    """Change what the register says of a facilitator; with a last day it is over, and stays listed. Raises Stale, and
    BadRequest if it has not ended, and another entry of the organization has not either."""
    rules.EDIT.require(actor, None)
    require_version(facilitation.version or 1, version)
    was = queries.read_facilitation(facilitation)
    if was == content:
        return
    if content.until_on is None or content.until_on >= clock.now().date():
        line = queries.get_action_line(session, facilitation.action_line)
        _require_no_other_entry(session, line, content, than=facilitation)
    _put_facilitation(facilitation, content)
    facilitation.version = version + 1
    digests = _compute_facilitation_digest(content), _compute_facilitation_digest(was)
    event = events.FacilitationKept(facilitation.action_line, facilitation.id, *digests)
    journal.record_event(session, actor, event)


def _require_no_other_entry(
    session: WriteSession, line: ActionLine, content: FacilitationInput, *, than: Facilitation | None = None
) -> None:
    """Raise BadRequest if another entry of the organization has not ended. Locks the action line, so that none is made
    meanwhile."""
    lock_row(session, line)
    listed, today = queries.list_facilitations(session, line.code).get(line.code, ()), clock.now().date()
    others = (each for each in listed if each is not than and each.organization == content.organization)
    if not all(each.has_ended(today) for each in others):
        raise BadRequest(_("This organization is listed already. Change its entry."))


def _put_facilitation(facilitation: Facilitation, content: FacilitationInput) -> None:
    facilitation.organization, facilitation.confirmed = content.organization, content.confirmed
    facilitation.role = str(content.role) if content.role else None
    facilitation.from_on, facilitation.until_on = content.from_on, content.until_on
    facilitation.basis = content.basis or ""


def _compute_facilitation_digest(content: FacilitationInput) -> str:
    return hashlib.sha256(to_canonical_json(content.model_dump(mode="json"))).hexdigest()
