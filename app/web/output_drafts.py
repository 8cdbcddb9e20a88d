"""Drafts of outputs: creating one, its cover, its text in each language. Later steps are in `outputs`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.words import KINDS
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Forbidden, Refusal, Unacceptable
from app.core.i18n import LANGUAGES, OWN_NAMES, Text, say
from app.core.journal import apart
from app.domain.bodies.models import Body
from app.domain.contributions.inputs import InLanguage
from app.domain.decisions import queries as decisions
from app.domain.documents import queries as documents
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.outputs import actions, queries, rules
from app.domain.outputs.inputs import Cover, TitleOf
from app.domain.outputs.models import ADDRESSED, Addressee, Kind, Output
from app.domain.outputs.rules import Case
from app.domain.silence import drafting
from app.domain.silence import queries as silence
from app.domain.silence.models import Course
from app.web.agenda_lines import MOST
from app.web.entries import EachFieldOnce, Entry, SeenVersion, Typed, Version, file_of, read
from app.web.meeting_pages import document_lines
from app.web.output_standing import decision_lines, text_lines
from app.web.receiving import NO_FILE, NOTHING, OfferedFile, Sent, settle, take, why_not
from app.web.standing import called

PUBLIC = str(Addressee.PUBLIC)
NO_TITLE = say("Give the title in the original language.")
KIND_CHOICES = [(str(kind), KINDS[kind]) for kind in Kind]


router = APIRouter(dependencies=[Depends(EachFieldOnce("sources", "decisions"))])


def cover_fields(
    kind: Typed = "",
    original: Typed = "",
    title_ar: Typed = "",
    title_zh: Typed = "",
    title_en: Typed = "",
    title_fr: Typed = "",
    title_ru: Typed = "",
    title_es: Typed = "",
    for_action: Typed = "",
    for_information: Typed = "",
    reply_by: Typed = "",
    for_public: Typed = "",
    sources: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
    decisions: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> dict[str, object]:
    """Return the form fields of a cover as typed."""
    titles = (title_ar, title_zh, title_en, title_fr, title_ru, title_es)
    typed = {f"title_{code}": title for code, title in zip(LANGUAGES, titles, strict=True)}
    addressee_fields = {
        "for_action": for_action,
        "for_information": for_information,
        "reply_by": reply_by,
        "for_public": for_public,
    }
    return {"kind": kind, "original": original, "sources": sources, "decisions": decisions, **addressee_fields, **typed}


CoverFields = Annotated[dict[str, object], Depends(cover_fields)]


def sent_form(typed: CoverFields, given: OfferedFile, language: Typed = "") -> Sent:
    """Return the submitted form: cover, offered file and its language."""
    return Sent(typed, given, language)


SentForm = Annotated[Sent, Depends(sent_form)]


@dataclass(frozen=True, slots=True)
class Said:
    """Messages at the top of a draft's page: validation errors, a refused file, or a conflict."""

    entry: Entry[Cover] | None = None
    upload: Entry[InLanguage] | None = None
    refused: Refusal | None = None
    stale: Text | None = None
    status: int = 200


