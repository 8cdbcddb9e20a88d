"""What can happen to a report and to action points."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class ReportDrafted(Event):
    name: ClassVar[str] = "report:drafted"
    words: ClassVar[LazyText] = _("The draft report was generated from the record of the meeting")
    meeting: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class ReportRevised(Event):
    name: ClassVar[str] = "report:revised"
    words: ClassVar[LazyText] = _("The report was changed")
    meeting: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class ReportRestored(Event):
    """`restored` is the number of the earlier revision, `revision` that of the new one with its text."""

    name: ClassVar[str] = "report:restored"
    words: ClassVar[LazyText] = _("An earlier revision of the report was restored")
    meeting: UUID
    revision: int
    restored: int


@dataclass(frozen=True, slots=True)
class ReportCirculated(Event):
    name: ClassVar[str] = "report:circulated"
    words: ClassVar[LazyText] = _("The report was circulated")
    meeting: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class CorrectionsDeadlineSet(Event):
    """`was` and `now` are instants in UTC; empty: until the report is adopted. `circulated` is whether delegations have
    the report already, and are notified."""

    name: ClassVar[str] = "report:corrections-deadline-set"
    words: ClassVar[LazyText] = _("The deadline for corrections of the report was set")
    meeting: UUID
    was: str
    now: str
    circulated: bool


@dataclass(frozen=True, slots=True)
class CorrectionAsked(Event):
    name: ClassVar[str] = "report:correction-asked"
    words: ClassVar[LazyText] = _("A delegation requested a correction of the report")
    meeting: UUID
    correction: UUID
    state: str


@dataclass(frozen=True, slots=True)
class CorrectionAnswered(Event):
    """`answer` is taken or declined."""

    name: ClassVar[str] = "report:correction-answered"
    words: ClassVar[LazyText] = _("A correction of the report was accepted or rejected")
    meeting: UUID
    correction: UUID
    answer: str


@dataclass(frozen=True, slots=True)
class ReportCommentWritten(Event):
    """`state` is empty if the chair or the secretariat wrote it."""

    name: ClassVar[str] = "report:comment-written"
    words: ClassVar[LazyText] = _("A comment on a paragraph of the report was written")
    meeting: UUID
    comment: UUID
    state: str


@dataclass(frozen=True, slots=True)
class ReportCommentAnswered(Event):
    name: ClassVar[str] = "report:comment-answered"
    words: ClassVar[LazyText] = _("A comment on the report was answered")
    meeting: UUID
    comment: UUID


@dataclass(frozen=True, slots=True)
class ReportCommentResolved(Event):
    name: ClassVar[str] = "report:comment-resolved"
    words: ClassVar[LazyText] = _("A comment on the report was resolved")
    meeting: UUID
    comment: UUID


@dataclass(frozen=True, slots=True)
class ReportCommentWithdrawn(Event):
    name: ClassVar[str] = "report:comment-withdrawn"
    words: ClassVar[LazyText] = _("A comment on the report was withdrawn by its author")
    meeting: UUID
    comment: UUID


@dataclass(frozen=True, slots=True)
class ReportAdopted(Event):
    name: ClassVar[str] = "report:adopted"
    words: ClassVar[LazyText] = _("The report was adopted")
    meeting: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class ReportRegistered(Event):
    name: ClassVar[str] = "report:registered"
    words: ClassVar[LazyText] = _("A symbol was assigned to the adopted report")
    meeting: UUID
    document: UUID


@dataclass(frozen=True, slots=True)
class ReportTemplateChanged(Event):
    """`file` is the digest of the new template, empty for the portal's own."""

    name: ClassVar[str] = "report:template-changed"
    words: ClassVar[LazyText] = _("The report template of a group was changed")
    template: UUID
    file: str


@dataclass(frozen=True, slots=True)
class ActionAdded(Event):
    """`person` is the one who is responsible, if it is one person. Lines before 29 November 2026 do not name the
    meeting."""

    name: ClassVar[str] = "action:added"
    words: ClassVar[LazyText] = _("An action point was added to a decision")
    decision: UUID
    action: UUID
    owner: str
    meeting: UUID | None = None
    person: UUID | None = None


@dataclass(frozen=True, slots=True)
class ActionPointProgressNoted(Event):
    """`progress` is open, done or dropped; `note` is what was said of it, `was` the progress before. Lines before
    29 November 2026 name neither that nor the meeting."""

    name: ClassVar[str] = "action:moved"
    words: ClassVar[LazyText] = _("The progress of an action point was updated")
    action: UUID
    progress: str
    note: str
    meeting: UUID | None = None
    was: str = ""
