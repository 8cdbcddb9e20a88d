"""The registration queue as the secretariat reads it: what came in, what it would be, and what the gate found in it."""

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
from app.web.standing import Convened, Found, called, found
from app.web.titles import foreign

WORST_FIRST = (Level.DECIDE, Level.NOTE)
"""What a person looks at before it is registered; the rest is as it should be."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A contribution that waits for its number. `key` names it in the version that is shown.

    `follows` is what it would be to which document, with the tag of that document if it has ended: then nothing can
    follow it. `worst` is the tag of the gravest of its `findings`, which stand by language.
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
        """How many findings somebody should look at."""
        return sum(len(of_file) for _, of_file in self.findings)


def lines(
    session: ReadSession, actor: Actor, convened: Convened, language: str, *, limit: int, offset: int
) -> list[Queued]:
    """The queue, the earliest first: two statements, however long it is."""
    rows = queries.queue(session, actor, limit=limit, offset=offset)
    files = queries.files_of(session, [row.id for row in rows])
    return [_line(row, files, convened, language) for row in rows]


def key_of(contribution: UUID, version: int) -> str:
    """How a form names a contribution in a version."""
    return f"{contribution.hex}.{version}"


def _line(row: Standing, files: Mapping[UUID, Sequence[ContributionFile]], convened: Convened, language: str) -> Queued:
    meeting, body = convened[row.meeting_id]
    read = [(file.language, list(map(kept.finding, file.findings))) for file in files.get(row.id, ())]
    to_look_at = [(code, [each for each in of_file if each.level in WORST_FIRST]) for code, of_file in read]
    levels = {each.level for _, of_file in to_look_at for each in of_file}
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
        languages=[code for code, _ in read],
        worst=LEVELS[worst],
        findings=[(code, found(of_file)) for code, of_file in to_look_at if of_file],
    )
