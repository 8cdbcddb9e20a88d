"""What was released. This is all that the read path asks; it needs nothing but schema `release`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from sys import intern
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, cast, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute

from app.core.db import ReadSession, Titles
from app.core.i18n import LANGUAGES
from app.domain.releases.models import (
    ReleasedFile,
    ReleasedManifest,
    ReleasedOutput,
    ReleasedProof,
    ReleasedStatement,
    ReleasedText,
    ReleasedTopic,
    ReleasedWithdrawal,
)
from app.domain.releases.places import packed

CHANNEL: Final = "cwg_release"
"""On which the database tells that schema `release` changed."""

ZONE: Final = ZoneInfo("Europe/Zurich")
"""Geneva: the year of a release is the year of the day that readers are shown."""


BATCH = 2_000
ORDER: Final = {language: place for place, language in enumerate(LANGUAGES)}


@dataclass(frozen=True, slots=True)
class Text:
    """The released text in one language; `name` is made of the symbol."""

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
    put_at: datetime


@dataclass(frozen=True, slots=True)
class Topic:
    """What a text is about, by its names as they were at the release."""

    code: str
    names: Titles

    def __hash__(self) -> int:
        return hash(self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """An output as it was released, with its texts in the order in which the United Nations name their languages, what
    States attached to it, in the order in which they did, and what it is about, in the order of the list of topics."""

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
    addressees: tuple[str, ...]
    released_at: datetime
    texts: tuple[Text, ...]
    statements: tuple[Said, ...]
    topics: tuple[Topic, ...] = ()

    @property
    def released_on(self) -> date:
        """The day in Geneva."""
        return self.released_at.astimezone(ZONE).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """What is left of an output that was withdrawn. `topics` are codes, `texts` what was withdrawn, in the order of
    languages; `manifest` and `manifest_digest` are those of its release."""

    slug: str
    symbol: str
    kind: str
    body: str
    body_names: Titles
    meeting: int
    titles: Titles
    original: str
    adopted_on: date
    released_at: datetime
    withdrawn_at: datetime
    reason: str
    language: str
    decided_by: tuple[str, ...]
    replaced_by: str | None
    replaced_by_slug: str | None
    manifest: int
    manifest_digest: str
    topics: tuple[str, ...]
    texts: tuple[Text, ...]

    @property
    def released_on(self) -> date:
        """The day in Geneva."""
        return self.released_at.astimezone(ZONE).date()

    @property
    def withdrawn_on(self) -> date:
        """The day in Geneva."""
        return self.withdrawn_at.astimezone(ZONE).date()


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as it lies in its table: nothing says yet that it is good."""

    number: int
    statement: str
    signature: str
    public_key: str
    place: bytes = b""


@dataclass(frozen=True, slots=True)
class Wording:
    """What stands in a file, as the house read it, and its signature of that."""

    sha256: str
    paragraphs: tuple[str, ...]
    signature: str
    public_key: str


def everything(session: ReadSession, only: UUID | None = None) -> Sequence[Released]:
    """All that was let out, the latest first, or that one: four statements, however much it is.

    It is as the tables say; what of it may be shown is said by `chain`.
    """
    texts: dict[UUID, list[Text]] = {}
    columns = (ReleasedFile.language, ReleasedFile.sha256, ReleasedFile.size, ReleasedFile.media, ReleasedFile.name)
    files = select(ReleasedFile.output_id, *columns).where(_of(ReleasedFile.output_id, only))
    for output, language, sha256, size, media, name in session.execute(files.execution_options(yield_per=BATCH)):
        texts.setdefault(output, []).append(Text(intern(language), sha256, size, intern(media), name))
    attached: dict[UUID, list[Said]] = {}
    statements = select(ReleasedStatement).where(_of(ReleasedStatement.output_id, only))
    for said in session.scalars(statements.order_by(ReleasedStatement.put_at, ReleasedStatement.id)):
        words = Said(said.state, said.kind, said.text, said.language, said.put_at)
        attached.setdefault(said.output_id, []).append(words)
    topics = _topics(session, only)
    latest = select(*ReleasedOutput.__table__.columns).where(_of(ReleasedOutput.id, only))
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
            addressees=tuple(map(intern, each.addressees)),
            released_at=each.released_at,
            statements=tuple(attached.get(each.id, ())),
            topics=topics.get(each.id, ()),
            texts=tuple(sorted(texts.pop(each.id, ()), key=_place)),
        )
        for each in session.execute(
            latest.order_by(ReleasedOutput.released_at.desc(), ReleasedOutput.symbol.desc()).execution_options(
                yield_per=BATCH
            )
        )
    ]


