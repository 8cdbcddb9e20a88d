"""The page of a document, for somebody signed in or for anybody: one edition of it, and everything around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request, Response
from sqlalchemy import Select

from app.asgi.actors import EntityName
from app.asgi.files import download
from app.asgi.formats import Formats
from app.asgi.house import House
from app.asgi.words import ACCESSES, KINDS, PURPOSES, RELATIONS, ROLES, STANDINGS, together
from app.core.access import Actor
from app.core.db import ReadSession, Titles
from app.core.i18n import Text, say
from app.domain.agendas import queries as agendas
from app.domain.bodies.models import Body
from app.domain.bodies.rules import has_seat
from app.domain.contributions import queries as contributions
from app.domain.documents import queries, rules
from app.domain.documents.models import Access, Changed, Document, Edition, LanguageVersion, Relation, Sponsor, Step
from app.domain.documents.proposals import of_edition, part_of, symbols
from app.domain.meetings.models import Meeting
from app.domain.scans import queries as scans
from app.web import reading
from app.web.document_history import Past, past
from app.web.document_languages import LanguageLine, by, languages
from app.web.editions import called, file_name, slug
from app.web.forwarding_view import Origin, origin
from app.web.titles import foreign, in_language
from app.web.topic_names import names as topic_names
from app.web.topic_names import those

FOLLOW_UPS = {
    Step.REVISION: say("Revise it"),
    Step.ADDENDUM: say("Add a part to it"),
    Step.CORRIGENDUM: say("Correct errors in its text"),
}


@dataclass(frozen=True, slots=True)
class Audience:
    """For whom a page is made: which documents they find, where those stand, and who it is (None: anybody)."""

    among: Select[Document]
    base: str
    actor: Actor | None = None

    def is_within(self, document: Document) -> bool:
        """Whether it is somebody with a seat in the document's body."""
        return self.actor is not None and has_seat.against(self.actor, document) is None


@dataclass(frozen=True, slots=True)
class EditionLine:
    """An edition in the list of all of them."""

    href: str
    symbol: str
    what: Text
    at: datetime
    note: str
    note_lang: str | None
    in_force: bool
    shown: bool


@dataclass(frozen=True, slots=True)
class RelationLine:
    """What the document is to another one. `is_newer` says that the other one supersedes it.

    `take_back` is where it can be taken back, by whoever may.
    """

    words: Text
    is_newer: bool
    symbol: str
    href: str
    title: str
    lang: str | None
    ended: tuple[str, Text] | None
    take_back: str | None


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """A proposal that the edition lists."""

    symbol: str
    number: int
    kind: str
    title: str
    concerns: str


