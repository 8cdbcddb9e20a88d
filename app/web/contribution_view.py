"""A contribution as every page about it shows it."""

from dataclasses import dataclass

from app.asgi.actors import EntityName
from app.asgi.formats import Formats
from app.asgi.words import ACCESSES, PURPOSES, STEPS, together
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import Text
from app.domain.agendas import queries as agendas
from app.domain.bodies.models import Body
from app.domain.contributions import queries
from app.domain.contributions.models import Contribution
from app.domain.contributions.rules import OPEN
from app.domain.documents.models import Step
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.scans import queries as scans
from app.web import standing
from app.web.proposal_forms import as_typed
from app.web.titles import foreign, in_language
from app.web.topic_names import names, those


@dataclass(frozen=True, slots=True)
class About:
    """Everything that pages show of a contribution."""

    contribution: Contribution
    meeting: Meeting
    body: Body
    meeting_name: Text
    entity: Text
    item: tuple[str, str | None] | None
    purpose: Text
    lang: str | None
    files: list[standing.ShownFile]
    step: Text
    access: Text
    signers: Text | None
    topics: list[str]
    proposals: list[tuple[int, dict[str, str]]]


def about(session: ReadSession, actor: Actor, found: Contribution, language: str) -> About:
    """Build the view of a contribution that was loaded for the actor."""
    meeting = meetings.one_visible(session, actor, found.meeting_id)
    body = session.get_one(Body, found.body_id)
    item = agendas.find_released_item(session, meeting, found.item_id) if found.item_id else None
    title, lang = in_language(item.titles, language) if item else ("", None)
    signing_states = [
        EntityName(cosponsor.entity) for cosponsor in queries.cosponsors(session, found) if cosponsor.signs
    ]
    return About(
        contribution=found,
        meeting=meeting,
        body=body,
        meeting_name=standing.called(meeting, body),
        entity=EntityName(found.entity),
        item=(f"{item.label} {title}", lang) if item else None,
        purpose=PURPOSES[found.purpose],
        lang=foreign(found.original, language),
        files=_build_files(session, found),
        step=STEPS[found.step],
        access=ACCESSES[queries.access_of(session, found)][0],
        signers=together(signing_states) if signing_states else None,
        topics=[name for _, name in those(names(session, language), found.topics)] if found.topics else [],
        proposals=list(enumerate(as_typed(found.proposals), 1)),
    )


def deadline_moved(session: ReadSession, seen: About, formats: Formats) -> standing.Moved | None:
    """Find the move of the deadline of a draft. None once it is submitted, and for corrigenda."""
    if seen.contribution.status not in OPEN or seen.contribution.step == Step.CORRIGENDUM:
        return None
    return standing.deadline_moved(session, seen.meeting, formats)


def _build_files(session: ReadSession, contribution: Contribution) -> list[standing.ShownFile]:
    """List the files of a contribution with their findings and scan states."""
    files = queries.files(session, contribution)
    return standing.shown(files, scans.states(session, [file.sha256 for file in files]))
