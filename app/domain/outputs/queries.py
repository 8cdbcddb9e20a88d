"""Which outputs an actor may see: drafts are for the chair and the secretariat, adopted texts for every seat."""

import hashlib
import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, literal, or_, select

from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Conflict, Unknown
from app.core.i18n import say
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS
from app.domain.decisions.models import Decision
from app.domain.documents.models import Document, Edition, Sponsor
from app.domain.identity.models import Person
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import (
    Addressee,
    Approval,
    End,
    Output,
    OutputDecision,
    OutputFile,
    OutputSource,
    ReleasePlan,
    Status,
    Translation,
    Withdrawal,
)
from app.domain.outputs.rules import Case


def visible(actor: Actor) -> Select[Output]:
    """The one statement from which every list, count, page and download starts."""
    return select(Output).where(
        or_(
            Output.body_id.in_(actor.bodies(*CHAIRS, Office.SECRETARY)),
            and_(Output.body_id.in_(actor.bodies()), Output.status != Status.DRAFT),
        )
    )


def one_visible(session: ReadSession, actor: Actor, output: UUID, *, lock: bool = False) -> Output:
    """That output, or Unknown. With `lock`, as it is now, and nobody changes it until the transaction ends."""
    statement = visible(actor).where(Output.id == output)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(statement)
    if found is None:
        raise Unknown()
    return found


COLUMNS = (
    Output.id,
    Output.meeting_id,
    Output.kind,
    Output.status,
    Output.symbol,
    Output.titles,
    Output.original,
    Output.adopted_on,
    Output.released_at,
    Output.drafted_at,
    Output.still_to_come,
)


def listed(session: ReadSession, actor: Actor, *, limit: int, offset: int = 0) -> Sequence[Row[*tuple[Any, ...]]]:
    """Outputs as a list of `COLUMNS`, languages and translated ones that readers have, the latest first."""
    languages = (
        select(func.array_agg(OutputFile.language))
        .where(OutputFile.output_id == Output.id)
        .scalar_subquery()
        .label("languages")
    )
    translated = (
        select(func.array_agg(Translation.language))
        .where(Translation.output_id == Output.id, Translation.released_at.is_not(None))
        .scalar_subquery()
        .label("translated")
    )
    chosen = visible(actor).with_only_columns(*COLUMNS, languages, translated)
    statement = chosen.order_by(Output.drafted_at.desc(), Output.id)
    return session.execute(statement.limit(limit).offset(offset)).all()


def how_many(session: ReadSession, actor: Actor) -> int:
    """How many outputs the same list would hold."""
    return session.scalar(visible(actor).with_only_columns(func.count(), maintain_column_froms=True)) or 0


def adopted_at(session: ReadSession, actor: Actor, meeting: Meeting) -> Sequence[Output]:
    """The outputs of a meeting that it has adopted, in that order."""
    adopted = visible(actor).where(Output.meeting_id == meeting.id, Output.status != Status.DRAFT)
    return session.scalars(adopted.order_by(Output.adopted_at, Output.id)).all()


def files(session: ReadSession, output: Output) -> Sequence[OutputFile]:
    """The texts of an output that was found for the actor, by language."""
    return session.scalars(
        select(OutputFile).where(OutputFile.output_id == output.id).order_by(OutputFile.language)
    ).all()


def one_file(session: ReadSession, output: Output, language: str) -> OutputFile:
    """The text in that language, or Unknown."""
    found = session.get(OutputFile, (output.id, language))
    if found is None:
        raise Unknown()
    return found


def sources(session: ReadSession, output: Output) -> Sequence[Document]:
    """The documents that an output was made from."""
    return session.scalars(
        select(Document)
        .join(OutputSource, OutputSource.document_id == Document.id)
        .where(OutputSource.output_id == output.id)
        .order_by(Document.symbol)
    ).all()


def decisions(session: ReadSession, output: Output) -> Sequence[Row[Decision, Meeting]]:
    """The decisions that an output was made from, with their meetings, as they fell."""
    return session.execute(
        select(Decision, Meeting)
        .join(OutputDecision, OutputDecision.decision_id == Decision.id)
        .join(Meeting, Meeting.id == Decision.meeting_id)
        .where(OutputDecision.output_id == output.id)
        .order_by(Meeting.opens_on, Meeting.number, Decision.number)
    ).all()


def body_of_decision(session: ReadSession, decision: UUID) -> UUID | None:
    """The body whose meeting took it; None if there is no such decision."""
    of_it = select(Meeting.body_id).join(Decision, Decision.meeting_id == Meeting.id)
    return session.scalar(of_it.where(Decision.id == decision))


