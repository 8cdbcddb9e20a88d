"""What was released. This is all that the read path asks; it needs nothing but schema `release`."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from sys import intern
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, ColumnElement, Integer, Row, Uuid, any_, bindparam, cast, func, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute

from app.core.db import ReadSession, Titles
from app.core.i18n import LANGUAGES
from app.domain.releases.models import (
    Audience,
    PublicManifest,
    ReleasedFile,
    ReleasedManifest,
    ReleasedOutput,
    ReleasedProof,
    ReleasedStatement,
    ReleasedText,
    ReleasedTopic,
    ReleasedWithdrawal,
    Signed,
)
from app.domain.releases.places import packed

CHANNEL: Final = "cwg_release"
"""On which the database tells that schema `release` changed."""

ZONE: Final = ZoneInfo("Europe/Zurich")
"""Geneva: the year of a release is the year of the day that readers are shown."""


MANIFESTS: Final[Mapping[Audience, type[Signed]]] = MappingProxyType(
    {Audience.MEMBERS: ReleasedManifest, Audience.PUBLIC: PublicManifest}
)
"""Where the manifests of each catalogue lie."""

BATCH = 2_000
LATEST: Final = (ReleasedOutput.released_at.desc(), ReleasedOutput.symbol.desc())
"""The order of a catalogue."""
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
    States attached to it, in the order in which they did, and what it is about, in the order of the list of topics.

    `still_to_come` are the languages that an advance version lacks, `translations` those in which it was not adopted.
    One that was completed names the manifest that it completes: number and digest.
    """

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
    alone_because: str | None = None
    alone_language: str | None = None
    alone_capacity: str | None = None
    released_at: datetime
    texts: tuple[Text, ...]
    statements: tuple[Said, ...]
    topics: tuple[Topic, ...] = ()
    still_to_come: tuple[str, ...] = ()
    translations: tuple[str, ...] = ()
    completed_at: datetime | None = None
    completes: int | None = None
    completes_digest: str | None = None

    @property
    def released_on(self) -> date:
        """The day in Geneva."""
        return self.released_at.astimezone(ZONE).date()

    @property
    def is_public(self) -> bool:
        """Whether everybody may read it."""
        return Audience.PUBLIC in self.addressees

    @property
    def completed_on(self) -> date | None:
        """The day in Geneva."""
        return self.completed_at.astimezone(ZONE).date() if self.completed_at else None

    @property
    def is_advance(self) -> bool:
        """Whether it is an advance, unedited version: languages are still to come."""
        return bool(self.still_to_come)

    @property
    def changed_at(self) -> datetime:
        """Since when it is as it is."""
        return self.completed_at or self.released_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """What is left of an output that was withdrawn. `topics` are codes, `texts` what was withdrawn, in the order of
    languages; `manifest` and `manifest_digest` are those of its release, in the catalogue of whoever is told."""

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


NOTHING_KNOWN: Final[Mapping[str, Released]] = MappingProxyType({})


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


def everything(
    session: ReadSession, only: UUID | None = None, known: Mapping[str, Released] = NOTHING_KNOWN
) -> Sequence[Released]:
    """All that was let out, the latest first, or that one. It is as the tables say; what of it may be shown is said by
    `chain`. What is the same in `known`, by its slug, is given as it is there: so it is not held twice.

    Read in batches, each with three statements more; a transaction of one state sees the same in all of them.
    """
    return _read(session, _of(ReleasedOutput.id, only), known)


def those(session: ReadSession, outputs: Sequence[UUID]) -> Sequence[Released]:
    """The same of these alone."""
    return _read(session, _among(ReleasedOutput.id, outputs), NOTHING_KNOWN) if outputs else ()


def _read(session: ReadSession, which: ColumnElement[bool], known: Mapping[str, Released]) -> Sequence[Released]:
    shared = Shared()
    latest = select(*ReleasedOutput.__table__.columns).where(which).order_by(*LATEST)
    rows = session.execute(latest.execution_options(yield_per=BATCH))
    return [output for batch in rows.partitions() for output in _whole(session, batch, shared, known)]


def told_publicly(outputs: Iterable[Released]) -> list[Released]:
    """What of these everybody may read, and of that what everybody is told. One that completes an advance version does
    not name the manifest of that: its number is one of the members' catalogue."""
    return [
        replace(each, completes=None, completes_digest=None) if each.completes else each
        for each in outputs
        if each.is_public
    ]


