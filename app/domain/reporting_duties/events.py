"""What can happen to reporting duties and to the reports that are expected."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class DutyAdded(Event):
    name: ClassVar[str] = "reporting-duty:added"
    words: ClassVar[LazyText] = _("A reporting duty of an organization was added")
    duty: UUID
    organization: str
    next_due_on: date


@dataclass(frozen=True, slots=True)
class DutyChanged(Event):
    name: ClassVar[str] = "reporting-duty:changed"
    words: ClassVar[LazyText] = _("A reporting duty of an organization was changed")
    duty: UUID
    organization: str
    next_due_on: date
    next_due_on_before: date


@dataclass(frozen=True, slots=True)
class DutyEnded(Event):
    name: ClassVar[str] = "reporting-duty:ended"
    words: ClassVar[LazyText] = _("A reporting duty of an organization was ended")
    duty: UUID
    organization: str
    until_on: date


@dataclass(frozen=True, slots=True)
class PublicationProposed(Event):
    name: ClassVar[str] = "reporting-duty:publication-proposed"
    words: ClassVar[LazyText] = _("A secretary proposed to show the reports of an organization to the public")
    duty: UUID
    organization: str


@dataclass(frozen=True, slots=True)
class PublicationConfirmed(Event):
    name: ClassVar[str] = "reporting-duty:publication-confirmed"
    words: ClassVar[LazyText] = _("A second person confirmed that the reports of an organization are public")
    duty: UUID
    organization: str


@dataclass(frozen=True, slots=True)
class PublicationEnded(Event):
    """A proposal was declined or withdrawn, or what was public no longer is."""

    name: ClassVar[str] = "reporting-duty:publication-ended"
    words: ClassVar[LazyText] = _("The reports of an organization are not or no longer shown to the public")
    duty: UUID
    organization: str
    was_public: bool


@dataclass(frozen=True, slots=True)
class ReportAsked(Event):
    name: ClassVar[str] = "expected-report:asked"
    words: ClassVar[LazyText] = _("The period of a report of an organization has begun")
    expected_report: UUID
    organization: str
    due_on: date


@dataclass(frozen=True, slots=True)
class ReportRequested(Event):
    name: ClassVar[str] = "expected-report:requested"
    words: ClassVar[LazyText] = _("An organization was asked for its report by e-mail")
    expected_report: UUID
    organization: str
    report_request: UUID
    language: str


@dataclass(frozen=True, slots=True)
class ReportAnswered(Event):
    name: ClassVar[str] = "expected-report:answered"
    words: ClassVar[LazyText] = _("The report of an organization was received as a liaison statement")
    expected_report: UUID
    organization: str
    liaison: UUID


@dataclass(frozen=True, slots=True)
class ReportDeclined(Event):
    name: ClassVar[str] = "expected-report:declined"
    words: ClassVar[LazyText] = _("An organization said that it will not report")
    expected_report: UUID
    organization: str
    declined_on: date


@dataclass(frozen=True, slots=True)
class ReportReopened(Event):
    name: ClassVar[str] = "expected-report:reopened"
    words: ClassVar[LazyText] = _("The report of an organization is expected again")
    expected_report: UUID
    organization: str


@dataclass(frozen=True, slots=True)
class ReportDropped(Event):
    name: ClassVar[str] = "expected-report:dropped"
    words: ClassVar[LazyText] = _("The report of an organization is no longer expected, since its duty has ended")
    expected_report: UUID
    organization: str


@dataclass(frozen=True, slots=True)
class ReportOverdue(Event):
    name: ClassVar[str] = "expected-report:overdue"
    words: ClassVar[LazyText] = _("The report of an organization is overdue")
    expected_report: UUID
    organization: str
    due_on: date
