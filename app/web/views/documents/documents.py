"""The page of a document, for actors or for anybody: one edition, and everything around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import Response

from app.core.clamav import ScanState
from app.core.database.combined_lists import read_together
from app.core.db import LocalizedText, ReadSession
from app.core.i18n import LazyText
from app.domain.bodies.models import Body
from app.domain.contributions.queries import registered_contributions
from app.domain.contributions.queries.confirmations import SecretariatAuthorship
from app.domain.document_outcomes.queries.outcomes import find_document_outcomes
from app.domain.documents.models import (
    Document,
    Edition,
    EditionStep,
    LanguageVersion,
    Sponsor,
)
from app.domain.documents.queries import documents
from app.domain.documents.queries.proposals import (
    list_edition_proposals,
    list_proposal_symbols,
)
from app.domain.notifications.models import FollowedKind
from app.domain.notifications.queries.followed import is_following
from app.http.authentication import EntityName
from app.http.downloads import download_response
from app.http.labels import (
    KIND_LABELS,
    PURPOSE_LABELS,
    STATUS_LABELS,
    join_texts,
)
from app.http.localization import Localizer
from app.http.page_context import RequestContext
from app.web.views.documents.action_links import DocumentActionLinks, can_support_document, list_action_links
from app.web.views.documents.addresses import format_document_path
from app.web.views.documents.audience import AccessExplanation, DocumentAudience, explain_access
from app.web.views.documents.editions import describe_edition, format_edition_file_name, format_edition_slug
from app.web.views.documents.history import DocumentHistoryLine, list_document_history
from app.web.views.documents.languages import LanguageLine, build_language_lines, name_acting_side
from app.web.views.documents.outcomes import build_outcome_section
from app.web.views.documents.reading import EditionText, build_edition_text
from app.web.views.documents.relations import RelationLine, build_relation_lines
from app.web.views.documents.sources import name_source
from app.web.views.documents.subjects import TextSubjects, read_subjects
from app.web.views.documents.titles import get_original_language_if_foreign, localize_title
from app.web.views.mandates.citing import Citations
from app.web.views.outputs.forwarding import DocumentOrigin, find_document_origin


@dataclass(frozen=True, slots=True)
class EditionLine:
    """An edition in the list of editions."""

    href: str
    symbol: str
    what: LazyText
    at: datetime
    note: str
    note_lang: str | None
    in_force: bool
    shown: bool


@dataclass(frozen=True, slots=True)
class EditionChanges:
    """What a revision replaces, with its note; `former` and `latter` are the slugs of both texts."""

    symbol: str
    href: str
    note: str
    note_lang: str | None
    former: str
    latter: str


@dataclass(frozen=True, slots=True)
class EditionProposalLine:
    """A proposal that the edition lists."""

    symbol: str
    number: int
    kind: str
    title: str
    concerns: str


@dataclass(frozen=True, slots=True)
class DocumentView:
    """Everything that the page of a document shows to this audience."""

    document: Document
    edition: Edition
    what: LazyText
    newest: Edition
    own_href: str
    title: str
    lang: str | None
    abstract: str
    abstract_lang: str | None
    editions: list[EditionLine]
    changes: EditionChanges | None
    languages: list[LanguageLine]
    authorship: SecretariatAuthorship | None
    relations: list[RelationLine]
    access_explanation: AccessExplanation
    past: list[DocumentHistoryLine]
    origin: DocumentOrigin | None
    topics: Sequence[tuple[str, str]]
    citations: Citations
    proposals: list[EditionProposalLine]
    ended: tuple[str, LazyText] | None
    ended_by: LazyText | None
    text: EditionText | None


def render_document_page(
    context: RequestContext[ReadSession],
    audience: DocumentAudience,
    document: Document,
    edition: Edition,
    language: str = "",
) -> Response:
    """Render the page of one edition of a document that was loaded for the audience, with its text in this language,
    else in the reader's, else in the original one."""
    session, formats = context.session, context.localizer
    body = session.get_one(Body, document.body_id)
    has_body_seat = audience.has_seat_in_body_of(document)
    outcomes = find_document_outcomes(session, audience.actor, document.id) if audience.actor else None
    placement = outcomes.items[-1] if outcomes and outcomes.items else None
    own_contribution = (
        registered_contributions.find_contribution_of_document(session, audience.actor, document.id)
        if audience.actor
        else None
    )
    signers = documents.list_sponsors(session, edition)
    forwarded_from = find_document_origin(session, audience.actor, document, context.portal.settings.read_url, formats)
    return context.render(
        "web/documents/show.html",
        shown=build_document_view(session, audience, document, edition, formats, forwarded_from, language),
        base_of=audience.base_path,
        symbol_path=format_document_path(document.id, document.symbol),
        body=body,
        body_name=localize_title(body.names, formats.language),
        within=has_body_seat,
        entity=name_source(document.entity, edition.at_request),
        kind=KIND_LABELS.get(document.kind, document.kind),
        meeting=placement.meeting if placement else None,
        item_id=placement.item_id if placement else None,
        item_hour=placement.hour if placement else None,
        item=(placement.label, *localize_title(placement.titles, formats.language)) if placement else None,
        outcomes=build_outcome_section(document, outcomes, formats) if outcomes else None,
        contribution=own_contribution,
        purpose=PURPOSE_LABELS.get(edition.cover.get("purpose", "")),
        cover_lang=get_original_language_if_foreign(edition.original, formats.language),
        actions=list_action_links(audience.actor, document, edition) if audience.actor else DocumentActionLinks(),
        may_support=audience.actor is not None and can_support_document(session, audience.actor, document),
        signed=join_texts(list_sponsor_names(signers, signed=True)),
        supported=join_texts(list_sponsor_names(signers, signed=False)),
        follows=is_following(session, audience.actor, FollowedKind.DOCUMENT, document.id) if audience.actor else None,
        acts_for=context.request.state.reader.acts_for if audience.actor else None,
    )