def approvals(session: ReadSession, output: Output) -> Sequence[Row[Approval, Person]]:
    """Who approved the release, in order."""
    return session.execute(
        select(Approval, Person)
        .join(Person, Person.id == Approval.person_id)
        .where(Approval.output_id == output.id)
        .order_by(Approval.approved_at)
    ).all()


def names_of(session: ReadSession, output: Output) -> dict[UUID, str]:
    """The names of those who drafted it, recorded its adoption and let it out."""
    called_back = [each.called_back_by for each in plans(session, output)]
    people = (output.drafted_by, output.adopted_by, output.let_out_by, *called_back)
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_([each for each in people if each])))
    return {row.id: row.name for row in rows}


def plans(session: ReadSession, output: Output) -> Sequence[ReleasePlan]:
    """Every plan of its release, the earliest first; the last one counts."""
    of_it = select(ReleasePlan).where(ReleasePlan.output_id == output.id).order_by(ReleasePlan.number)
    return session.scalars(of_it).all()


def plan(session: ReadSession, output: Output) -> ReleasePlan | None:
    """The plan that counts. What was let out before there were plans has none."""
    return next(iter(reversed(plans(session, output))), None)


def let_out_alone(session: ReadSession, output: Output) -> ReleasePlan | None:
    """The plan that counts, if one person let exactly the adopted text out alone by it."""
    last = plan(session, output)
    return last if last and last.alone_text is not None and last.alone_text == output.text_digest else None


def insist_on_seen(output: Output, text: str) -> None:
    """Whoever acts alone saw exactly the text that was adopted. Raises Conflict."""
    if text != output.text_digest:
        raise Conflict(say("This is not the text that was adopted. Open the page again and read it."))


def done_alone(session: ReadSession, actor: Actor, since: datetime, *, limit: int) -> list[tuple[Output, bool]]:
    """What other people let out or withdrew alone since then, for the chair and the secretariat of the body, the
    earliest first; and whether it was withdrawn. Always one statement."""
    out = select(
        ReleasePlan.output_id, literal(value=False).label("is_withdrawn"), ReleasePlan.set_at, ReleasePlan.set_by
    ).where(ReleasePlan.alone_text.is_not(None))
    gone = select(Withdrawal.output_id, literal(value=True), Withdrawal.ended_at, Withdrawal.ended_by).where(
        Withdrawal.ended_how == End.CONFIRMED, Withdrawal.ended_by == Withdrawal.proposed_by
    )
    acts = out.union_all(gone).subquery()
    rows = session.execute(
        visible(actor)
        .join(acts, acts.c.output_id == Output.id)
        .add_columns(acts.c.is_withdrawn)
        .where(
            acts.c.set_at >= since,
            acts.c.set_by != actor.person,
            Output.body_id.in_(actor.bodies(*CHAIRS, Office.SECRETARY)),
        )
        .order_by(acts.c.set_at, Output.id)
        .limit(limit)
    )
    return [(output, is_withdrawn) for output, is_withdrawn in rows]


def addressees(session: ReadSession, output: Output) -> Sequence[str]:
    """To whom it is released: the membership, and whom its plan names beside it."""
    named = next((each.addressees for each in reversed(plans(session, output))), [])
    return [each for each in Addressee if each in {Addressee.MEMBERSHIP, *named}]


def sponsors_of(session: ReadSession, documents: Collection[UUID]) -> frozenset[str]:
    """The States that submitted these documents, signed a text of theirs or supported it later."""
    submitted = select(Document.entity).where(Document.id.in_(documents))
    beside = select(Sponsor.entity).join(Edition, Edition.id == Sponsor.edition_id)
    return frozenset(session.scalars(submitted.union(beside.where(Edition.document_id.in_(documents)))))


def ever_sponsored(session: ReadSession, output: Output) -> list[str]:
    """The States that sponsor a source, or sponsored one when the text was put before the States."""
    return sorted({*output.sponsored_by, *sponsors_of(session, [source.id for source in sources(session, output)])})


def case(session: ReadSession, output: Output) -> Case:
    """The output as the rules look at it. Only approvals of exactly the adopted text count."""
    approvers = session.scalars(
        select(Approval.person_id).where(Approval.output_id == output.id, Approval.text_digest == output.text_digest)
    )
    languages = session.scalars(select(OutputFile.language).where(OutputFile.output_id == output.id)).all()
    waiting = withdrawal(session, output)
    return Case(
        output.body_id,
        output.status,
        output.adopted_by,
        frozenset(approvers),
        frozenset(ever_sponsored(session, output)),
        output.original in languages and output.original in output.titles,
        session.get_one(Meeting, output.meeting_id).life,
        release_at=output.release_at if output.status == Status.SCHEDULED else None,
        withdrawal_by=waiting.proposed_by if waiting else None,
        still_to_come=frozenset(output.still_to_come),
    )


