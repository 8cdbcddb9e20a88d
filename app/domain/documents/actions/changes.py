"""Change the entry of a registered document, on record: title, abstract, access, topics and proposals."""

from collections.abc import Iterator
from uuid import UUID

from app.core import clock, journal
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest, NotFound, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission
from app.core.validation import ReasonInput
from app.domain.bodies.models import StateAct
from app.domain.bodies.queries.state_decisions import require_decision_for_state
from app.domain.documents import events, rules
from app.domain.documents.inputs import (
    AccessChangeInput,
    DocumentTitles,
    ProposalListInput,
    RegisterCorrectionInput,
)
from app.domain.documents.models import (
    ActingSide,
    CorrectedField,
    Document,
    DocumentAccess,
    DocumentCorrection,
    Edition,
)
from app.domain.documents.queries import documents, proposals
from app.domain.mandates import queries as mandate_queries
from app.domain.topics import queries as subjects


def change_document_access(
    session: WriteSession, actor: Actor, document: Document, change: AccessChangeInput, *, version: int
) -> None:
    """Change who may read a document. Raises Forbidden, Conflict, Stale; BadRequest if nothing would change."""
    lock_for_change(session, actor, document, rules.CHANGE_ACCESS, version)
    old = document.access
    if change.access == old:
        raise BadRequest(_("This is already the current setting. Choose a different group of readers."))
    is_wider = rules.is_wider_access(change.access, old)
    if is_wider and rules.get_acting_side(actor, document) == ActingSide.SUBMITTER:
        require_decision_for_state(session, actor, document.body_id, StateAct.WIDER_ACCESS)
    document.access = change.access
    document.version += 1
    record = _record_change(session, actor, document, change, CorrectedField.ACCESS, old, change.access)
    event = events.AccessChanged(document.id, record.id, old, change.access)
    journal.record_event(session, actor, event, body=document.body_id)


def follow_access_of_source(
    session: WriteSession, document: Document, access: DocumentAccess, because: ReasonInput, *, decided_by: UUID
) -> None:
    """Give a sealed document the audience that its source has from now on, as an act of the system.

    `decided_by` is who decided what becomes of the source.
    """
    lock_row(session, document)
    old = document.access
    if document.ended_as is not None or access == old:
        return
    document.access = access
    document.version += 1
    record = DocumentCorrection(
        document_id=document.id,
        what=CorrectedField.ACCESS,
        old=old,
        new=access,
        because=because.reason,
        side=ActingSide.SECRETARIAT,
        corrected_by=decided_by,
        corrected_at=clock.now(),
    )
    session.add(record)
    session.flush()
    event = events.AccessChanged(document.id, record.id, old, access)
    journal.record_event(session, None, event, body=document.body_id)


def correct_register_entry(
    session: WriteSession, actor: Actor, document: Document, correction: RegisterCorrectionInput, *, version: int
) -> None:
    """Correct title (in one language), abstract, topics or citations of a document on the register.

    Editions stay as registered. Raises Forbidden, Conflict, Stale; BadRequest if nothing would change.
    """
    lock_for_change(session, actor, document, rules.CORRECT, version)
    records = []
    old = document.titles.get(correction.language, "")
    if correction.title and correction.title != old:
        document.titles = {**document.titles, correction.language: correction.title}
        records.append(
            _record_change(
                session, actor, document, correction, CorrectedField.TITLE, old, correction.title, correction.language
            )
        )
    if correction.abstract is not None and correction.abstract != document.abstract:
        records.append(
            _record_change(
                session, actor, document, correction, CorrectedField.ABSTRACT, document.abstract, correction.abstract
            )
        )
        document.abstract = correction.abstract
    for what, before, now in _list_corrected_codes(session, document, correction):
        setattr(document, what, now)
        change = _record_change(session, actor, document, correction, what, " ".join(before), " ".join(now))
        records.append(change)
    if not records:
        raise BadRequest(_("No changes were made: the values are the same as in the register."))
    document.version += 1
    for record in records:
        event = events.DocumentCorrected(document.id, record.id, record.what)
        journal.record_event(session, actor, event, body=document.body_id)