def withdrawn(session: ReadSession, only: UUID | None = None) -> Sequence[Withdrawn]:
    """What is left of all that was withdrawn, the latest first, or of that one; as the tables say."""
    chosen = select(ReleasedWithdrawal).where(_of(ReleasedWithdrawal.id, only))
    latest = chosen.order_by(ReleasedWithdrawal.withdrawn_at.desc(), ReleasedWithdrawal.symbol.desc())
    return [
        Withdrawn(
            slug=each.slug,
            symbol=each.symbol,
            kind=each.kind,
            body=each.body,
            body_names=each.body_names,
            meeting=each.meeting,
            titles=each.titles,
            original=each.original,
            adopted_on=each.adopted_on,
            released_at=each.released_at,
            withdrawn_at=each.withdrawn_at,
            reason=each.reason,
            language=each.language,
            decided_by=tuple(each.decided_by),
            replaced_by=each.replaced_by,
            replaced_by_slug=each.replaced_by_slug,
            manifest=each.manifest,
            manifest_digest=each.manifest_digest,
            topics=tuple(each.topics),
            texts=tuple(sorted((Text(**file) for file in each.files), key=_place)),  # type: ignore[arg-type]  # JSON
        )
        for each in session.scalars(latest)
    ]


def _topics(session: ReadSession, only: UUID | None) -> Mapping[UUID, tuple[Topic, ...]]:
    """By output. Most share the same few lists, which are kept once."""
    found: dict[UUID, list[tuple[str, str]]] = {}
    names: dict[str, Titles] = {}
    columns = (ReleasedTopic.output_id, ReleasedTopic.code, ReleasedTopic.names)
    chosen = select(*columns).where(_of(ReleasedTopic.output_id, only))
    ordered = chosen.order_by(ReleasedTopic.position, ReleasedTopic.code)
    for output, code, given in session.execute(ordered.execution_options(yield_per=BATCH)):
        key = repr(given)
        names.setdefault(key, given)
        found.setdefault(output, []).append((intern(code), key))
    made: dict[tuple[tuple[str, str], ...], tuple[Topic, ...]] = {}
    return {
        output: made.setdefault(key, tuple(Topic(code, names[given]) for code, given in key))
        for output, key in ((output, tuple(pairs)) for output, pairs in found.items())
    }


def read_files(session: ReadSession) -> frozenset[str]:
    """The digests of all files whose text is there."""
    found = session.scalars(select(ReleasedText.sha256).execution_options(yield_per=BATCH))
    return frozenset(found)


def texts_of(session: ReadSession, files: Collection[str]) -> Sequence[Wording]:
    """What stands in these files, as it lies in its table: nothing says yet that it is good. Those that were not read
    are left out."""
    chosen = select(*ReleasedText.__table__.columns).where(ReleasedText.sha256.in_(files))
    rows = session.execute(chosen)
    return [Wording(row.sha256, tuple(row.paragraphs), row.signature, row.public_key) for row in rows]


def _place(text: Text) -> int:
    """Where its language stands among the six; whatever else somebody wrote into the table comes last."""
    return ORDER.get(text.language, len(ORDER))


def _of(column: InstrumentedAttribute[UUID], only: UUID | None) -> ColumnElement[bool]:
    return true() if only is None else column == only


def manifests(session: ReadSession) -> Sequence[Manifest]:
    """Every manifest, by number, with its place in the ledger where it has one."""
    rows = (
        select(*ReleasedManifest.__table__.columns, ReleasedProof.entry, ReleasedProof.proof)
        .outerjoin(ReleasedProof, ReleasedProof.number == ReleasedManifest.number)
        .order_by(ReleasedManifest.number)
    )
    return [
        Manifest(each.number, each.statement, each.signature, each.public_key, packed(each.entry, each.proof))
        for each in session.execute(rows.execution_options(yield_per=BATCH))
    ]


def manifest_of(session: ReadSession, slug: str) -> Manifest | None:
    """The latest manifest of that output."""
    about = cast(ReleasedManifest.statement, JSONB)["output"]["slug"].astext
    latest = select(ReleasedManifest).where(about == slug).order_by(ReleasedManifest.number.desc()).limit(1)
    found = session.scalar(latest)
    return Manifest(found.number, found.statement, found.signature, found.public_key) if found else None


def last_manifest(session: ReadSession) -> Manifest | None:
    """The last one, or None before the first release."""
    found = session.scalar(select(ReleasedManifest).order_by(ReleasedManifest.number.desc()).limit(1))
    return Manifest(found.number, found.statement, found.signature, found.public_key) if found else None
