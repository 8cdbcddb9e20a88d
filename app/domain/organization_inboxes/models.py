"""Table of keys and inboxes of organizations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Entity
from app.domain.identity.models.tables import Person
from app.domain.organizations.models import Organization


class OrganizationInbox(Entity):
    """The public key of an organization, in base64, and the address of its inbox, empty if it only sends.

    One secretary enters both, and they count once another one confirms them. They never change: new ones replace them.
    `ended_by` declined or took them back before, or revoked or replaced them after; `because` is the reason, empty
    where they were replaced. Each organization has at most one that is open, and one in force.
    """

    __tablename__ = "organization_inbox"
    __table_args__ = (
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed"),
        CheckConstraint("num_nulls(ended_by, ended_at, because) IN (0, 3)", name="ended"),
        CheckConstraint("confirmed_by <> proposed_by", name="confirmed_by_another"),
        Index(
            "uq_organization_inbox_open",
            "organization",
            unique=True,
            postgresql_where=text("confirmed_at IS NULL AND ended_at IS NULL"),
        ),
        Index(
            "uq_organization_inbox_in_force",
            "organization",
            unique=True,
            postgresql_where=text("confirmed_at IS NOT NULL AND ended_at IS NULL"),
        ),
        Index(
            "uq_organization_inbox_public_key",
            "public_key",
            unique=True,
            postgresql_where=text("confirmed_at IS NOT NULL AND ended_at IS NULL"),
        ),
    )

    organization: Mapped[str] = mapped_column(ForeignKey(Organization.code))
    public_key: Mapped[str]
    address: Mapped[str]
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    confirmed_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    ended_at: Mapped[datetime | None]
    because: Mapped[str | None]

    @property
    def is_open(self) -> bool:
        """Whether a second secretary has to confirm it."""
        return self.confirmed_at is None and self.ended_at is None

    @property
    def is_in_force(self) -> bool:
        """Whether its key counts now."""
        return self.confirmed_at is not None and self.ended_at is None
