"""The cover of a draft: as columns of the contribution, and as the text of the edition to be registered."""

from collections.abc import Collection
from typing import Any

from app.core.db import ReadSession
from app.domain.agendas.queries import agenda_releases
from app.domain.bodies.models import Body
from app.domain.contributions.inputs import ContributionCover, RetainedChoices
from app.domain.contributions.rules.submissions import Submission
from app.domain.documents.inputs import EditionContent, LanguageFile, ProposalInput
from app.domain.documents.models import EditionStep
from app.domain.documents.queries import proposals
from app.domain.mandates import queries as mandate_queries
from app.domain.meetings.models import Meeting
from app.domain.questions import queries as questions
from app.domain.topics import queries as subjects

TYPED_COVER_COLUMNS = ("title", "abstract", "original", "action", "refers_to", "contact", "note")
"""Columns of the cover that are stored as they were typed."""

PUBLISHED_COVER_FIELDS = ("purpose", "action", "refers_to", "contact", "regional_group")
"""Fields on the cover of the registered document, in addition to title and abstract."""

STEPS_WITH_TOPICS = (EditionStep.TEXT, EditionStep.REVISION)
STEPS_WITH_PROPOSALS = (EditionStep.TEXT, EditionStep.REVISION, EditionStep.ADDENDUM)
"""Topics belong to the text in force: addenda and corrigenda have none. A corrigendum has no proposals either."""


def build_cover_columns(
    session: ReadSession,
    meeting: Meeting,
    cover: ContributionCover,
    *,
    step: str,
    inherited_access: str | None,
    retained: RetainedChoices,
) -> dict[str, Any]:
    """Return the cover as columns. The agenda item, if one is named, must be one of the meeting.

    `inherited_access` is the access of the document that is followed, which overrides the cover. What is
    `retained` may stay although it was retired. Raises NotFound for an unknown item.
    """
    if cover.item is not None:
        agenda_releases.get_released_item(session, meeting, cover.item)
    group = cover.regional_group
    listed_proposals = cover.proposals if step in STEPS_WITH_PROPOSALS else ()
    has_topics = step in STEPS_WITH_TOPICS
    return {name: getattr(cover, name) for name in TYPED_COVER_COLUMNS} | {
        "purpose": str(cover.purpose),
        "access": inherited_access or str(cover.access),
        "regional_group": str(group) if group else None,
        "item_id": cover.item,
        "topics": subjects.require_choosable_topics(
            session, cover.topics if has_topics else (), already_chosen=retained.topics
        ),
        "mandates": mandate_queries.require_citable(
            session, cover.mandates if has_topics else (), already_cited=retained.mandates
        ),
        "action_lines": mandate_queries.require_action_lines(session, cover.action_lines if has_topics else ()),
        "questions": _require_questions(session, meeting, cover, retained.questions) if has_topics else None,
        "proposals": [proposals.dump_proposal(proposal) for proposal in listed_proposals],
    }


def _require_questions(
    session: ReadSession, meeting: Meeting, cover: ContributionCover, retained: Collection[str]
) -> list[str] | None:
    """Return the Questions of the cover, which the body of the meeting must have. Raises BadRequest."""
    body = session.get_one(Body, meeting.body_id)
    return questions.require_choosable_questions(session, body, cover.questions, already_chosen=retained)


def build_registered_edition(submission: Submission) -> EditionContent:
    """Build the text of the edition that is registered, with files and signatures."""
    contribution = submission.contribution
    return EditionContent(
        original=contribution.original,
        titles={contribution.original: contribution.title},
        abstract=contribution.abstract,
        cover={name: value for name in PUBLISHED_COVER_FIELDS if (value := getattr(contribution, name))},
        topics=tuple(contribution.topics),
        mandates=tuple(contribution.mandates),
        action_lines=tuple(contribution.action_lines),
        questions=tuple(contribution.questions or ()),
        proposals=tuple(ProposalInput.model_validate(row) for row in contribution.proposals),
        files=tuple(
            LanguageFile(**{name: getattr(file, name) for name in LanguageFile.__slots__}) for file in submission.files
        ),
        signed_by=tuple(
            (cosponsor.entity, cosponsor.answered_by)
            for cosponsor in submission.cosponsors
            if cosponsor.answered_by and cosponsor.signs
        ),
        at_request=submission.is_at_request,
    )
