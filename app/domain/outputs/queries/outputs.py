"""Queries on outputs. Drafts are visible to the chair and the secretariat, adopted texts to everyone with a seat."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Select, and_, or_, select

from app.core.database.combined_lists import KeyParameter, list_of_thing, rows_of_thing
from app.core.db import ReadSession, lacks_a_language
from app.core.errors import Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.page_sessions import read_once
from app.core.permissions import Actor
from app.domain.addressees.models import OutputAddressee
from app.domain.addressees.queries import list_addressee_rows
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS
from app.domain.decisions.models import Decision
from app.domain.documents.models import Document, Edition, Sponsor
from app.domain.identity.models.tables import Person
from app.domain.identity.queries import index_person_names
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import (
    Approval,
    Output,
    OutputFile,
    OutputSourceDecision,
    OutputSourceDocument,
    OutputStatus,
    OutputTranslation,
    ReleasePlan,
)
from app.domain.outputs.queries.rule_facts import build_output_rule_subject, list_facts_of_output
from app.domain.outputs.rules import texts as rules
from app.domain.outputs.rules.addressees import build_addressees_in_words
from app.domain.outputs.rules.outputs import OutputRuleSubject


def list_visible_outputs(actor: Actor) -> Select[Output]:
    """Select the outputs that the actor may see. Every list, count, page and download starts from this statement."""
    return select(Output).where(
        or_(
            Output.body_id.in_(actor.bodies_with_role(*CHAIRS, Office.SECRETARY)),
            and_(Output.body_id.in_(actor.bodies_with_role()), Output.status != OutputStatus.DRAFT),
        )
    )


def get_visible_output(session: ReadSession, actor: Actor, output_id: UUID, *, lock: bool = False) -> Output:
    """Return this output if the actor may see it. Raises NotFound otherwise. With `lock`, read it afresh and lock its
    row."""
    statement = list_visible_outputs(actor).where(Output.id == output_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(statement)
    if row is None:
        raise NotFound()
    return row


def list_outputs_adopted_by_meeting(session: ReadSession, actor: Actor, meeting: Meeting) -> Sequence[Output]:
    """List the visible outputs that a meeting adopted, in the order of adoption."""
    adopted = list_visible_outputs(actor).where(Output.meeting_id == meeting.id, Output.status != OutputStatus.DRAFT)
    return session.scalars(adopted.order_by(Output.adopted_at, Output.id)).all()


@list_of_thing
def list_output_files(output_id: KeyParameter) -> Select[OutputFile]:
    """List the files of an output, by language."""
    return select(OutputFile).where(OutputFile.output_id == output_id).order_by(OutputFile.language)


def get_output_file(session: ReadSession, output: Output, language: str) -> OutputFile:
    """Return the file in this language. Raises NotFound if there is none."""
    file = session.get(OutputFile, (output.id, language))
    if file is None:
        raise NotFound()
    return file


@list_of_thing
def list_translations(output_id: KeyParameter) -> Select[OutputTranslation]:
    """List all translations of the output, approved or not, by language."""
    translations = select(OutputTranslation).where(OutputTranslation.output_id == output_id)
    return translations.order_by(OutputTranslation.language)


@list_of_thing
def list_source_documents(output_id: KeyParameter) -> Select[Document]:
    """List the documents that the output was made from, by symbol."""
    sources = select(Document).join(OutputSourceDocument, OutputSourceDocument.document_id == Document.id)
    return sources.where(OutputSourceDocument.output_id == output_id).order_by(Document.symbol)


@rows_of_thing
def list_source_decisions(output_id: KeyParameter) -> Select[Decision, Meeting]:
    """List the decisions that the output was made from, with their meetings, in the order in which they were taken."""
    return (
        select(Decision, Meeting)
        .join(OutputSourceDecision, OutputSourceDecision.decision_id == Decision.id)
        .join(Meeting, Meeting.id == Decision.meeting_id)
        .where(OutputSourceDecision.output_id == output_id)
        .order_by(Meeting.opens_on, Meeting.number, Decision.number)
    )


def find_body_of_decision(session: ReadSession, decision_id: UUID) -> UUID | None:
    """Find the body whose meeting took a decision; None if there is no such decision."""
    bodies = select(Meeting.body_id).join(Decision, Decision.meeting_id == Meeting.id)
    return session.scalar(bodies.where(Decision.id == decision_id))


@rows_of_thing
def list_approvals(output_id: KeyParameter) -> Select[Approval, Person]:
    """List the approvals of the release with their people, in order."""
    approvals = select(Approval, Person).join(Person, Person.id == Approval.person_id)
    return approvals.where(Approval.output_id == output_id).order_by(Approval.approved_at)


@read_once
def index_names_of_people_involved(session: ReadSession, output: Output) -> Mapping[UUID, str]:
    """Return the names, by id, of those who drafted the output, recorded its adoption, scheduled or called back its
    release."""
    called_back = [plan.called_back_by for plan in list_release_plans(session, output)]
    return index_person_names(session, (output.drafted_by, output.adopted_by, output.let_out_by, *called_back))


@list_of_thing
def list_release_plans(output_id: KeyParameter) -> Select[ReleasePlan]:
    """List the release plans of the output, the earliest first; the last one counts."""
    return select(ReleasePlan).where(ReleasePlan.output_id == output_id).order_by(ReleasePlan.number)


def find_current_release_plan(session: ReadSession, output: Output) -> ReleasePlan | None:
    """Find the release plan that counts; None if there is none, as for releases from before plans were stored."""
    return next(iter(reversed(list_release_plans(session, output))), None)


def find_sole_decision_release_plan(session: ReadSession, output: Output) -> ReleasePlan | None:
    """Find the release plan that counts if one person released exactly the adopted text alone by it."""
    last = find_current_release_plan(session, output)
    return last if rules.is_sole_decision(last, output) else None


def require_adopted_digest(output: Output, digest: str) -> None:
    """Raise Conflict unless this digest, which the person acting alone saw, is that of the adopted text."""
    if digest != output.text_digest:
        raise Conflict(_("This is not the text that was adopted. Open the page again and read it."))


def list_release_addressees(session: ReadSession, output: Output) -> Sequence[str]:
    """List to whom the output is released: the membership, and those named by its last plan."""
    return rules.addressees_of_plan(find_current_release_plan(session, output), output)


def list_sponsors_of_documents(session: ReadSession, documents: Collection[UUID]) -> frozenset[str]:
    """Return the States that submitted these documents, co-sponsored an edition or supported them later."""
    submitted = select(Document.entity).where(Document.id.in_(documents))
    cosponsors = select(Sponsor.entity).join(Edition, Edition.id == Sponsor.edition_id)
    return frozenset(session.scalars(submitted.union(cosponsors.where(Edition.document_id.in_(documents)))))


def list_sponsors_of_output(session: ReadSession, output: Output) -> list[str]:
    """List the States that sponsor a source now, or sponsored one when the text was circulated or put under silence."""
    return sorted(
        {
            *output.sponsored_by,
            *list_sponsors_of_documents(session, [source.id for source in list_source_documents(session, output)]),
        }
    )


@read_once
def get_output_rule_subject(session: ReadSession, output: Output) -> OutputRuleSubject:
    """Return the output with the facts that the rules need, in one statement."""
    [facts] = list_facts_of_output(session, output)
    return build_output_rule_subject(facts, facts.people_of_sponsors)


def list_possible_replacements(session: ReadSession, actor: Actor, output: Output) -> Sequence[Output]:
    """List the other released outputs of the same body, which may replace this one, the latest first."""
    others = list_visible_outputs(actor).where(
        Output.body_id == output.body_id,
        Output.status == OutputStatus.RELEASED,
        Output.id != output.id,
        Output.for_addressees_only.is_(None),  # tombstones name replacements to all readers
    )
    return session.scalars(others.order_by(Output.released_at.desc(), Output.id)).all()


def compute_text_digest(session: ReadSession, output: Output) -> str:
    """Compute the digest of all that is adopted, as it is in the tables now."""
    return rules.digest_of_text(
        output,
        list_output_files(session, output),
        documents=list_source_document_ids(session, output),
        decisions=list_source_decision_ids(session, output),
        addressees=list_addressee_rows(session, output),
    )


def list_addressees(session: ReadSession, output: Output) -> Sequence[OutputAddressee]:
    """List the addressees of an output. Of one from before each had a row, rows that are not stored are made of its
    words."""
    return list_addressee_rows(session, output) or build_addressees_in_words(output)


@list_of_thing
def list_source_document_ids(output_id: KeyParameter) -> Select[UUID]:
    """List the identifiers of the documents that the output was made from."""
    return select(OutputSourceDocument.document_id).where(OutputSourceDocument.output_id == output_id)


@list_of_thing
def list_source_decision_ids(output_id: KeyParameter) -> Select[UUID]:
    """List the identifiers of the decisions that the output was made from."""
    return select(OutputSourceDecision.decision_id).where(OutputSourceDecision.output_id == output_id)


def list_drafts_without_titles(session: ReadSession, actor: Actor, *, limit: int) -> Sequence[Output]:
    """List the visible draft outputs without a title in one of the six languages, the latest first."""
    statement = list_visible_outputs(actor).where(Output.status == OutputStatus.DRAFT, lacks_a_language(Output.titles))
    return session.scalars(statement.order_by(Output.drafted_at.desc(), Output.id).limit(limit)).all()
