"""The cover of a draft: as columns of the contribution, and as the text of the edition to be registered."""

from collections.abc import Collection
from typing import Any

from app.core.db import ReadSession
from app.domain.agendas import queries as agendas
from app.domain.contributions import queries
from app.domain.contributions.inputs import Cover
from app.domain.contributions.models import Contribution
from app.domain.documents import proposals
from app.domain.documents.inputs import FileOf, Proposal, Text
from app.domain.documents.models import Step
from app.domain.meetings.models import Meeting
from app.domain.subjects import queries as subjects

TYPED = ("title", "abstract", "original", "action", "refers_to", "contact", "note")
"""Columns of the cover that are stored as they were typed."""

ON_THE_COVER = ("purpose", "action", "refers_to", "contact", "regional_group")
"""Fields on the cover of the registered document, in addition to title and abstract."""

CARRIES_TOPICS = (Step.TEXT, Step.REVISION)
LISTS_PROPOSALS = (Step.TEXT, Step.REVISION, Step.ADDENDUM)
"""Topics belong to the text in force: addenda and corrigenda have none. A corrigendum has no proposals either."""


def columns(
    session: ReadSession, meeting: Meeting, cover: Cover, *, step: str, access: str | None, had: Collection[str]
) -> dict[str, Any]:
    """Return the cover as columns. The agenda item, if one is named, must be one of the meeting.

    `inherited_access` is the access of the document that is followed, which overrides the cover. `retained_topics` may
    stay although they were retired. Raises NotFound for an unknown item.
    """
    if cover.item is not None:
        agendas.one_released_item(session, meeting, cover.item)
    group = cover.regional_group
    topics = cover.topics if step in CARRIES_TOPICS else ()
    listed_proposals = cover.proposals if step in LISTS_PROPOSALS else ()
    return {name: getattr(cover, name) for name in TYPED} | {
        "purpose": str(cover.purpose),
        "access": access or str(cover.access),
        "regional_group": str(group) if group else None,
        "item_id": cover.item,
        "topics": subjects.chosen(session, topics, beside=had),
        "proposals": [proposals.kept(proposal) for proposal in listed_proposals],
    }


def text_of(session: ReadSession, contribution: Contribution) -> Text:
    """Build the text of the edition that is registered, with files and signatures."""
    return Text(
        original=contribution.original,
        titles={contribution.original: contribution.title},
        abstract=contribution.abstract,
        cover={name: value for name in ON_THE_COVER if (value := getattr(contribution, name))},
        topics=tuple(contribution.topics),
        proposals=tuple(Proposal.model_validate(row) for row in contribution.proposals),
        files=tuple(
            FileOf(**{name: getattr(file, name) for name in FileOf.__slots__})
            for file in queries.files(session, contribution)
        ),
        signed_by=tuple(
            (cosponsor.entity, cosponsor.answered_by)
            for cosponsor in queries.cosponsors(session, contribution)
            if cosponsor.answered_by and cosponsor.signs
        ),
    )