@dataclass(frozen=True, slots=True)
class Sight:
    """Why the reader can see it: their seats, or the class of access; who chose that, and since when."""

    capacities: list[Text]
    reason: Text
    access: Text
    chosen_by: Text
    since: datetime
    ladder: list[tuple[Text, bool]]


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything of a document that its page says to this audience."""

    document: Document
    edition: Edition
    what: Text
    newest: Edition
    own_href: str
    title: str
    lang: str | None
    abstract: str
    abstract_lang: str | None
    editions: list[EditionLine]
    languages: list[LanguageLine]
    relations: list[RelationLine]
    sight: Sight
    past: list[Past]
    origin: Origin | None
    topics: list[tuple[str, str]]
    proposals: list[ProposalLine]
    ended: tuple[str, Text] | None
    ended_by: Text | None


def show(
    house: House, request: Request, session: ReadSession, audience: Audience, document: Document, edition: Edition
) -> Response:
    """The page of one edition of a document that was found for the audience."""
    formats = Formats(house.pages.language(request))
    body = session.get_one(Body, document.body_id)
    within = audience.is_within(document)
    place = agendas.place_of(session, document) if within else None
    own = contributions.of_document(session, audience.actor, document.id) if audience.actor else None
    signers = queries.sponsors(session, edition)
    came_from = origin(session, audience.actor, document, house.settings.read_url, formats)
    return house.pages.show(
        request,
        "web/documents/show.html",
        shown=put_together(session, audience, document, edition, formats, came_from),
        base_of=audience.base,
        body=body,
        body_name=in_language(body.names, formats.language),
        within=within,
        entity=EntityName(document.entity),
        kind=KINDS.get(document.kind, document.kind),
        meeting=session.get_one(Meeting, place.meeting_id) if place else None,
        item=(place.label, *in_language(place.titles, formats.language)) if place else None,
        contribution=own,
        purpose=PURPOSES.get(edition.cover.get("purpose", "")),
        cover_lang=foreign(edition.original, formats.language),
        moves=deeds(audience.actor, document, edition) if audience.actor else [],
        may_support=audience.actor is not None and may_support(session, audience.actor, document),
        signed=together(names(signers, signed=True)),
        supported=together(names(signers, signed=False)),
        reading=reading.about(session, document, queries.versions(session, edition), formats.language)
        if audience.actor and document.ended_as is None
        else None,
        acts_for=request.state.reader.acts_for if audience.actor else None,
    )


def give(
    house: House, request: Request, session: ReadSession, edition: Edition, language: str, caching: str
) -> Response:
    """The file of an edition in one language. Raises Unknown."""
    version = queries.one_version(session, edition, language)
    name = file_name(edition, version)
    return download(request, house.store, sha256=version.sha256, media=version.media, name=name, caching=caching)


def put_together(
    session: ReadSession,
    audience: Audience,
    document: Document,
    edition: Edition,
    formats: Formats,
    came_from: Origin | None,
) -> Shown:
    """Gather what is said of a document. `came_from` is the text of another group that was forwarded."""
    happened = past(session, audience.among, document, within=audience.is_within(document), formats=formats)
    editions = queries.editions(session, document)
    versions = queries.all_versions(session, document)
    newest = next(each for each in editions if each.step in queries.TEXTS and each.number == document.revision)
    here = f"{audience.base}/{document.id}"
    title, lang = in_language(_titles(document, edition, newest, versions), formats.language, edition.original)
    is_newest = edition.id == newest.id
    return Shown(
        document=document,
        edition=edition,
        what=called(edition, formats),
        newest=newest,
        own_href=f"{here}/{slug(edition)}",
        title=title,
        lang=lang,
        abstract="" if document.ended_as else document.abstract if is_newest else edition.abstract,
        abstract_lang=foreign(edition.original, formats.language),
        editions=[
            _edition(each, newest, edition, here, formats, stands=document.ended_as is None) for each in editions
        ],
        languages=[]
        if document.ended_as
        else languages(
            edition, editions, versions, document, here, scans.infected(session, [each.sha256 for each in versions])
        ),
        relations=_relations(session, audience, document, formats.language),
        sight=_sight(session, audience, document),
        topics=[] if document.ended_as else _topics(session, document if is_newest else edition, formats.language),
        proposals=[] if document.ended_as else _proposals(session, document, edition, newest),
        past=sorted([*happened, *(came_from.past if came_from else [])], key=lambda line: line.at),
        origin=came_from,
        ended=STANDINGS[document.ended_as] if document.ended_as else None,
        ended_by=by(document, document.ended_side) if document.ended_side else None,
    )


def deeds(actor: Actor, document: Document, edition: Edition) -> list[tuple[str, Text, None]]:
    """What this actor may do with it now, as links."""
    here = f"/documents/{document.id}"
    places = {name: f"{here}/{slug(edition)}/{name}" for name in ("translate", "relist")}
    moves = rules.open_moves(actor, document)
    follow = rules.FOLLOW.allows(actor, document)
    steps = [(f"{here}/follow/{step}", words, None) for step, words in FOLLOW_UPS.items() if follow]
    if not can_be_relisted(document, edition):
        moves.pop("relist", None)
    return [*steps, *((places.get(name, f"{here}/{name}"), move.words, None) for name, move in moves.items())]


def can_be_relisted(document: Document, edition: Edition) -> bool:
    """Whether the proposals of this edition count now: it is the text in force, or an addendum."""
    part = part_of(edition)
    return part is not None and (part > 0 or edition.number == document.revision)


def _topics(session: ReadSession, carries: Document | Edition, language: str) -> list[tuple[str, str]]:
    return those(topic_names(session, language), carries.topics) if carries.topics else []


def _proposals(session: ReadSession, document: Document, edition: Edition, newest: Edition) -> list[ProposalLine]:
    there = of_edition(document, edition, newest)
    return [
        ProposalLine(symbol, each.number, str(each.kind or ""), each.title, each.concerns or "")
        for symbol, each in zip(symbols(session, document, there), there, strict=True)
    ]


def may_support(session: ReadSession, actor: Actor, document: Document) -> bool:
    """Whether the actor's State can still say that it supports the text in force."""
    if not rules.SUPPORT.allows(actor, document):
        return False
    there = queries.sponsors(session, queries.in_force(session, document))
    return actor.entity not in {each.entity for each in there}


