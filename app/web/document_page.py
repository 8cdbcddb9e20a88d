"""The page of a document, for actors or for anybody: one edition, and everything around it."""

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
from app.web import reading_view
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
    """For whom a page is built: the documents they may see, the path prefix, and the actor (None: anybody)."""

    among: Select[Document]
    base: str
    actor: Actor | None = None

    def is_within(self, document: Document) -> bool:
        """Whether the actor has a seat in the document's body."""
        return self.actor is not None and has_seat.against(self.actor, document) is None


@dataclass(frozen=True, slots=True)
class EditionLine:
    """An edition in the list of editions."""

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
    """A relation of the document to another one. `is_newer`: the other one supersedes it.

    `take_back` is the path at which it can be revoked, None for actors who may not.
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
    """Why the reader can see the document: their seats, or its access; who chose that, and since when."""

    capacities: list[Text]
    reason: Text
    access: Text
    chosen_by: Text
    since: datetime
    ladder: list[tuple[Text, bool]]


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that the page of a document shows to this audience."""

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
    """Render the page of one edition of a document that was loaded for the audience."""
    formats = Formats(house.pages.language(request))
    body = session.get_one(Body, document.body_id)
    has_body_seat = audience.is_within(document)
    agenda_place = agendas.place_of(session, document) if has_body_seat else None
    own_contribution = contributions.of_document(session, audience.actor, document.id) if audience.actor else None
    signers = queries.sponsors(session, edition)
    forwarded_from = origin(session, audience.actor, document, house.settings.read_url, formats)
    return house.pages.show(
        request,
        "web/documents/show.html",
        shown=put_together(session, audience, document, edition, formats, forwarded_from),
        base_of=audience.base,
        body=body,
        body_name=in_language(body.names, formats.language),
        within=has_body_seat,
        entity=EntityName(document.entity),
        kind=KINDS.get(document.kind, document.kind),
        meeting=session.get_one(Meeting, agenda_place.meeting_id) if agenda_place else None,
        item=(agenda_place.label, *in_language(agenda_place.titles, formats.language)) if agenda_place else None,
        contribution=own_contribution,
        purpose=PURPOSES.get(edition.cover.get("purpose", "")),
        cover_lang=foreign(edition.original, formats.language),
        moves=deeds(audience.actor, document, edition) if audience.actor else [],
        may_support=audience.actor is not None and may_support(session, audience.actor, document),
        signed=together(names(signers, signed=True)),
        supported=together(names(signers, signed=False)),
        reading=reading_view.about(session, document, queries.versions(session, edition), formats.language)
        if audience.actor and document.ended_as is None
        else None,
        acts_for=request.state.reader.acts_for if audience.actor else None,
    )


def give(
    house: House, request: Request, session: ReadSession, edition: Edition, language: str, caching: str
) -> Response:
    """Send the file of an edition in one language. Raises NotFound."""
    version = queries.one_version(session, edition, language)
    download_name = file_name(edition, version)
    return download(
        request, house.store, sha256=version.sha256, media=version.media, name=download_name, caching=caching
    )


def put_together(
    session: ReadSession,
    audience: Audience,
    document: Document,
    edition: Edition,
    formats: Formats,
    came_from: Origin | None,
) -> Shown:
    """Build the view of a document. `forwarded_from` is the output of another group that it was made from."""
    history_lines = past(session, audience.among, document, within=audience.is_within(document), formats=formats)
    editions = queries.editions(session, document)
    versions = queries.all_versions(session, document)
    newest = next(row for row in editions if row.step in queries.TEXTS and row.number == document.revision)
    document_path = f"{audience.base}/{document.id}"
    title, lang = in_language(_select_titles(document, edition, newest, versions), formats.language, edition.original)
    is_newest = edition.id == newest.id
    return Shown(
        document=document,
        edition=edition,
        what=called(edition, formats),
        newest=newest,
        own_href=f"{document_path}/{slug(edition)}",
        title=title,
        lang=lang,
        abstract="" if document.ended_as else document.abstract if is_newest else edition.abstract,
        abstract_lang=foreign(edition.original, formats.language),
        editions=[
            _build_edition_line(row, newest, edition, document_path, formats, document_stands=document.ended_as is None)
            for row in editions
        ],
        languages=[]
        if document.ended_as
        else languages(
            edition,
            editions,
            versions,
            document,
            document_path,
            scans.infected(session, [row.sha256 for row in versions]),
        ),
        relations=_build_relation_lines(session, audience, document, formats.language),
        sight=_explain_access(session, audience, document),
        topics=[] if document.ended_as else _list_topics(session, document if is_newest else edition, formats.language),
        proposals=[] if document.ended_as else _build_proposal_lines(session, document, edition, newest),
        past=sorted([*history_lines, *(came_from.past if came_from else [])], key=lambda line: line.at),
        origin=came_from,
        ended=STANDINGS[document.ended_as] if document.ended_as else None,
        ended_by=by(document, document.ended_side) if document.ended_side else None,
    )


