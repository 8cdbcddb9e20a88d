"""Load a contribution with all that is checked, submitted and registered with it."""

from app.core.db import ReadSession
from app.domain.bodies.models import Body
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import contributions
from app.domain.contributions.rules import Submission
from app.domain.documents.models import Document
from app.domain.meetings.models import Meeting


def load_submission(session: ReadSession, contribution: Contribution) -> Submission:
    """Load a contribution with its files, co-sponsors, meeting and body, and the document that it follows.

    Access is checked by the caller. Files and co-sponsors change under the lock of the contribution only; a caller that
    relies on them holds that lock.
    """
    return Submission(
        contribution=contribution,
        meeting=session.get_one(Meeting, contribution.meeting_id),
        body=session.get_one(Body, contribution.body_id),
        files=contributions.list_contribution_files(session, contribution),
        cosponsors=contributions.list_cosponsors(session, contribution),
        followed=session.get_one(Document, contribution.follows_id) if contribution.follows_id else None,
        requires_clearance=contributions.has_clearance_requirement(session, contribution.body_id, contribution.entity),
    )