def send_edition_file(context: RequestContext[ReadSession], edition: Edition, language: str, caching: str) -> Response:
    """Send the file of an edition in one language. Raises NotFound."""
    version = documents.get_language_version(context.session, edition, language)
    download_name = format_edition_file_name(edition, version)
    return download_response(
        context.request,
        context.portal.store,
        sha256=version.sha256,
        media_type=version.media,
        name=download_name,
        cache_control=caching,
    )


def build_document_view(
    session: ReadSession,
    audience: DocumentAudience,
    document: Document,
    edition: Edition,
    formats: Localizer,
    forwarded_from: DocumentOrigin | None,
    language: str = "",
) -> DocumentView:
    """Build the view of a document. `forwarded_from` is the output of another group that it was made from; `language`
    is that in which the text is wanted, if not the reader's."""
    read_together(session, document, documents.list_register_corrections, documents.list_scanned_versions)
    history_lines = list_document_history(
        session,
        audience.visible_documents,
        document,
        has_body_seat=audience.has_seat_in_body_of(document),
        formats=formats,
    )
    editions = documents.list_editions(session, document)
    scanned = documents.list_scanned_versions(session, document)
    versions = [version for version, _scan in scanned]
    newest = next(row for row in editions if row.step in documents.WHOLE_TEXT_STEPS and row.number == document.revision)
    document_path = f"{audience.base_path}/{document.id}"
    title, lang = localize_title(
        _select_titles(document, edition, newest, versions), formats.language, edition.original
    )
    is_newest = edition.id == newest.id
    tagged = document if is_newest else edition
    subjects = TextSubjects() if document.ended_as else read_subjects(session, tagged, formats.language)
    authorship = registered_contributions.find_authorship_of_edition(session, audience.actor, edition)
    infected = {version.sha256 for version, scan in scanned if scan and scan.state == ScanState.INFECTED}
    files = {row.language: row for row in versions if row.edition_id == edition.id and row.sha256 not in infected}
    return DocumentView(
        document=document,
        edition=edition,
        what=describe_edition(edition, formats),
        newest=newest,
        own_href=f"{document_path}/{format_edition_slug(edition)}",
        title=title,
        lang=lang,
        abstract="" if document.ended_as else document.abstract if is_newest else edition.abstract,
        abstract_lang=get_original_language_if_foreign(edition.original, formats.language),
        editions=[
            _build_edition_line(row, newest, edition, document_path, formats, document_stands=document.ended_as is None)
            for row in editions
        ],
        changes=None if document.ended_as else _find_changes(editions, edition, document_path, formats),
        languages=[]
        if document.ended_as
        else build_language_lines(
            edition,
            editions,
            versions,
            document,
            document_path,
            infected,
            by_secretariat=authorship is not None and not authorship.is_own_submission,
        ),
        authorship=authorship,
        relations=build_relation_lines(session, audience, document, formats.language),
        access_explanation=explain_access(session, audience, document),
        topics=subjects.topics,
        citations=subjects.citations,
        proposals=[] if document.ended_as else _build_proposal_lines(session, document, edition, newest),
        past=sorted([*history_lines, *(forwarded_from.past if forwarded_from else [])], key=lambda line: line.at),
        origin=forwarded_from,
        ended=STATUS_LABELS[document.ended_as] if document.ended_as else None,
        ended_by=name_acting_side(document, document.ended_side) if document.ended_side else None,
        text=None
        if document.ended_as
        else build_edition_text(
            session,
            document_path,
            files,
            (language, formats.language, edition.original),
            edition="" if is_newest else format_edition_slug(edition),
        ),
    )