def deeds(actor: Actor, document: Document, edition: Edition) -> list[tuple[str, Text, None]]:
    """List the links of the actions that the actor may do now."""
    document_path = f"/documents/{document.id}"
    edition_paths = {name: f"{document_path}/{slug(edition)}/{name}" for name in ("translate", "relist")}
    moves = rules.open_moves(actor, document)
    may_follow = rules.FOLLOW.allows(actor, document)
    follow_up_links = [
        (f"{document_path}/follow/{step}", label, None) for step, label in FOLLOW_UPS.items() if may_follow
    ]
    if not can_be_relisted(document, edition):
        moves.pop("relist", None)
    return [
        *follow_up_links,
        *((edition_paths.get(name, f"{document_path}/{name}"), move.words, None) for name, move in moves.items()),
    ]


def can_be_relisted(document: Document, edition: Edition) -> bool:
    """Whether the proposals of this edition count now: it is the text in force, or an addendum."""
    part = part_of(edition)
    return part is not None and (part > 0 or edition.number == document.revision)


def _list_topics(session: ReadSession, tagged: Document | Edition, language: str) -> list[tuple[str, str]]:
    """List the topics of a document or edition as (code, name)."""
    return those(topic_names(session, language), tagged.topics) if tagged.topics else []


def _build_proposal_lines(
    session: ReadSession, document: Document, edition: Edition, newest: Edition
) -> list[ProposalLine]:
    """Build the lines of the proposals of an edition."""
    listed = of_edition(document, edition, newest)
    return [
        ProposalLine(symbol, proposal.number, str(proposal.kind or ""), proposal.title, proposal.concerns or "")
        for symbol, proposal in zip(symbols(session, document, listed), listed, strict=True)
    ]


def may_support(session: ReadSession, actor: Actor, document: Document) -> bool:
    """Whether the actor's State can still support the text in force."""
    if not rules.SUPPORT.allows(actor, document):
        return False
    sponsors = queries.sponsors(session, queries.in_force(session, document))
    return actor.entity not in {sponsor.entity for sponsor in sponsors}


def names(sponsors: Sequence[Sponsor], *, signed: bool) -> list[Text]:
    """List the names of the States that signed, or of those that support."""
    return [EntityName(sponsor.entity) for sponsor in sponsors if sponsor.signed is signed]


def _select_titles(
    document: Document, edition: Edition, newest: Edition, versions: Sequence[LanguageVersion]
) -> Titles:
    """Return the titles of an edition: corrected ones for the text in force, else as registered and translated."""
    if edition.id == newest.id:
        return document.titles
    return {
        version.language: version.title for version in versions if version.edition_id == edition.id and version.title
    } | (edition.titles)


def _build_edition_line(
    edition: Edition,
    newest: Edition,
    shown_edition: Edition,
    document_path: str,
    formats: Formats,
    *,
    document_stands: bool,
) -> EditionLine:
    """Build the line of an edition in the list of editions."""
    return EditionLine(
        href=f"{document_path}/{slug(edition)}",
        symbol=edition.symbol,
        what=called(edition, formats),
        at=edition.registered_at,
        note=edition.note,
        note_lang=foreign(edition.original, formats.language),
        in_force=edition.id == newest.id and document_stands,
        shown=edition.id == shown_edition.id,
    )


def _build_relation_lines(
    session: ReadSession, audience: Audience, document: Document, language: str
) -> list[RelationLine]:
    """Build the lines of the relations to documents that the audience may see."""
    may_relate = audience.actor is not None and rules.RELATE.allows(audience.actor, document)
    lines = []
    for relation, other, is_revoked in queries.related(session, audience.among, document):
        if is_revoked:
            continue
        title, lang = in_language(other.titles, language, other.original)
        is_subject = relation.document_id == document.id
        lines.append(
            RelationLine(
                words=RELATIONS[relation.kind][0 if is_subject else 1],
                is_newer=relation.kind == Relation.SUPERSEDES and not is_subject and other.ended_as is None,
                symbol=other.symbol,
                href=f"{audience.base}/{other.id}",
                title=title,
                lang=lang,
                ended=STANDINGS[other.ended_as] if other.ended_as else None,
                take_back=f"{audience.base}/{document.id}/relations/{relation.id}/take-back"
                if may_relate and is_subject
                else None,
            )
        )
    return lines


def _explain_access(session: ReadSession, audience: Audience, document: Document) -> Sight:
    """Explain why the audience can see the document."""
    changes = [correction for correction in queries.corrections(session, document) if correction.what == Changed.ACCESS]
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
