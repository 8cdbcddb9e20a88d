"""A submission with all that is read for it: whether it can be made, is in time, and what may be replaced in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.canonical_json import to_canonical_json
from app.core.errors import Conflict
from app.core.hashing import hash_secret
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.contributions.models import (
    Contribution,
    ContributionFile,
    ContributionStatus,
    Cosponsor,
    FileVerdict,
    RefusedFile,
)
from app.domain.contributions.rules.permissions import is_unconfirmed_text
from app.domain.documents.models import Document, EditionStep
from app.domain.meetings import rules as deadlines
from app.domain.meetings.models import Meeting, MeetingLife

STEPS_WITH_QUESTIONS = (EditionStep.TEXT, EditionStep.REVISION)
COVER_COLUMNS = (
    *("title", "abstract", "original", "purpose", "action", "refers_to", "contact", "regional_group", "access", "note"),
    *("topics", "mandates", "action_lines", "proposals"),
)


@dataclass(frozen=True, slots=True)
class Submission:
    """A contribution with all that is checked, submitted and registered with it, read once and handed down."""

    contribution: Contribution
    meeting: Meeting
    body: Body
    files: Sequence[ContributionFile]
    cosponsors: Sequence[Cosponsor]
    refused_files: Sequence[RefusedFile]
    """The files that were refused after a submission."""
    followed: Document | None
    earlier_signers: frozenset[str]
    """The States that co-sponsor the text which it replaces as a revision."""
    signers_before_change: frozenset[str]
    """The States that had signed the draft before it was changed, and have not answered since."""
    requires_clearance: bool
    """Whether its State has what it submits cleared by the head of delegation."""
    awaits_state: bool
    """Whether the secretariat submitted it in the name of a State that has somebody who can confirm it, and no one
    did."""
    is_own_submission: bool
    """Whether the secretariat wrote it and somebody of its State submitted it."""

    @property
    def access(self) -> str:
        """The access that holds once it is registered: that of the followed document, or its own."""
        return self.followed.access if self.followed else self.contribution.access

    @property
    def has_text(self) -> bool:
        """Whether the file is there that cannot be missing: in the original language, or that of the corrigendum."""
        required = self.contribution.only_language or self.contribution.original
        return required in {file.language for file in self.files}

    @property
    def is_at_request(self) -> bool:
        """Whether it is registered as submitted by the secretariat at the request of its State."""
        return is_unconfirmed_text(self.contribution) and not self.is_own_submission

    @property
    def signers(self) -> list[str]:
        """The States that signed it with the one that submits it."""
        return [cosponsor.entity for cosponsor in self.cosponsors if cosponsor.signs]

    @property
    def unanswered(self) -> list[str]:
        """The invited States that have not answered; they can sign until it is registered."""
        return [cosponsor.entity for cosponsor in self.cosponsors if cosponsor.signs is None]

    @property
    def to_be_asked_again(self) -> list[str]:
        """The States that co-sponsor the text which it replaces, or had signed the draft before it was changed, and
        have not answered yet."""
        return [state for state in self.unanswered if state in self.earlier_signers | self.signers_before_change]

    @property
    def digests(self) -> list[str]:
        """The digests of the files."""
        return [file.sha256 for file in self.files]

    @property
    def waits_for_verdict(self) -> bool:
        """Whether one of the files is not inspected yet."""
        return any(file.verdict == FileVerdict.WAITING for file in self.files)

    @property
    def is_returned_for_file(self) -> bool:
        """Whether it was returned because a file was refused after it was last submitted."""
        submitted_at = self.contribution.submitted_at
        return submitted_at is not None and any(file.refused_at > submitted_at for file in self.refused_files)

    @property
    def replacement_ends_at(self) -> datetime | None:
        """Until when refused files may be replaced and be in time; None if none may."""
        return max((file.until for file in self.refused_files), default=None)


COSPONSORS_UNANSWERED = _(
    "A State that is asked again to co-sponsor has not answered yet. Wait for its answer, or continue without it."
)
NO_TEXT_YET = _(
    "The submitting State has not added the text yet. Your State can co-sponsor it once the text has been added."
)
FILE_NOT_INSPECTED = _("A file is still being checked. The check is automatic. Try again in a moment.")
FILE_REFUSED = _("A file was rejected after it was received. Replace or remove the file.")


def require_text(submission: Submission) -> None:
    """Raise Conflict if the text is not there yet."""
    if not submission.has_text:
        raise Conflict(NO_TEXT_YET)


def require_not_declined(contribution: Contribution, entity: str) -> None:
    """Raise Conflict if the State has declined: no invitation is left to withdraw."""
    if entity in contribution.declined:
        raise Conflict(_("This State has declined to co-sponsor. You can invite it again."))


def require_all_accepted(submission: Submission) -> None:
    """Raise Conflict if one of the files is not inspected yet, or was refused."""
    if submission.waits_for_verdict:
        raise Conflict(FILE_NOT_INSPECTED)
    if not all(file.is_accepted for file in submission.files):
        raise Conflict(FILE_REFUSED)


SUBMISSION_LIVES = (MeetingLife.OPEN, MeetingLife.IN_SESSION)
MEETING_NOT_OPEN_YET = _(
    "The meeting is not open for contributions yet. Your draft is saved. You can submit "
    "it when the meeting opens for contributions."
)
MEETING_TAKES_NO_MORE = _("The meeting is closed or was cancelled. It no longer accepts contributions.")


def find_submission_objection(actor: Actor, submission: Submission) -> LazyText | None:
    """Return why this actor cannot submit the draft yet; None if it is complete."""
    contribution, followed, meeting = submission.contribution, submission.followed, submission.meeting
    if followed and followed.ended_as is not None:
        return _("The document to which this draft relates was withdrawn, or its number is void.")
    if followed and not contribution.note:
        return _("Enter one sentence on what is new in this document.")
    if contribution.step != EditionStep.CORRIGENDUM and meeting.life not in SUBMISSION_LIVES:
        return MEETING_NOT_OPEN_YET if meeting.life == MeetingLife.CONVENED else MEETING_TAKES_NO_MORE
    if submission.body.questions_required and contribution.step in STEPS_WITH_QUESTIONS and not contribution.questions:
        return _("Select the Question that the contribution is about, then submit it.")
    if not submission.has_text:
        return _(
            "The file in the original language is missing. Add it, or change the original language of the draft, then "
            "submit the contribution."
        )
    languages = {file.language for file in submission.files}
    if contribution.only_language and languages != {contribution.only_language}:
        return _(
            "This corrigendum concerns one language. Remove the files in other languages, then submit the corrigendum."
        )
    if any(file.verdict == FileVerdict.REFUSED for file in submission.files):
        return FILE_REFUSED
    if submission.to_be_asked_again:
        return COSPONSORS_UNANSWERED
    is_own_state = actor.entity == contribution.entity
    if is_own_state and submission.requires_clearance and contribution.cleared_by is None:
        return _("The head of your delegation must clear the draft first.")
    return None


def is_in_time(submission: Submission, grace: timedelta) -> bool:
    """Return whether a submission made now is in time. A corrigendum has no deadline."""
    uploads = [(file.began_at, file.received_at) for file in submission.files]
    return (
        submission.contribution.step == EditionStep.CORRIGENDUM
        or deadlines.is_submission_in_time(submission.meeting, uploads, grace)
        or (submission.contribution.status == ContributionStatus.RETURNED and is_timely_replacement(submission))
    )


def is_timely_replacement(submission: Submission) -> bool:
    """Return whether all is as it was submitted but for files that were refused after that, each replaced within its
    time."""
    refused, ends_at = submission.refused_files, submission.replacement_ends_at
    if ends_at is None or deadlines.has_deadline_passed(ends_at):
        return False
    until, submitted = {file.language: file.until for file in refused}, refused[0].submitted
    return digest_cover(submission.contribution) == refused[0].cover_digest and all(
        file.received_at <= until[file.language]
        if file.language in until
        else file.sha256 == submitted.get(file.language)
        for file in submission.files
    )


def digest_cover(contribution: Contribution) -> str:
    """Return the SHA-256 of all that is typed on the cover, in hexadecimal: equal for equal covers."""
    cover = {name: getattr(contribution, name) for name in COVER_COLUMNS}
    cover |= {"questions": contribution.questions} if contribution.questions else {}  # others keep their digests
    return hash_secret(to_canonical_json(cover | {"item_id": str(contribution.item_id or "")}).decode())


def timing_of_submission(submission: Submission) -> str:
    """Return `in-time`, `grace`, `replacement` or `late`, as receipts state it."""
    contribution, meeting = submission.contribution, submission.meeting
    if contribution.late:
        return "late"
    if not is_past_deadline(contribution, meeting):
        return "in-time"
    return "replacement" if is_timely_replacement(submission) else "grace"


def is_past_deadline(contribution: Contribution, meeting: Meeting) -> bool:
    """Return whether a contribution was not submitted before the deadline of this meeting."""
    submitted_at = contribution.submitted_at
    return submitted_at is None or deadlines.has_deadline_passed(meeting.contributions_due_at, submitted_at)
