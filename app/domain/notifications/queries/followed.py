"""Queries about what people follow: only what they may see, of their own."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import bindparam, exists, select

from app.core.db import LocalizedText, ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.agendas.queries.agenda_releases import current_released_items
from app.domain.documents.models import Document
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.identity.models.tables import MemberState
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import build_visible_meeting_condition
from app.domain.notifications.models import FollowedKind, FollowedSubject
from app.domain.topics.models import Topic

NamedSubject = tuple[str, LocalizedText, str]
"""The symbol or number, the titles and the page of something that is followed; titles are empty for a State."""


IS_FOLLOWED = select(
    exists().where(
        FollowedSubject.person_id == bindparam("person"),
        FollowedSubject.kind == bindparam("kind"),
        FollowedSubject.key == bindparam("key"),
    )
)


def list_followed_subjects(session: ReadSession, actor: Actor) -> Sequence[tuple[FollowedKind, str]]:
    """List kind and key of what the actor follows, the latest first."""
    own = select(FollowedSubject.kind, FollowedSubject.key).where(FollowedSubject.person_id == actor.person)
    rows = session.execute(own.order_by(FollowedSubject.since.desc(), FollowedSubject.key))
    return [(FollowedKind(kind), key) for kind, key in rows]


def is_following(session: ReadSession, actor: Actor, kind: FollowedKind, key: object) -> bool:
    """Return whether the actor follows this."""
    values = {"person": actor.person, "kind": kind, "key": str(key)}
    return bool(session.scalar(IS_FOLLOWED, values))


def require_visible_subject(session: ReadSession, actor: Actor, kind: FollowedKind, key: str) -> None:
    """Raise NotFound unless there is such a thing and the actor may see it."""
    if not name_subjects(session, actor, [(kind, key)]):
        raise NotFound()


def name_subjects(
    session: ReadSession, actor: Actor, subjects: Sequence[tuple[FollowedKind, str]]
) -> Mapping[tuple[FollowedKind, str], NamedSubject]:
    """Name those of these things that the actor may see, by one statement for each kind."""
    keys = {kind: [key for each, key in subjects if each is kind] for kind in FollowedKind}
    return {
        **_name_documents(session, actor, _parse_identifiers(keys[FollowedKind.DOCUMENT])),
        **_name_items(session, actor, _parse_identifiers(keys[FollowedKind.ITEM])),
        **_name_topics(session, keys[FollowedKind.TOPIC]),
        **_name_states(session, keys[FollowedKind.STATE]),
    }


def _parse_identifiers(keys: Sequence[str]) -> list[UUID]:
    """Return the keys that are identifiers as the database writes them."""
    found = []
    for key in keys:
        try:
            identifier = UUID(key)
        except ValueError:
            continue
        if str(identifier) == key:
            found.append(identifier)
    return found


def _name_documents(
    session: ReadSession, actor: Actor, keys: Sequence[UUID]
) -> dict[tuple[FollowedKind, str], NamedSubject]:
    columns = Document.id, Document.symbol, Document.titles
    rows = session.execute(list_visible_documents(actor).with_only_columns(*columns).where(Document.id.in_(keys)))
    return {(FollowedKind.DOCUMENT, str(key)): (symbol, titles, f"/documents/{key}") for key, symbol, titles in rows}


def _name_items(
    session: ReadSession, actor: Actor, keys: Sequence[UUID]
) -> dict[tuple[FollowedKind, str], NamedSubject]:
    items = current_released_items().subquery()
    visible = (
        select(items.c.item_id, items.c.label, items.c.titles, items.c.meeting_id)
        .join(Meeting, Meeting.id == items.c.meeting_id)
        .where(build_visible_meeting_condition(actor), items.c.item_id.in_(keys))
    )
    return {
        (FollowedKind.ITEM, str(key)): (label, titles, f"/meetings/{meeting}/agenda#item-{key}")
        for key, label, titles, meeting in session.execute(visible)
    }


def _name_topics(session: ReadSession, keys: Sequence[str]) -> dict[tuple[FollowedKind, str], NamedSubject]:
    rows = session.execute(select(Topic.code, Topic.names).where(Topic.code.in_(keys)))
    return {(FollowedKind.TOPIC, code): ("", names, f"/topics/{code}") for code, names in rows}


def _name_states(session: ReadSession, keys: Sequence[str]) -> dict[tuple[FollowedKind, str], NamedSubject]:
    codes = session.scalars(select(MemberState.code).where(MemberState.code.in_(keys)))
    return {(FollowedKind.STATE, code): (code, {}, f"/documents?source={code}") for code in codes}
