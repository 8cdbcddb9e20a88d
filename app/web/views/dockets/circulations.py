"""The docket of a circulated version of a draft."""

from dataclasses import replace

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.circulations.rules import ADD_COMMENT, ANSWER_COMMENT, CirculationRuleSubject
from app.domain.outputs.models import OutputStatus
from app.web.views.dockets.rows import NO_ACTION, Actors, Docket, DocketRow, TextPair, build_docket

ANSWER = _("Answer the comments from States")
COMMENT = _("Comment on the text, if the State wishes")
THEN_ANSWERED = _("Each comment receives an answer. The text is then adopted, or the next version is circulated.")

CIRCULATION_DOCKETS: tuple[DocketRow, ...] = (
    DocketRow("comments-unanswered", ANSWER_COMMENT, ANSWER, THEN_ANSWERED),
    DocketRow("comments-unanswered", ADD_COMMENT, COMMENT, THEN_ANSWERED, on_behalf=True),
    DocketRow("comments-unanswered", None, ANSWER, THEN_ANSWERED, actors=Actors.CHAIR_AND_SECRETARIAT),
    DocketRow("open", ADD_COMMENT, COMMENT, THEN_ANSWERED, on_behalf=True),
    DocketRow("open", None, COMMENT, THEN_ANSWERED, actors=Actors.DELEGATIONS),
    DocketRow("superseded", None, NO_ACTION, _("Comments can be submitted on the latest version only.")),
    DocketRow("adopted", None, NO_ACTION, _("Comments submitted before the adoption remain unchanged.")),
)
"""For each life of a version: offices, then States, then all other readers."""


def build_circulation_docket(
    actor: Actor, on: CirculationRuleSubject, *, unanswered: int, comments_by: TextPair | None = None
) -> Docket:
    """Build the docket of a circulated version; `unanswered` is the number of comments without an answer, and
    `comments_by` the day until which comments are asked for."""
    life = "comments-unanswered" if unanswered else "open"
    if not on.is_latest:
        life = "superseded"
    if on.output.status != OutputStatus.DRAFT:
        life = "adopted"
    docket = build_docket(
        CIRCULATION_DOCKETS, life, actor, on.body_id, lambda who, permission: permission.objection_to(who, on)
    )
    return replace(docket, by=comments_by if docket.row.request is COMMENT else None)
