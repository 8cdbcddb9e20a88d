"""Pages of drafts: the form of the cover with its choices, the files, the last check."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from fastapi import Request, Response

from app.asgi.actors import EntityName
from app.asgi.formats import Formats
from app.asgi.house import House
from app.asgi.words import ACCESSES, PURPOSES, SERIES, together
from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Refusal
from app.core.i18n import LANGUAGES, OWN_NAMES, Text, say
from app.domain import member_states
from app.domain.agendas import queries as agendas
from app.domain.bodies import queries as bodies
from app.domain.bodies.models import Body
from app.domain.bodies.rules import is_secretary
from app.domain.contributions import queries as contributions
from app.domain.contributions.actions import missing
from app.domain.contributions.covers import CARRIES_TOPICS, LISTS_PROPOSALS
from app.domain.contributions.inputs import SECRETARIAT, Cover, InLanguage
from app.domain.contributions.models import Contribution, RegionalGroup
from app.domain.documents.models import Step
from app.domain.identity.models import Person
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import is_in_time
from app.web import standing
from app.web.contribution_view import about, deadline_moved
from app.web.entries import Entry
from app.web.proposal_forms import KINDS, as_typed, with_spare
from app.web.receiving import why_not
from app.web.titles import in_language
from app.web.topic_names import choices

SHORTLY = timedelta(minutes=15)  # within which another editor is mentioned


def new_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    entry: Entry[Cover],
    key: UUID,
    *,
    refused: Refusal | None = None,
    stale: Text | None = None,
    status: int = 400,
) -> Response:
    """Render the form of a new draft. `key` makes the form idempotent."""
    body = session.get_one(Body, meeting.body_id)
    formats = Formats(house.pages.language(request))
    return house.pages.show(
        request,
        "web/contributions/new.html",
        status=status,
        meeting=meeting,
        meeting_name=standing.called(meeting, body),
        due=standing.due(meeting, formats),
        moved=standing.deadline_moved(session, meeting, formats),
        key=key,
        behalf=_build_behalf_choices(session, body, formats.language)
        if is_secretary.against(actor, meeting) is None
        else None,
        refused=why_not(refused),
        stale=stale,
        largest=min(body.largest_file, house.settings.largest_file),
        **cover_form(session, meeting, entry, formats.language, Step.TEXT),
    )


def edit_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    found: Contribution,
    *,
    entry: Entry[Cover] | None = None,
    upload: Entry[InLanguage] | None = None,
    refused: Refusal | None = None,
    stale: Text | None = None,
    status: int = 200,
) -> Response:
    """Render the page on which a draft is edited."""
    formats = Formats(house.pages.language(request))
    view = about(session, actor, found, formats.language)
    return house.pages.show(
        request,
        "web/contributions/edit.html",
        status=status,
        about=view,
        docket=standing.docket(found, view.meeting, view.entity, formats),
        moved=deadline_moved(session, view, formats),
        stale=stale,
        colleague=_find_recent_editor(session, actor, found, view.meeting.zone, formats),
        refused=why_not(refused),
        upload=upload or Entry({"language": _guess_next_language(view.files, found.original)}, None, {}),
        largest=min(view.body.largest_file, house.settings.largest_file),
        **cover_form(
            session,
            view.meeting,
            entry or _build_entry(found),
            formats.language,
            found.step,
            contributions.topics_kept(session, found),
        ),
    )


def check_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    found: Contribution,
    *,
    refused: Refusal | None = None,
) -> Response:
    """Render the page with what will be submitted and what is missing."""
    formats = Formats(house.pages.language(request))
    view = about(session, actor, found, formats.language)
    uploads = [(file.began_at, file.received_at) for file in contributions.files(session, found)]
    return house.pages.show(
        request,
        "web/contributions/check.html",
        status=refused.status if refused else 200,
        about=view,
        due=standing.due_of(found.step, view.meeting, formats),
        moved=deadline_moved(session, view, formats),
        refused=refused.reason if refused else None,
        missing=missing(session, actor, found),
        in_time=found.step == Step.CORRIGENDUM or is_in_time(view.meeting, uploads, house.grace),
        waiting=_format_unanswered(session, found),
    )


def _find_recent_editor(
    session: ReadSession, actor: Actor, contribution: Contribution, zone: str, formats: Formats
) -> tuple[str, str] | None:
    """Find who else changed the draft a short while ago, and when."""
    if contribution.changed_by == actor.person or clock.now() - contribution.changed_at > SHORTLY:
        return None
    return session.get_one(Person, contribution.changed_by).name, formats.when(contribution.changed_at, zone)


def _format_unanswered(session: ReadSession, contribution: Contribution) -> Text | None:
    """Name the invited States that have not answered; they can sign until it is registered."""
    unanswered = [
        EntityName(cosponsor.entity)
        for cosponsor in contributions.cosponsors(session, contribution)
        if cosponsor.signs is None
    ]
    if not unanswered:
        return None
    return say(
        "These States have not signed yet; they can, until it is registered: %(states)s.", states=together(unanswered)
    )


def _build_behalf_choices(session: ReadSession, body: Body, language: str) -> dict[str, object]:
    """Return for whom the secretariat may write, itself first, and the series to choose from."""
    codes = [row.code for row in bodies.states(session) if row.category in body.admits]
    states = [(code, member_states.name(code, language)) for code in member_states.order(codes, language)]
    return {"entities": [(SECRETARIAT, say("the secretariat itself")), *states], "series": list(SERIES.items())}


def _build_entry(contribution: Contribution) -> Entry[Cover]:
    """Build the form of the cover from the stored draft."""
    field_names = ("title", "original", "purpose", "abstract", "action", "refers_to", "contact", "access", "note")
    typed: dict[str, object] = {name: getattr(contribution, name) for name in field_names}
    typed |= {"regional_group": contribution.regional_group or "", "item": str(contribution.item_id or "")}
    return Entry(typed | {"topics": contribution.topics, "proposals": as_typed(contribution.proposals)}, None, {})


def cover_form(
    session: ReadSession,
    meeting: Meeting,
    entry: Entry[Cover],
    language: str,
    step: str,
    had: Collection[str] = (),
) -> dict[str, object]:
    """Build the template context of the cover: choices, typed values, errors.

    Parts beside the text have no topics, corrigenda no proposals. `current_topics` may stay although they are retired.
    """
    items = [
        (item.item_id, f"{item.label} {title}", lang or language)
        for item in agendas.released_items(session, meeting)
        for title, lang in (in_language(item.titles, language),)
    ]
    return {
        "typed": entry.typed,
        "errors": entry.errors,
        "languages_of_files": [(code, OWN_NAMES[code], code) for code in LANGUAGES],
        "purposes": list(PURPOSES.items()),
        "accesses": [(access, *words) for access, words in ACCESSES.items()],
        "groups": [(str(group), str(group)) for group in RegionalGroup],
        "items": items,
        "topics": choices(session, language, had) if step in CARRIES_TOPICS else [],
        "proposals": with_spare(entry.typed["proposals"]) if step in LISTS_PROPOSALS else [],
        "kinds": KINDS,
    }


def _guess_next_language(files: list[standing.ShownFile], original: str) -> str:
    """Return the language of the next file: the original until that is there, then the first one missing."""
    present = {shown_file.file.language for shown_file in files}
    return next((code for code in (original, *LANGUAGES) if code not in present), original)
