"""What was released. This is all that the read path asks; it needs nothing but schema `release`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from sys import intern
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.db import ReadSession, Titles
from app.core.i18n import LANGUAGES
from app.domain.releases.models import ReleasedFile, ReleasedOutput, ReleasedStatement

CHANNEL: Final = "cwg_release"
"""On which the database tells that schema `release` changed."""

ZONE: Final = ZoneInfo("Europe/Zurich")
"""Geneva: the year of a release is the year of the day that readers are shown."""


BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Text:
    """The released text in one language; `name` is how the file was called when it came in."""

    language: str
    sha256: str
    size: int
    media: str
    name: str

    @property
    def ending(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Said:
    """What a State attached to a text, in its own words and language."""

    state: str
    kind: str
    text: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """An output as it was released, with its texts in the order in which the United Nations name their languages, and
    what States attached to it, in the order in which they did."""

    slug: str
    symbol: str
    kind: str
    body: str
    body_names: Titles
    meeting: int
    titles: Titles
    original: str
    for_action: tuple[str, ...]
    for_information: tuple[str, ...]
    reply_by: date | None
    adopted_on: date
    adopted_how: str
    released_at: datetime
    texts: tuple[Text, ...]
    statements: tuple[Said, ...]

    @property
    def released_on(self) -> date:
        """The day in Geneva."""
        return self.released_at.astimezone(ZONE).date()


def everything(session: ReadSession) -> Sequence[Released]:
    """All that was released, the latest first: three statements, however much it is."""
    texts: dict[UUID, list[Text]] = {}
    columns = (ReleasedFile.language, ReleasedFile.sha256, ReleasedFile.size, ReleasedFile.media, ReleasedFile.name)
    for output, language, sha256, size, media, name in session.execute(
        select(ReleasedFile.output_id, *columns).execution_options(yield_per=BATCH)
    ):
        texts.setdefault(output, []).append(Text(intern(language), sha256, size, intern(media), name))
    attached: dict[UUID, list[Said]] = {}
    for said in session.scalars(select(ReleasedStatement).order_by(ReleasedStatement.put_at, ReleasedStatement.id)):
        attached.setdefault(said.output_id, []).append(Said(said.state, said.kind, said.text, said.language))
    latest = select(*ReleasedOutput.__table__.columns).order_by(
        ReleasedOutput.released_at.desc(), ReleasedOutput.symbol.desc()
    )
    return [
        Released(
            slug=each.slug,
            symbol=each.symbol,
            kind=each.kind,
            body=each.body,
            body_names=each.body_names,
            meeting=each.meeting,
            titles=each.titles,
            original=each.original,
            for_action=tuple(each.for_action),
            for_information=tuple(each.for_information),
            reply_by=each.reply_by,
            adopted_on=each.adopted_on,
            adopted_how=each.adopted_how,
            released_at=each.released_at,
            statements=tuple(attached.get(each.id, ())),
            texts=tuple(sorted(texts.pop(each.id, ()), key=lambda text: LANGUAGES.index(text.language))),
        )
        for each in session.execute(latest.execution_options(yield_per=BATCH))
    ]
