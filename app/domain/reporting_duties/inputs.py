"""Inputs about reporting duties and expected reports."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.core.validation import CalendarDay, InputModel, LanguageCode, OneLine, ReasonInput
from app.domain.bodies.inputs import BodyCode


class DutyContent(InputModel):
    """What can be changed of a duty."""

    every_months: Annotated[int, Field(ge=1, le=120)]
    next_due_on: CalendarDay
    basis: OneLine | None = None


class NewDuty(DutyContent):
    """A new duty of an organization."""

    organization: OneLine
    clause: OneLine
    from_on: CalendarDay


class DutyEnd(InputModel):
    """The last day of a duty."""

    until_on: CalendarDay


class ReportAnswer(InputModel):
    """The liaison statement that is the report."""

    liaison: UUID


class ReportRefusal(ReasonInput):
    """That an organization said that it will not report: when, and why."""

    declined_on: CalendarDay


class RequestMessage(InputModel):
    """The message that asks for a report, as it was shown before it is sent."""

    language: LanguageCode
    subject: str
    text: str
    address: str


class ReportFilter(InputModel):
    """What narrows the table of reports."""

    group: BodyCode | None = None
    show: Literal["overdue", "asked"] | None = None