class Shared:
    """Values that many outputs have, held once: of a hundred thousand outputs most name the same body and topics."""

    def __init__(self) -> None:
        self._names: dict[str, Titles] = {}
        self._topics: dict[tuple[tuple[str, str], ...], tuple[Topic, ...]] = {}

    def names(self, given: Titles) -> Titles:
        """These names."""
        return self._names.setdefault(repr(given), given)

    def topics(self, given: Sequence[tuple[str, Titles]]) -> tuple[Topic, ...]:
        """This list of topics."""
        key = tuple((code, repr(names)) for code, names in given)
        if key not in self._topics:
            self._topics[key] = tuple(Topic(intern(code), self.names(names)) for code, names in given)
        return self._topics[key]


def _whole(
    session: ReadSession, outputs: Sequence[Row[*tuple[Any, ...]]], shared: Shared, known: Mapping[str, Released]
) -> Iterator[Released]:
    """Rows of outputs with all that belongs to them, in their order."""
    ids = [each.id for each in outputs]
    texts, attached, topics = _texts(session, ids), _attached(session, ids), _topics(session, ids)
    for each in outputs:
        made = Released(
            slug=each.slug,
            symbol=each.symbol,
            kind=intern(each.kind),
            body=intern(each.body),
            body_names=shared.names(each.body_names),
            meeting=each.meeting,
            titles=each.titles,
            original=intern(each.original),
            for_action=tuple(each.for_action),
            for_information=tuple(each.for_information),
            reply_by=each.reply_by,
            adopted_on=each.adopted_on,
            adopted_how=intern(each.adopted_how),
            addressees=tuple(map(intern, each.addressees)),
            alone_because=each.alone_because,
            alone_language=each.alone_language,
            alone_capacity=each.alone_capacity,
            released_at=each.released_at,
            still_to_come=tuple(map(intern, each.still_to_come)),
            translations=tuple(map(intern, each.translations)),
            completed_at=each.completed_at,
            completes=each.completes,
            completes_digest=each.completes_digest,
            statements=tuple(attached.get(each.id, ())),
            topics=shared.topics(topics.get(each.id, ())),
            texts=tuple(sorted(texts.get(each.id, ()), key=_place)),
        )
        yield before if (before := known.get(made.slug)) == made else made


def withdrawn(
    session: ReadSession, only: UUID | None = None, audience: Audience = Audience.MEMBERS
) -> Sequence[Withdrawn]:
    """What is left of all that this audience read and that was withdrawn, the latest first, or of that one; as the
    tables say. The public is told of nothing that it may not read: not even that it takes the place of something."""
    tomb, is_public = ReleasedWithdrawal, audience == Audience.PUBLIC
    chosen = select(tomb).where(_of(tomb.id, only), tomb.public_manifest.is_not(None) if is_public else true())
    latest = chosen.order_by(tomb.withdrawn_at.desc(), tomb.symbol.desc())
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
            replaced_by=each.replaced_by if each.replaced_publicly or not is_public else None,
            replaced_by_slug=each.replaced_by_slug if each.replaced_publicly or not is_public else None,
            manifest=(each.public_manifest if is_public else each.manifest) or 0,
            manifest_digest=(each.public_manifest_digest if is_public else each.manifest_digest) or "",
            topics=tuple(each.topics),
            texts=tuple(sorted((Text(**file) for file in each.files), key=_place)),  # type: ignore[arg-type]  # JSON
        )
        for each in session.scalars(latest)
    ]


def _texts(session: ReadSession, outputs: Sequence[UUID]) -> Mapping[UUID, Sequence[Text]]:
    """By output."""
    found: dict[UUID, list[Text]] = {}
    columns = (ReleasedFile.output_id, ReleasedFile.language, ReleasedFile.sha256, ReleasedFile.size)
    chosen = select(*columns, ReleasedFile.media, ReleasedFile.name).where(_among(ReleasedFile.output_id, outputs))
    for output, language, sha256, size, media, name in session.execute(chosen):
        found.setdefault(output, []).append(Text(intern(language), sha256, size, intern(media), name))
    return found


