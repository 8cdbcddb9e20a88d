"""The registration queue as the secretariat sees it: what was submitted, and what file inspection found in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.asgi.actors import EntityName
from app.asgi.words import LEVELS, STANDINGS, STEPS
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.gate import Level, kept
from app.core.i18n import Text
from app.domain.contributions import queries
from app.domain.contributions.models import ContributionFile
from app.domain.contributions.queries import Standing
from app.domain.documents.models import Step
from app.web.gate_findings import Found, found
from app.web.standing import Convened, called
from app.web.titles import foreign

WORST_FIRST = (Level.DECIDE, Level.NOTE)
"""Levels of findings to review before registering, the worst first."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A contribution that waits for its number. `key` names it in the version that is shown.

    `follows` is the label of its step and the symbol of the document that it follows; `ended` the tag of that document
    if it has ended, after which nothing can follow it. `worst` is the tag of the gravest of `findings`, by language.
    """

    key: str
    href: str
    title: str
    lang: str | None
    entity: Text
    meeting: Text
    zone: str
    submitted_at: datetime
    is_late: bool
    follows: tuple[Text, str] | None
    ended: tuple[str, Text] | None
    languages: list[str]
    worst: tuple[str, Text]
    findings: list[tuple[str, list[Found]]]

    @property
    def count(self) -> int:
        """Number of findings to review."""
        return sum(len(file_findings) for _, file_findings in self.findings)


def lines(
    session: ReadSession, actor: Actor, convened: Convened, language: str, *, limit: int, offset: int
) -> list[Queued]:
    """List the queue, the earliest first; two statements, however long it is."""
    rows = queries.queue(session, actor, limit=limit, offset=offset)
    files = queries.files_of(session, [row.id for row in rows])
    return [_build_line(row, files, convened, language) for row in rows]


def key_of(contribution: UUID, version: int) -> str:
    """Return the key by which a form names a contribution in a version."""
    return f"{contribution.hex}.{version}"


def _build_line(
    row: Standing, files: Mapping[UUID, Sequence[ContributionFile]], meetings_by_id: Convened, language: str
) -> Queued:
    """Build the line of a contribution with the findings in its files."""
    meeting, body = meetings_by_id[row.meeting_id]
    findings_by_language = [(file.language, list(map(kept.finding, file.findings))) for file in files.get(row.id, ())]
    to_review = [
        (code, [finding for finding in file_findings if finding.level in WORST_FIRST])
        for code, file_findings in findings_by_language
    ]
    levels = {finding.level for _, file_findings in to_review for finding in file_findings}
    worst = next((level for level in WORST_FIRST if level in levels), Level.FINE)
    return Queued(
        key=key_of(row.id, row.version),
        href=f"/contributions/{row.id}",
        title=row.title,
        lang=foreign(row.original, language),
        entity=EntityName(row.entity),
        meeting=called(meeting, body),
        zone=meeting.zone,
        submitted_at=row.submitted_at,
        is_late=row.late,
        follows=(STEPS[row.step], row.follows) if row.step != Step.TEXT else None,
        ended=STANDINGS[row.ended_as] if row.ended_as else None,
        languages=[code for code, _ in findings_by_language],
        worst=LEVELS[worst],
        findings=[(code, found(file_findings)) for code, file_findings in to_review if file_findings],
    )
