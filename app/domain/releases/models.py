"""Tables of schema `release`, all that the read path can select: copies of what was released or made public."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.core.db import NAMING_CONVENTION, TYPE_ANNOTATIONS, UNRECORDED, LocalizedText


class ReleaseBase(DeclarativeBase):
    """Base of the tables in schema `release`."""

    metadata = MetaData(schema="release", naming_convention=NAMING_CONVENTION)
    type_annotation_map = TYPE_ANNOTATIONS


class Audience(StrEnum):
    """The two audiences of catalogues. Everything public is also in the catalogue of the members of ITU."""

    MEMBERS = "members"
    PUBLIC = "public"


class ReleasedOutput(ReleaseBase):
    """An output as it was released. `slug` is its symbol as a part of an address.

    The `alone_…` columns say why one person released it alone, in which language, and in which capacities.
    `still_to_come` are missing languages: if there are any, it is an advance, unedited version. `translations` are the
    languages in which it was translated after its adoption. The last three columns say when it was completed, and
    number and digest of the manifest that was completed.
    """

    __tablename__ = "output"
    # A single row with values that Python cannot represent would make the whole catalogue unreadable.
    __table_args__ = (
        CheckConstraint(
            "isfinite(released_at) AND isfinite(adopted_on) AND isfinite(reply_by)", name="days_have_an_end"
        ),
        CheckConstraint(
            "extract(year FROM adopted_on) BETWEEN 1 AND 9999 AND extract(year FROM released_at) BETWEEN 1 AND 9999"
            " AND extract(year FROM reply_by) BETWEEN 1 AND 9999",
            name="days_are_of_our_era",
        ),
        CheckConstraint(
            " AND ".join(
                f"coalesce(array_ndims({each}), 1) = 1 AND array_position({each}, NULL) IS NULL"
                for each in ("for_action", "for_information", "addressees")
            ),
            name="lists_are_plain",
        ),
        CheckConstraint(
            " AND ".join(
                f"coalesce(array_ndims({each}), 1) = 1 AND array_position({each}, NULL) IS NULL"
                for each in ("still_to_come", "translations")
            ),
            name="languages_are_plain",
        ),
        CheckConstraint(
            "isfinite(completed_at) AND extract(year FROM completed_at) BETWEEN 1 AND 9999",
            name="completed_in_our_era",
        ),
        CheckConstraint(
            "num_nulls(completed_at, completes, completes_digest) IN (0, 3)"
            " AND (completed_at IS NULL OR still_to_come = '{}')",
            name="completed_is_whole",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    symbol: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    body: Mapped[str]
    body_names: Mapped[LocalizedText]
    meeting: Mapped[int]
    titles: Mapped[LocalizedText]
    original: Mapped[str] = mapped_column(String(2))
    for_action: Mapped[list[str]] = mapped_column(default=list)
    for_information: Mapped[list[str]] = mapped_column(default=list)
    reply_by: Mapped[date | None]
    adopted_on: Mapped[date]
    adopted_how: Mapped[str] = mapped_column(default="meeting")
    addressees: Mapped[list[str]] = mapped_column(default=lambda: ["membership"])
    alone_because: Mapped[str | None]
    alone_language: Mapped[str | None] = mapped_column(String(2))
    alone_capacity: Mapped[str | None]
    released_at: Mapped[datetime] = mapped_column(index=True)
    still_to_come: Mapped[list[str]] = mapped_column(default=list)
    translations: Mapped[list[str]] = mapped_column(default=list)
    completed_at: Mapped[datetime | None]
    completes: Mapped[int | None]
    completes_digest: Mapped[str | None] = mapped_column(String(64))
    mandates: Mapped[list[dict[str, object]] | None] = mapped_column(JSONB(none_as_null=True))
    action_lines: Mapped[list[dict[str, object]] | None] = mapped_column(JSONB(none_as_null=True))
    questions: Mapped[list[dict[str, object]] | None] = mapped_column(JSONB(none_as_null=True))


class ReleasedFile(ReleaseBase):
    """The released text in one language: exactly the bytes that were adopted, or approved as a translation; and digest
    and size of its PDF, if it has one."""

    __tablename__ = "file"
    __table_args__ = (CheckConstraint("num_nulls(pdf, pdf_size) IN (0, 2)", name="pdf_is_whole"),)

    output_id: Mapped[UUID] = mapped_column(ForeignKey(ReleasedOutput.id), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    media: Mapped[str]
    name: Mapped[str]
    pdf: Mapped[str | None] = mapped_column(String(64))
    pdf_size: Mapped[int | None]


class ReleasedStateStatement(ReleaseBase):
    """A statement of a State on the text, in its own words and language, as it was at the release. `names` are those of
    a party that is no State, as they were then."""

    __tablename__ = "statement"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    output_id: Mapped[UUID] = mapped_column(ForeignKey(ReleasedOutput.id), index=True)
    state: Mapped[str]
    kind: Mapped[str]
    text: Mapped[str]
    language: Mapped[str] = mapped_column(String(2))
    put_at: Mapped[datetime]
    names: Mapped[LocalizedText | None] = mapped_column(JSONB(none_as_null=True))


class ReleasedFileParagraphs(ReleaseBase):
    """The paragraphs extracted from a released file, signed by the portal (`queries.signed_texts`), for reading and
    search. `heading_levels` are their levels as headings, 0 where one is no heading; none if no paragraph is one, as in
    texts that were signed before levels were known."""

    __tablename__ = "text"
    __table_args__ = (
        CheckConstraint(
            "heading_levels IS NULL OR coalesce(array_ndims(heading_levels), 1) = 1"
            " AND array_position(heading_levels, NULL) IS NULL"
            " AND cardinality(heading_levels) = cardinality(paragraphs)",
            name="levels_are_whole",
        ),
        {"info": {UNRECORDED: "It is signed, and the read path and a verification check the signature."}},
    )

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    paragraphs: Mapped[list[str]]
    heading_levels: Mapped[list[int] | None]
    signature: Mapped[str]
    public_key: Mapped[str]


class ReleasedTopic(ReleaseBase):
    """A topic of a released output, with its position and its names at the time of the release."""

    __tablename__ = "topic"

    output_id: Mapped[UUID] = mapped_column(ForeignKey(ReleasedOutput.id), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    names: Mapped[LocalizedText]


class ReleasedDuty(ReleaseBase):
    """What an organization reports to a group, and the reports that are expected of it, where two people made that
    public: a statement that the portal signed (`queries.released_duties`). It follows what happens to the reports, and
    is removed when the publication ends."""

    __tablename__ = "reporting_duty"
    __table_args__ = (
        {"info": {UNRECORDED: "It is signed, and the read path and a verification check the signature."}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    statement: Mapped[str]
    signature: Mapped[str]
    public_key: Mapped[str]


class SignedManifestRow(ReleaseBase):
    """A signed manifest with its number in a catalogue (see `queries.manifests`).

    Signature and public key are base64. It has no foreign key: the statement says what it is about.
    """

    __abstract__ = True

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    statement: Mapped[str]
    signature: Mapped[str]
    public_key: Mapped[str]


class MembersManifest(SignedManifestRow):
    """A manifest in the members' catalogue, which has every release and withdrawal."""

    __tablename__ = "manifest"


