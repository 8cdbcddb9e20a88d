"""Table of organizations."""

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, LocalizedText


class OrganizationKind(StrEnum):
    """Kinds of organizations. Those of the membership are named as the categories of the identity provider."""

    SECTOR_MEMBER = "sector_member"
    ASSOCIATE = "associate"
    ACADEMIA = "academia"
    INTERGOVERNMENTAL = "intergovernmental"
    UNITED_NATIONS = "un"
    STANDARDS = "standards"
    TECHNICAL = "technical"
    REGIONAL = "regional"
    INDUSTRY = "industry"
    ITU_UNIT = "itu_unit"


class Organization(Base):
    """An organization. Its code, which people and documents name it by, never changes and is never reused.

    `names` has a name for at least one of the six languages; `confirmed` are the languages whose name was confirmed:
    only those names are shown outside the register, but to the secretariat that chooses one, with that they are to be
    confirmed. `address` is for e-mail. `from_on` is its first day, if known. An
    organization is not deleted but ends (`until_on`, its last day). `version` counts its changes.
    """

    __tablename__ = "organization"
    __table_args__ = (
        CheckConstraint("names <> '{}'::jsonb", name="has_a_name"),
        CheckConstraint("names ?& confirmed", name="confirms_names"),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="ends_after_it_begins"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    names: Mapped[LocalizedText]
    confirmed: Mapped[list[str]]
    contact: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
