"""What a draft contribution lacks before it can be submitted."""

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import contributions as queries
from app.domain.documents.models import Document, EditionStep
from app.domain.meetings.models import Meeting, MeetingLife

SUBMISSION_LIVES = (MeetingLife.OPEN, MeetingLife.IN_SESSION)

MEETING_NOT_OPEN_YET = _("The meeting is not open for contributions yet. Your draft is saved; submit it once it is.")

MEETING_TAKES_NO_MORE = _("The meeting is closed or was cancelled, and takes no more contributions.")


def find_submission_objection(session: ReadSession, actor: Actor, contribution: Contribution) -> LazyText | None:
    """Return why this actor cannot submit the draft yet; None if it is complete."""
    followed = session.get_one(Document, contribution.follows_id) if contribution.follows_id else None
    if followed and followed.ended_as is not None:
        return _("The document that it follows was withdrawn, or its number is void.")
    if followed and not contribution.note:
        return _("Say in a sentence what is new in it.")
    meeting = session.get_one(Meeting, contribution.meeting_id)
    if contribution.step != EditionStep.CORRIGENDUM and meeting.life not in SUBMISSION_LIVES:
        return MEETING_NOT_OPEN_YET if meeting.life == MeetingLife.CONVENED else MEETING_TAKES_NO_MORE
    languages = {file.language for file in queries.list_contribution_files(session, contribution)}
    required = contribution.only_language or contribution.original
    if required not in languages:
        return _("The file in the original language is missing. Add it, then submit.")
    if contribution.only_language and languages != {contribution.only_language}:
        return _("This corrigendum concerns one language. Remove the files in the others, then submit.")
    if contribution.cleared_by is None and queries.is_clearance_needed(session, actor, contribution):
        return _("The head of your delegation has to clear it first.")
    return None