@router.get("/meetings/{meeting}/outputs/new", name="new-output", dependencies=[Depends(Asks(rules.DRAFT))])
def new(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form of a new output."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.DRAFT.require(actor, Case(meeting_row.body_id, life=meeting_row.life))
    typed = cover_fields(kind=Kind.REPORT, original=house.pages.language(request))
    return _render_new_page(session, actor, house, request, meeting_row, Entry(typed, None, {}), 200)


@router.post("/meetings/{meeting}/outputs", name="draft-output", dependencies=[Depends(Asks(rules.DRAFT))])
def draft(
    meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, typed: CoverFields
) -> Response:
    """Create a draft of an output."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.DRAFT.require(actor, Case(meeting_row.body_id, life=meeting_row.life))
    entry = _read_cover(typed)
    if entry.made is None:
        return _render_new_page(session, actor, house, request, meeting_row, entry, 400)
    try:
        with apart(session):
            output = actions.draft(session, actor, meeting_row, entry.made)
    except Unacceptable as error:
        return _render_new_page(session, actor, house, request, meeting_row, _with_source_error(entry, error), 400)
    return RedirectResponse(f"/outputs/{output.id}/edit?done=saved", 303)


@router.get("/outputs/{output}/edit", name="edit-output", dependencies=[Depends(Asks(rules.EDIT))])
def edit(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the editor of a draft."""
    output_row = queries.one_visible(session, actor, output)
    rules.EDIT.require(actor, silence.case(session, output_row))
    return _render_edit_page(session, actor, house, request, output_row, Said())


@router.post("/outputs/{output}", name="change-output", dependencies=[Depends(Asks(rules.EDIT))])
def change(
    output: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    version: Version,
    sent: SentForm,
) -> Response:
    """Save the cover, and the file chosen with it."""
    output_row = queries.one_visible(session, actor, output)
    rules.EDIT.require(actor, silence.case(session, output_row))
    return _save(session, actor, house, request, output_row, sent, version, wants_file=sent.given.is_any)


@router.post("/outputs/{output}/files", name="put-output-file", dependencies=[Depends(Asks(rules.EDIT))])
def put_file(
    output: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    sent: SentForm,
    version: SeenVersion = None,
) -> Response:
    """Add the text in one language; the cover is saved too if it was submitted."""
    output_row = queries.one_visible(session, actor, output)
    rules.EDIT.require(actor, silence.case(session, output_row))
    return _save(session, actor, house, request, output_row, sent, version, wants_file=True)


@router.post(
    "/outputs/{output}/files/{language}/remove", name="remove-output-file", dependencies=[Depends(Asks(rules.EDIT))]
)
def remove_file(
    output: UUID,
    language: str,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: CoverFields,
    version: SeenVersion = None,
) -> Response:
    """Remove the text in one language; the cover is saved too if it was submitted."""
    output_row = queries.one_visible(session, actor, output)
    rules.EDIT.require(actor, silence.case(session, output_row))
    sent = Sent(typed, NOTHING, "")
    return _save(session, actor, house, request, output_row, sent, version, wants_file=False, removing=language)


def _save(
    session: WriteSession,
    actor: Actor,
    house: House,
    request: Request,
    output: Output,
    sent: Sent,
    version: int | None,
    *,
    wants_file: bool,
    removing: str = "",
) -> Response:
    """Save everything that the form submits, or nothing. Without a `version` the form has no cover. A refused file
    is explained on the page. Raises NotFound, Forbidden if the output changed meanwhile."""
    page = partial(_render_edit_page, session, actor, house, request)
    cover = upload = accepted_file = None
    if version is not None:
        cover = _read_cover(sent.typed)
        if cover.made is None:
            return page(output, Said(cover, status=400))
    if wants_file:
        upload = read(InLanguage, {"language": sent.language})
        if upload.made is None:
            return page(output, Said(cover, upload, status=400))
        try:
            accepted_file = take(session, actor, house, request, output.body_id, sent.given)
            if accepted_file is None:
                raise Unacceptable(NO_FILE)
        except Refusal as error:
            return page(output, Said(cover, upload, error, status=error.status))
    # The adoption may have been recorded while the file was inspected: load and lock the output again.
    output = queries.one_visible(session, actor, output.id, lock=True)
    if cover and cover.made and version is not None:
        try:
            with apart(session):
                drafting.change(session, actor, output, cover.made, version=version)
        except Conflict as conflict:
            return page(output, Said(cover, stale=conflict.reason, status=409))
        except (Forbidden, Unacceptable) as error:
            return page(output, Said(_with_source_error(cover, error), status=error.status))
    if accepted_file and upload and upload.made:
        drafting.put_file(session, actor, output, file_of(upload.made.language, accepted_file.file))
        settle(session, actor, accepted_file)
    if removing:
        drafting.remove_file(session, actor, output, removing)
    done = "received" if accepted_file else "removed" if removing else "saved"
    return RedirectResponse(f"/outputs/{output.id}/edit?done={done}", 303)


def _read_cover(typed: Mapping[str, object]) -> Entry[Cover]:
    """Validate the cover; each title is validated by itself, so that each has its own error."""
    errors: dict[str, Text] = {}
    titles: dict[str, str] = {}
    for code in LANGUAGES:
        if typed[f"title_{code}"] != "":
            title = read(TitleOf, {"title": typed[f"title_{code}"]})
            errors |= {f"title_{code}": words for words in title.errors.values()}
            titles |= {code: title.made.title} if title.made else {}
    cover_values = {name: typed[name] for name in ("kind", "original", "sources", "decisions")}
    cover_values |= {"titles": titles, "for_public": typed["for_public"] == PUBLIC}
    cover = read(Cover, cover_values | (_read_addressees(typed) if typed["kind"] in ADDRESSED else {}))
    errors |= cover.errors
    original = f"title_{typed['original']}"
    if typed.get(original) == "":
        errors[original] = NO_TITLE
    return Entry(typed, None if errors else cover.made, errors)


def _with_source_error(entry: Entry[Cover], refused: Refusal) -> Entry[Cover]:
    """Return the typed cover with an error at the sources, which must be chosen again."""
    return Entry(entry.typed, None, {"sources": refused.reason})


def _read_addressees(typed: Mapping[str, object]) -> dict[str, object]:
    """Return the addressees, one for each line typed."""
    lists = {name: str(typed[name]).split("\n") for name in ("for_action", "for_information")}
    lines = {name: [line for line in values if line.strip()] for name, values in lists.items()}
    return {**lines, "reply_by": typed["reply_by"]}


def _current_cover(session: ReadSession, output: Output) -> Entry[Cover]:
    typed: dict[str, object] = {
        "kind": output.kind,
        "original": output.original,
        "sources": [str(source.id) for source in queries.sources(session, output)],
        "decisions": [str(decision.id) for decision, _ in queries.decisions(session, output)],
        "for_action": "\n".join(output.for_action),
        "for_information": "\n".join(output.for_information),
        "reply_by": output.reply_by.isoformat() if output.reply_by else "",
        "for_public": PUBLIC if output.for_public else "",
    }
    titles = {f"title_{code}": output.titles.get(code, "") for code in LANGUAGES}
    return Entry(typed | titles, None, {})


def _render_new_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    entry: Entry[Cover],
    status: int,
) -> Response:
    return house.pages.show(
        request,
        "web/outputs/new.html",
        status=status,
        meeting=meeting,
        meeting_name=called(meeting, session.get_one(Body, meeting.body_id)),
        **_cover_form(session, actor, meeting, entry, house.pages.language(request)),
    )