def _find_changes(
    editions: Sequence[Edition], edition: Edition, document_path: str, formats: Localizer
) -> EditionChanges | None:
    """Find which text a revision replaces; None for what is no revision."""
    if edition.step != EditionStep.REVISION:
        return None
    texts = (row for row in editions if row.step in documents.WHOLE_TEXT_STEPS and row.number < edition.number)
    former = max(texts, key=lambda row: row.number)
    slug = format_edition_slug(former)
    language = get_original_language_if_foreign(edition.original, formats.language)
    return EditionChanges(
        former.symbol, f"{document_path}/{slug}", edition.note, language, slug, format_edition_slug(edition)
    )


def _build_proposal_lines(
    session: ReadSession, document: Document, edition: Edition, newest: Edition
) -> list[EditionProposalLine]:
    """Build the lines of the proposals of an edition."""
    listed = list_edition_proposals(document, edition, newest)
    return [
        EditionProposalLine(symbol, proposal.number, str(proposal.kind or ""), proposal.title, proposal.concerns or "")
        for symbol, proposal in zip(list_proposal_symbols(session, document, listed), listed, strict=True)
    ]


def list_sponsor_names(sponsors: Sequence[Sponsor], *, signed: bool) -> list[LazyText]:
    """List the names of the States that signed, or of those that support."""
    return [EntityName(sponsor.entity) for sponsor in sponsors if sponsor.signed is signed]


def _select_titles(
    document: Document, edition: Edition, newest: Edition, versions: Sequence[LanguageVersion]
) -> LocalizedText:
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
    formats: Localizer,
    *,
    document_stands: bool,
) -> EditionLine:
    """Build the line of an edition in the list of editions."""
    return EditionLine(
        href=f"{document_path}/{format_edition_slug(edition)}",
        symbol=edition.symbol,
        what=describe_edition(edition, formats),
        at=edition.registered_at,
        note=edition.note,
        note_lang=get_original_language_if_foreign(edition.original, formats.language),
        in_force=edition.id == newest.id and document_stands,
        shown=edition.id == shown_edition.id,
    )