def names(sponsors: Sequence[Sponsor], *, signed: bool) -> list[Text]:
    """The States that signed, or those that support."""
    return [EntityName(each.entity) for each in sponsors if each.signed is signed]


def _titles(document: Document, edition: Edition, newest: Edition, versions: Sequence[LanguageVersion]) -> Titles:
    """Of the text in force, as corrected; of any other, as registered and translated."""
    if edition.id == newest.id:
        return document.titles
    return {each.language: each.title for each in versions if each.edition_id == edition.id and each.title} | (
        edition.titles
    )


def _edition(
    each: Edition, newest: Edition, shown: Edition, here: str, formats: Formats, *, stands: bool
) -> EditionLine:
    return EditionLine(
        href=f"{here}/{slug(each)}",
        symbol=each.symbol,
        what=called(each, formats),
        at=each.registered_at,
        note=each.note,
        note_lang=foreign(each.original, formats.language),
        in_force=each.id == newest.id and stands,
        shown=each.id == shown.id,
    )


def _relations(session: ReadSession, audience: Audience, document: Document, language: str) -> list[RelationLine]:
    may_relate = audience.actor is not None and rules.RELATE.allows(audience.actor, document)
    found = []
    for relation, other, taken_back in queries.related(session, audience.among, document):
        if taken_back:
            continue
        title, lang = in_language(other.titles, language, other.original)
        says = relation.document_id == document.id
        found.append(
            RelationLine(
                words=RELATIONS[relation.kind][0 if says else 1],
                is_newer=relation.kind == Relation.SUPERSEDES and not says and other.ended_as is None,
                symbol=other.symbol,
                href=f"{audience.base}/{other.id}",
                title=title,
                lang=lang,
                ended=STANDINGS[other.ended_as] if other.ended_as else None,
                take_back=f"{audience.base}/{document.id}/relations/{relation.id}/take-back"
                if may_relate and says
                else None,
            )
        )
    return found


def _sight(session: ReadSession, audience: Audience, document: Document) -> Sight:
    changes = [each for each in queries.corrections(session, document) if each.what == Changed.ACCESS]
    capacities = audience.actor.capacities(document.body_id) if audience.actor else ()
    is_open = document.ended_as is None
    return Sight(
        capacities=[ROLES[role] for role in capacities],
        reason=say("It is public: everybody can read it, also without signing in.")
        if document.access == Access.PUBLIC
        else say("You have no seat in this group. You can read it because it was opened to the membership of ITU."),
        access=ACCESSES[document.access][0],
        chosen_by=by(document, changes[-1].side) if changes else EntityName(document.entity),
        since=changes[-1].corrected_at if changes else document.registered_at,
        ladder=[
            (say("Everybody with a seat in the group"), True),
            (say("Other members of ITU"), is_open and document.access != Access.GROUP),
            (say("The public"), is_open and document.access == Access.PUBLIC),
        ],
    )