def _render_edit_page(
    session: ReadSession, actor: Actor, house: House, request: Request, output: Output, messages: Said
) -> Response:
    language = house.pages.language(request)
    meeting, body = session.get_one(Meeting, output.meeting_id), session.get_one(Body, output.body_id)
    files = queries.files(session, output)
    languages_present = {file.language for file in files}
    missing = next((code for code in (output.original, *LANGUAGES) if code not in languages_present), output.original)
    as_it_stands = _current_cover(session, output)
    return house.pages.show(
        request,
        "web/outputs/edit.html",
        status=messages.status,
        output=output,
        meeting_name=called(meeting, body),
        texts=text_lines(output, files),
        theirs=as_it_stands.typed,
        kind_words=KINDS[output.kind],
        stale=messages.stale,
        refused=why_not(messages.refused),
        upload=messages.upload or Entry({"language": missing}, None, {}),
        largest=min(body.largest_file, house.settings.largest_file),
        silence_runs=silence.on(session, output).course == Course.OPEN,
        **_cover_form(session, actor, meeting, messages.entry or as_it_stands, language),
    )


def _cover_form(
    session: ReadSession, actor: Actor, meeting: Meeting, entry: Entry[Cover], language: str
) -> dict[str, object]:
    """Return the template context of the cover form: choices, typed values and errors."""
    rows = documents.listed(session, actor, body=meeting.body_id, scope=str(meeting.number), limit=MOST)
    meeting_decisions = [(each, meeting) for each in decisions.listed(session, meeting)]
    return {
        "typed": entry.typed,
        "errors": entry.errors,
        "kinds": KIND_CHOICES,
        "languages_of_files": [(code, OWN_NAMES[code], code) for code in LANGUAGES],
        "documents": document_lines(rows, language),
        "decisions": decision_lines(session, meeting_decisions, language),
    }
