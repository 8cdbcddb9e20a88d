"""The cover of a draft: as columns while it is written, and as the text that comes to the register."""

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
"""Columns of the cover that are taken as they were typed."""

ON_THE_COVER = ("purpose", "action", "refers_to", "contact", "regional_group")
"""What every reader of the document finds on its cover, beside title and abstract."""

CARRIES_TOPICS = (Step.TEXT, Step.REVISION)
LISTS_PROPOSALS = (Step.TEXT, Step.REVISION, Step.ADDENDUM)
"""Topics are those of the text in force; a part beside it has none, and a corrigendum proposes nothing either."""


def columns(
    session: ReadSession, meeting: Meeting, cover: Cover, *, step: str, access: str | None, had: Collection[str]
) -> dict[str, Any]:
    """The cover as columns. The item, if one is named, is one of the meeting.

    `access` is given where it was decided before, with the document that is followed. `had` are topics that may stay
    although they were retired.
    """
    if cover.item is not None:
        agendas.one_released_item(session, meeting, cover.item)
    group = cover.regional_group
    topics = cover.topics if step in CARRIES_TOPICS else ()
    listed = cover.proposals if step in LISTS_PROPOSALS else ()
    return {name: getattr(cover, name) for name in TYPED} | {
        "purpose": str(cover.purpose),
        "access": access or str(cover.access),
        "regional_group": str(group) if group else None,
        "item_id": cover.item,
        "topics": subjects.chosen(session, topics, beside=had),
        "proposals": [proposals.kept(each) for each in listed],
    }


def text_of(session: ReadSession, contribution: Contribution) -> Text:
    """The text as it comes to the register."""
    return Text(
        original=contribution.original,
        titles={contribution.original: contribution.title},
        abstract=contribution.abstract,
        cover={name: value for name in ON_THE_COVER if (value := getattr(contribution, name))},
        topics=tuple(contribution.topics),
        proposals=tuple(Proposal.model_validate(each) for each in contribution.proposals),
        files=tuple(
            FileOf(**{name: getattr(file, name) for name in FileOf.__slots__})
            for file in queries.files(session, contribution)
        ),
        signed_by=tuple(
            (each.entity, each.answered_by)
            for each in queries.cosponsors(session, contribution)
            if each.answered_by and each.signs
        ),
    )