class PublicManifest(SignedManifestRow):
    """A manifest in the public catalogue. It has numbers of its own: the members' numbers would tell how much else
    there is."""

    __tablename__ = "public_manifest"


class ReleasedInclusionProof(ReleaseBase):
    """The inclusion proof of a manifest's journal entry in the ledger: the entry as text, and the proof
    (docs/ledger.md).

    Anybody can check it, so nothing is signed here.
    """

    __tablename__ = "proof"
    __table_args__ = ({"info": {UNRECORDED: "It proves itself: a changed one does not hold."}},)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry: Mapped[str]
    proof: Mapped[str]


class ReleaseVersion(ReleaseBase):
    """One row: `number` counts the changes of schema `release`, so that a process of the read path sees that it has to
    read again."""

    __tablename__ = "version"
    __table_args__ = (
        CheckConstraint("id = 1", name="only_row"),
        {"info": {UNRECORDED: "It says that something changed, and not what."}},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)


class ReleaseHeartbeat(ReleaseBase):
    """One row: when the worker gave its last sign of life; None before the first. While it changes, whatever was
    released has arrived."""

    __tablename__ = "heartbeat"
    __table_args__ = (
        CheckConstraint("id = 1", name="only_row"),
        {"info": {UNRECORDED: "It changes each second, and says nothing of what was released."}},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime | None]


class ReleasedWithdrawal(ReleaseBase):
    """The tombstone of a withdrawn output: what it was and why it was withdrawn. Its other rows are deleted.

    `decided_by` has the capacities of each person who decided: two, or one who did it alone. `files` are `language`,
    `sha256`, `size`, `media` and `name` of the withdrawn files, so that anybody who holds one can learn of it.
    `manifest` and `manifest_digest` are number and digest of the manifest of the release, `public_manifest` and
    `public_manifest_digest` those in the public catalogue. `replaced_publicly` is whether the replacement is public.
    """

    __tablename__ = "withdrawal"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    symbol: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    body: Mapped[str]
    body_names: Mapped[LocalizedText]
    meeting: Mapped[int]
    titles: Mapped[LocalizedText]
    original: Mapped[str] = mapped_column(String(2))
    adopted_on: Mapped[date]
    released_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime]
    reason: Mapped[str]
    language: Mapped[str] = mapped_column(String(2))
    decided_by: Mapped[list[str]]
    replaced_by: Mapped[str | None]
    replaced_by_slug: Mapped[str | None]
    topics: Mapped[list[str]]
    mandates: Mapped[list[str] | None]
    action_lines: Mapped[list[str] | None]
    questions: Mapped[list[str] | None]
    files: Mapped[list[dict[str, object]]]
    manifest: Mapped[int]
    manifest_digest: Mapped[str] = mapped_column(String(64))
    public_manifest: Mapped[int | None]
    public_manifest_digest: Mapped[str | None] = mapped_column(String(64))
    replaced_publicly: Mapped[bool] = mapped_column(default=False)