def withdrawal(session: ReadSession, output: Output) -> Withdrawal | None:
    """The proposal to withdraw it that waits for a second person."""
    waiting = select(Withdrawal).where(Withdrawal.output_id == output.id, Withdrawal.ended_how.is_(None))
    return session.scalar(waiting)


def withdrawals(session: ReadSession, output: Output) -> Sequence[Withdrawal]:
    """Every proposal to withdraw it, the latest first."""
    of_it = select(Withdrawal).where(Withdrawal.output_id == output.id)
    return session.scalars(of_it.order_by(Withdrawal.proposed_at.desc(), Withdrawal.id)).all()


def to_withdraw(session: ReadSession, actor: Actor, *, limit: int) -> list[tuple[Output, Case]]:
    """What others proposed to withdraw, as the rules see it, for the chair and the secretariat, the earliest first."""
    seats = actor.bodies(*CHAIRS, Office.SECRETARY)
    rows = session.scalars(
        visible(actor)
        .join(Withdrawal, Withdrawal.output_id == Output.id)
        .where(Withdrawal.ended_how.is_(None), Withdrawal.proposed_by != actor.person, Output.body_id.in_(seats))
        .order_by(Withdrawal.proposed_at)
        .limit(limit)
    )
    return [(output, case(session, output)) for output in rows.all()]


def replacements(session: ReadSession, actor: Actor, output: Output) -> Sequence[Output]:
    """What can take its place: other released texts of its body, the latest first."""
    others = visible(actor).where(
        Output.body_id == output.body_id, Output.status == Status.RELEASED, Output.id != output.id
    )
    return session.scalars(others.order_by(Output.released_at.desc(), Output.id)).all()


def text_digest(session: ReadSession, output: Output) -> str:
    """One digest for all that is adopted: SHA-256 over kind, titles, sources, addressees and the digests of all files.

    They are written as JSON. Of decisions and addressees, the public among them, what an output does not have is left
    out, so that those which were adopted before there were any keep their digest.
    """
    whole: dict[str, object] = {
        "files": {text.language: text.sha256 for text in files(session, output)},
        "kind": output.kind,
        "original": output.original,
        "sources": sorted(str(source.id) for source in sources(session, output)),
        "titles": output.titles,
    }
    reply_by = output.reply_by.isoformat() if output.reply_by else ""
    further = {
        "decisions": sorted(str(decision.id) for decision, _ in decisions(session, output)),
        "for_action": output.for_action,
        "for_information": output.for_information,
        "for_public": output.for_public,
        "reply_by": reply_by,
    }
    whole |= {name: value for name, value in further.items() if value}
    plain = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


Undecided = Row[*tuple[Any, ...]]
"""One row of `COLUMNS`, with what the rules need."""


def undecided(session: ReadSession, actor: Actor, *, limit: int) -> list[tuple[Undecided, Case]]:
    """Texts not yet on their way, as the rules see them, for the chair and the secretariat: always one statement."""
    approvers = select(func.array_agg(Approval.person_id)).where(
        Approval.output_id == Output.id, Approval.text_digest == Output.text_digest
    )
    sponsors = (
        select(func.array_agg(Document.entity))
        .join(OutputSource, OutputSource.document_id == Document.id)
        .where(OutputSource.output_id == Output.id)
    )
    beside = (
        select(func.array_agg(Sponsor.entity))
        .join(Edition, Edition.id == Sponsor.edition_id)
        .join(OutputSource, OutputSource.document_id == Edition.document_id)
        .where(OutputSource.output_id == Output.id)
    )
    languages = select(func.array_agg(OutputFile.language)).where(OutputFile.output_id == Output.id)
    waiting = visible(actor).join(Meeting, Meeting.id == Output.meeting_id)
    waiting = waiting.where(
        Output.status.in_((Status.DRAFT, Status.ADOPTED, Status.APPROVED, Status.FAILED)),
        Output.body_id.in_(actor.bodies(*CHAIRS, Office.SECRETARY)),
    )
    rows = session.execute(
        waiting.with_only_columns(
            *COLUMNS,
            Output.body_id,
            Output.adopted_by,
            Output.failed_because,
            Meeting.life,
            approvers.scalar_subquery().label("approvers"),
            Output.sponsored_by,
            sponsors.scalar_subquery().label("sponsors"),
            beside.scalar_subquery().label("beside"),
            languages.scalar_subquery().label("languages"),
        )
        .order_by(Output.drafted_at)
        .limit(limit)
    )
    return [(row, _case_of(row)) for row in rows]


def _case_of(row: Undecided) -> Case:
    return Case(
        row.body_id,
        row.status,
        row.adopted_by,
        frozenset(row.approvers or ()),
        frozenset((*row.sponsored_by, *(row.sponsors or ()), *(row.beside or ()))),
        row.original in (row.languages or ()) and row.original in row.titles,
        row.life,
    )