def _list_corrected_codes(
    session: WriteSession, document: Document, correction: RegisterCorrectionInput
) -> Iterator[tuple[CorrectedField, list[str], list[str]]]:
    """Yield the topics and citations that a correction changes, before and after. Raises BadRequest if one cannot be
    chosen."""
    if (topics := correction.topics) is not None:
        now = subjects.require_choosable_topics(session, topics, already_chosen=document.topics)
        if set(now) != set(document.topics):
            yield CorrectedField.TOPICS, document.topics, now
    if (mandates := correction.mandates) is not None:
        now = mandate_queries.require_citable(session, mandates, already_cited=document.mandates)
        if set(now) != set(document.mandates):
            yield CorrectedField.MANDATES, document.mandates, now
    if (lines := correction.action_lines) is not None:
        now = mandate_queries.require_action_lines(session, lines)
        if set(now) != set(document.action_lines):
            yield CorrectedField.ACTION_LINES, document.action_lines, now


def supply_titles(
    session: WriteSession, actor: Actor, document: Document, new: DocumentTitles, *, version: int
) -> None:
    """Enter the title of a document in languages in which it has none. Editions stay as registered.

    Raises Forbidden, Conflict, Stale; BadRequest if there is a title in one of the languages.
    """
    lock_for_change(session, actor, document, rules.SUPPLY_TITLES, version)
    if document.titles.keys() & new.by_language.keys():
        raise BadRequest(_("The document already has a title in one of these languages. To change it, correct it."))
    document.titles = {**document.titles, **new.by_language}
    document.version += 1
    event = events.TitlesSupplied(document.id, " ".join(new.by_language))
    journal.record_event(session, actor, event, body=document.body_id)


def correct_proposal_list(
    session: WriteSession,
    actor: Actor,
    document: Document,
    edition: Edition,
    correction: ProposalListInput,
    *,
    version: int,
) -> None:
    """Correct the list of proposals of the text in force or of an addendum. The edition stays as registered.

    Raises Forbidden, Conflict, Stale; NotFound for any other edition; BadRequest if nothing would change.
    """
    lock_for_change(session, actor, document, rules.CORRECT_PROPOSALS, version)
    part, in_force = proposals.get_part_number_of_edition(edition), documents.get_edition_in_force(session, document)
    if part is None or (part == 0 and edition.id != in_force.id):
        raise NotFound()
    old = proposals.format_proposals(session, document, proposals.list_edition_proposals(document, edition, in_force))
    document.proposals = proposals.replace_proposals_of_part(document, part, correction.proposals)
    new = proposals.format_proposals(session, document, proposals.list_edition_proposals(document, edition, in_force))
    if new == old:
        raise BadRequest(_("No changes were made: the values are the same as in the register."))
    document.version += 1
    record = _record_change(session, actor, document, correction, CorrectedField.PROPOSALS, old, new)
    event = events.DocumentCorrected(document.id, record.id, record.what)
    journal.record_event(session, actor, event, body=document.body_id)


def _record_change(
    session: WriteSession,
    actor: Actor,
    document: Document,
    because: ReasonInput,
    what: CorrectedField,
    old: str,
    new: str,
    language: str | None = None,
) -> DocumentCorrection:
    """Store a change with old and new value and its reason."""
    record = DocumentCorrection(
        document_id=document.id,
        what=what,
        language=language,
        old=old,
        new=new,
        because=because.reason,
        side=rules.get_acting_side(actor, document),
        corrected_by=actor.person,
        corrected_at=clock.now(),
    )
    session.add(record)
    session.flush()
    return record


def lock_for_change(
    session: WriteSession, actor: Actor, document: Document, permission: Permission[Document], version: int
) -> None:
    """Lock the document and check permission and version. Raises Forbidden, Conflict, Stale."""
    lock_row(session, document)
    permission.require(actor, document)
    require_version(document.version, version)
