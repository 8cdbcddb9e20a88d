"""Tables of mandates, their versions and clauses, and of the WSIS action lines."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Dialect, ForeignKey, ForeignKeyConstraint, Index, String, TypeDecorator, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity, LocalizedText


class CitedCodes(TypeDecorator[list[str]]):
    """Codes that a row cites; none is NULL, so that digests of rows from before there were citations hold."""

    impl = ARRAY(String)
    cache_ok = True

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> list[str] | None:  # noqa: ARG002
        """Store no codes as NULL."""
        return value or None

    def process_result_value(self, value: list[str] | None, dialect: Dialect) -> list[str]:  # noqa: ARG002
        """Read NULL as no codes."""
        return value or []


class MandateSource(StrEnum):
    """Who adopted a mandate."""

    PP = "PP"
    COUNCIL = "COUNCIL"
    WTSA = "WTSA"
    WTDC = "WTDC"
    RA = "RA"
    UNGA = "UNGA"
    WSIS = "WSIS"


class MandateKind(StrEnum):
    """Form of a mandate; a paragraph is one of the Tunis Agenda."""

    RESOLUTION = "resolution"
    DECISION = "decision"
    PARAGRAPH = "paragraph"


class ActingParty(StrEnum):
    """Who acts under a clause."""

    COUNCIL = "council"
    GROUP = "group"
    STUDY_GROUPS = "study-groups"
    ITU_T = "itu-t"
    MEMBER_STATES = "member-states"
    MEMBERS = "members"
    GOVERNMENTS = "governments"
    ORGANIZATIONS = "organizations"
    SECRETARY_GENERAL = "secretary-general"
    GENERAL_SECRETARIAT = "general-secretariat"
    DIRECTORS = "directors"
    DIRECTOR_TSB = "director-tsb"
    TSB = "tsb"
    SECRETARIAT = "secretariat"


class ClauseRhythm(StrEnum):
    """How often a clause asks for something."""

    ONCE = "once"
    YEARLY = "yearly"
    ALWAYS = "always"


class ItuRole(StrEnum):
    """Role of ITU in an action line."""

    SOLE_FACILITATOR = "sole-facilitator"
    FACILITATOR = "facilitator"
    CO_FACILITATOR = "co-facilitator"
    PARTNER = "partner"


class FacilitatorRole(StrEnum):
    """What an organization does for an action line, where the source says it."""

    LEADS = "leads"
    CO_FACILITATES = "co"
    PARTNER = "partner"


class Mandate(Base):
    """A mandate, whatever its version. Its code never changes and is never reused.

    It is not deleted but retired (`retired_at`): what cites it keeps it, and nothing new cites it. `successor` is the
    code of the mandate that continues it. `version` counts its changes.
    """

    __tablename__ = "mandate"

    code: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    kind: Mapped[str]
    number: Mapped[str]
    retired_at: Mapped[datetime | None]
    successor: Mapped[str | None] = mapped_column(ForeignKey("portal.mandate.code"))
    version: Mapped[int] = mapped_column(default=1)


class MandateVersion(Base):
    """A mandate as a conference adopted it in a year: “(Rev. Antalya, 2006)”. A version is in force until the next one.

    `confirmed` names the languages in which the title was compared with the source; in the others it is to be
    confirmed. With `in_own_words` the title is the secretariat's, not that of the source. `address` is where its text
    is on the web.
    """

    __tablename__ = "mandate_version"

    mandate: Mapped[str] = mapped_column(ForeignKey(Mandate.code), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[str]
    titles: Mapped[LocalizedText]
    confirmed: Mapped[list[str]]
    in_own_words: Mapped[bool] = mapped_column(default=False)
    address: Mapped[str | None]


class Clause(Base):
    """A clause of a version of a mandate; `code` is that of the mandate, the year and the label.

    `label` is what the text calls it, `words` what it says, in the words of the secretariat with `in_own_words`;
    `confirmed` names the languages in which they were compared with the source. `acts` are codes of `ActingParty`.
    `successor` is the clause of a later version that continues it.
    """

    __tablename__ = "clause"
    __table_args__ = (
        ForeignKeyConstraint(["mandate", "year"], [MandateVersion.mandate, MandateVersion.year]),
        UniqueConstraint("mandate", "year", "position"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    mandate: Mapped[str]
    year: Mapped[int]
    position: Mapped[int]
    label: Mapped[str]
    words: Mapped[LocalizedText]
    confirmed: Mapped[list[str]]
    in_own_words: Mapped[bool] = mapped_column(default=True)
    acts: Mapped[list[str]]
    asks: Mapped[str]
    retired_at: Mapped[datetime | None]
    successor: Mapped[str | None] = mapped_column(ForeignKey("portal.clause.code"))
    version: Mapped[int] = mapped_column(default=1)


class ActionLine(Base):
    """An action line of WSIS, such as C5; C7 has one for each application, whose `parent` it is.

    `confirmed` names the languages in which its name was compared with the source; `sdgs` are numbers of Sustainable
    Development Goals, to be confirmed unless `sdgs_confirmed`.
    """

    __tablename__ = "action_line"

    code: Mapped[str] = mapped_column(primary_key=True)
    parent: Mapped[str | None] = mapped_column(ForeignKey("portal.action_line.code"))
    position: Mapped[int]
    names: Mapped[LocalizedText]
    confirmed: Mapped[list[str]]
    itu_role: Mapped[str | None]
    sdgs: Mapped[list[int]]
    sdgs_confirmed: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)


class Facilitation(Entity):
    """An organization that facilitates an action line, from a day until a day, as far as these are known.

    `confirmed` says that it was compared with the source, which `basis` names. `role` is a `FacilitatorRole`, None
    where it is not known. `version` counts its changes; None if it was never changed.
    """

    __tablename__ = "facilitation"
    __table_args__ = (Index(None, "action_line"),)

    action_line: Mapped[str] = mapped_column(ForeignKey(ActionLine.code))
    organization: Mapped[str]
    confirmed: Mapped[bool] = mapped_column(default=False)
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    basis: Mapped[str] = mapped_column(default="")
    role: Mapped[str | None]
    version: Mapped[int | None]

    def has_ended(self, today: date) -> bool:
        """Return whether its last day is past."""
        return self.until_on is not None and self.until_on < today