def _attached(session: ReadSession, outputs: Sequence[UUID]) -> Mapping[UUID, Sequence[Said]]:
    """What States said, by output, in the order in which they did."""
    found: dict[UUID, list[Said]] = {}
    chosen = select(*ReleasedStatement.__table__.columns).where(_among(ReleasedStatement.output_id, outputs))
    for each in session.execute(chosen.order_by(ReleasedStatement.put_at, ReleasedStatement.id)):
        words = Said(intern(each.state), intern(each.kind), each.text, intern(each.language), each.put_at)
        found.setdefault(each.output_id, []).append(words)
    return found


def _topics(session: ReadSession, outputs: Sequence[UUID]) -> Mapping[UUID, Sequence[tuple[str, Titles]]]:
    """Codes and names by output, in the order of the list of topics."""
    found: dict[UUID, list[tuple[str, Titles]]] = {}
    columns = (ReleasedTopic.output_id, ReleasedTopic.code, ReleasedTopic.names)
    chosen = select(*columns).where(_among(ReleasedTopic.output_id, outputs))
    for output, code, names in session.execute(chosen.order_by(ReleasedTopic.position, ReleasedTopic.code)):
        found.setdefault(output, []).append((code, names))
    return found


def _among(column: InstrumentedAttribute[UUID], outputs: Sequence[UUID]) -> ColumnElement[bool]:
    """One array, so that the statement is the same however many there are."""
    return column == any_(bindparam(None, outputs, ARRAY(Uuid())))


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


def manifests(session: ReadSession, audience: Audience = Audience.MEMBERS) -> Sequence[Manifest]:
    """Every manifest of a catalogue, by number, with its place in the ledger where it has one."""
    return list(backwards(session, audience))[::-1]


def backwards(session: ReadSession, audience: Audience = Audience.MEMBERS, after: int = 0) -> Iterator[Manifest]:
    """The same, the last first, a batch at a time: all of them at once would be many times what is kept; with `after`,
    down to the one after that number.

    The public is told no place in the ledger, since that says how much happened in the house before.
    """
    if audience == Audience.PUBLIC:
        latest = select(PublicManifest).where(PublicManifest.number > after).order_by(PublicManifest.number.desc())
        yield from map(_manifest, session.scalars(latest.execution_options(yield_per=BATCH)))
        return
    rows = (
        select(*ReleasedManifest.__table__.columns, ReleasedProof.entry, ReleasedProof.proof)
        .outerjoin(ReleasedProof, ReleasedProof.number == ReleasedManifest.number)
        .where(ReleasedManifest.number > after)
        .order_by(ReleasedManifest.number.desc())
    )
    for each in session.execute(rows.execution_options(yield_per=BATCH)):
        place = packed(each.entry, each.proof)
        yield Manifest(each.number, each.statement, each.signature, each.public_key, place)


def places_of(session: ReadSession, numbers: Collection[int]) -> Mapping[int, bytes]:
    """The places in the ledger that there are of manifests with these numbers."""
    chosen = select(ReleasedProof.number, ReleasedProof.entry, ReleasedProof.proof)
    among = ReleasedProof.number == any_(bindparam(None, sorted(numbers), ARRAY(Integer())))
    found = session.execute(chosen.where(among)) if numbers else ()
    return {number: packed(entry, proof) for number, entry, proof in found}


def tops(session: ReadSession, audience: Audience = Audience.MEMBERS) -> Sequence[Manifest]:
    """The last manifest of a catalogue by each key."""
    table = MANIFESTS[audience]
    last = select(func.max(table.number)).group_by(table.public_key)
    return [_manifest(each) for each in session.scalars(select(table).where(table.number.in_(last)))]


def manifest_of(session: ReadSession, slug: str, audience: Audience = Audience.MEMBERS) -> Manifest | None:
    """The latest manifest of that output in a catalogue, if it is in that."""
    table = MANIFESTS[audience]
    about = cast(table.statement, JSONB)["output"]["slug"].astext
    found = session.scalar(select(table).where(about == slug).order_by(table.number.desc()).limit(1))
    return _manifest(found) if found else None


def last_manifest(session: ReadSession, audience: Audience = Audience.MEMBERS) -> Manifest | None:
    """The last one of a catalogue, or None before the first release."""
    table = MANIFESTS[audience]
    found = session.scalar(select(table).order_by(table.number.desc()).limit(1))
    return _manifest(found) if found else None


def _manifest(row: Signed) -> Manifest:
    return Manifest(row.number, row.statement, row.signature, row.public_key)
