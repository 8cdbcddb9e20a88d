"""Tables of reporting duties, of the reports that are expected by them, of the requests for these reports, and of what
is shown to readers."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Base, Entity
from app.domain.bodies.models import Body
from app.domain.identity.models.tables import Person
from app.domain.liaisons.models import Liaison
from app.domain.organizations.models import Organization


class ExpectedReportState(StrEnum):
    """State of an expected report. One whose duty ended before it was due is DROPPED."""

    ASKED = "asked"
    ANSWERED = "answered"
    DECLINED = "declined"
    DROPPED = "dropped"


class RequestEmailStatus(StrEnum):
    """What became of the e-mail of a request. All but WAITING are final."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    EXPIRED = "expired"
    RESTORED = "restored"


class ReportingDuty(Entity):
    """That an organization reports to a body every so many months, under a clause.

    `clause` is the code of a clause, or of a mandate that is cited as a whole. `next_due_on` is the day by which the
    next report is due that was not asked for yet. `basis` says on what the duty rests. A duty is not deleted but ends
    (`until_on`, its last day). `version` counts its changes.
    """

    __tablename__ = "reporting_duty"
    __table_args__ = (
        CheckConstraint("every_months BETWEEN 1 AND 120", name="has_a_period"),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="ends_after_it_begins"),
        Index(
            "uq_reporting_duty_in_force",
            "body_id",
            "organization",
            "clause",
            unique=True,
            postgresql_where=text("until_on IS NULL"),
        ),
        Index(None, "organization"),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    organization: Mapped[str] = mapped_column(ForeignKey(Organization.code))
    clause: Mapped[str]
    every_months: Mapped[int]
    next_due_on: Mapped[date]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    basis: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)


class ExpectedReport(Entity):
    """A report that is expected of an organization by a day, opened when its period begins.

    `liaison_id` is the liaison statement that is the report. `declined_on` is the day on which the organization said
    that it will not report, `because` the reason that it gave. `version` counts its changes.
    """

    __tablename__ = "expected_report"
    __table_args__ = (
        UniqueConstraint("duty_id", "due_on"),
        CheckConstraint("(state = 'answered') = (liaison_id IS NOT NULL)", name="has_its_liaison"),
        CheckConstraint("(state = 'declined') = (declined_on IS NOT NULL)", name="has_its_day"),
        Index("ix_expected_report_asked", "due_on", postgresql_where=text("state = 'asked'")),
    )

    duty_id: Mapped[UUID] = mapped_column(ForeignKey(ReportingDuty.id))
    due_on: Mapped[date]
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=ExpectedReportState.ASKED)
    liaison_id: Mapped[UUID | None] = mapped_column(ForeignKey(Liaison.id), index=True)
    declined_on: Mapped[date | None]
    because: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)


class ReportRequest(Entity):
    """A message by which the secretariat asked the contact of an organization for a report, with its words."""

    __tablename__ = "report_request"

    expected_report_id: Mapped[UUID] = mapped_column(ForeignKey(ExpectedReport.id), index=True)
    language: Mapped[str] = mapped_column(String(2))
    subject: Mapped[str]
    text: Mapped[str]
    requested_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    requested_at: Mapped[datetime]


class ReportRequestEmail(Base):
    """The e-mail with a request. `address` is kept until the e-mail was sent or given up, and is then removed. `tries`
    counts attempts; `due_at` is the time of the next one."""

    __tablename__ = "report_request_email"
    __table_args__ = (
        CheckConstraint("(fate = 'waiting') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("(fate = 'waiting') = (address IS NOT NULL)", name="address"),
        Index("ix_report_request_email_due", "due_at", postgresql_where=text("fate = 'waiting'")),
        {"info": {UNRECORDED: "The request is recorded; whether its e-mail arrives is not up to the portal."}},
    )

    request_id: Mapped[UUID] = mapped_column(ForeignKey(ReportRequest.id), primary_key=True)
    address: Mapped[str | None]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    fate: Mapped[str] = mapped_column(default=RequestEmailStatus.WAITING)
    ended_at: Mapped[datetime | None]


class DutyPublication(Entity):
    """That the row of a duty in the table of reports is shown to everybody on the read path.

    A secretary proposes it, and it counts once another secretary, the chair or a vice-chair confirms it. `ended_by`
    declined or withdrew it before, or ended it after; `because` is the reason. Each duty has at most one that has not
    ended.
    """

    __tablename__ = "duty_publication"
    __table_args__ = (
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed"),
        CheckConstraint("num_nulls(ended_by, ended_at, because) IN (0, 3)", name="ended"),
        CheckConstraint("confirmed_by <> proposed_by", name="confirmed_by_another"),
        Index("uq_duty_publication_current", "duty_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    duty_id: Mapped[UUID] = mapped_column(ForeignKey(ReportingDuty.id))
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    confirmed_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    ended_at: Mapped[datetime | None]
    because: Mapped[str | None]
