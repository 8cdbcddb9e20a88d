"""Drafts of outputs: beginning one, its cover, its text in each language. What happens to it then is in `outputs`."""

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
    """The form of a cover as it was typed."""
    titles = (title_ar, title_zh, title_en, title_fr, title_ru, title_es)
    typed = {f"title_{code}": title for code, title in zip(LANGUAGES, titles, strict=True)}
    whom = {
        "for_action": for_action,
        "for_information": for_information,
        "reply_by": reply_by,
        "for_public": for_public,
    }
    return {"kind": kind, "original": original, "sources": sources, "decisions": decisions, **whom, **typed}


CoverFields = Annotated[dict[str, object], Depends(cover_fields)]


def sent_form(typed: CoverFields, given: OfferedFile, language: Typed = "") -> Sent:
    """The form as it was sent."""
    return Sent(typed, given, language)


SentForm = Annotated[Sent, Depends(sent_form)]


@dataclass(frozen=True, slots=True)
class Said:
    """What a page of a draft says on top: what is wrong, or what changed meanwhile."""

    entry: Entry[Cover] | None = None
    upload: Entry[InLanguage] | None = None
    refused: Refusal | None = None
    stale: Text | None = None
    status: int = 200


@router.get("/meetings/{meeting}/outputs/new", name="new-output", dependencies=[Depends(Asks(rules.DRAFT))])
def new(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    there = meetings.one_visible(session, actor, meeting)
    rules.DRAFT.require(actor, Case(there.body_id, life=there.life))
    typed = cover_fields(kind=Kind.REPORT, original=house.pages.language(request))
    return _new_page(session, actor, house, request, there, Entry(typed, None, {}), 200)


@router.post("/meetings/{meeting}/outputs", name="draft-output", dependencies=[Depends(Asks(rules.DRAFT))])
def draft(
    meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, typed: CoverFields
) -> Response:
    there = meetings.one_visible(session, actor, meeting)
    rules.DRAFT.require(actor, Case(there.body_id, life=there.life))
    entry = _read_cover(typed)
    if entry.made is None:
        return _new_page(session, actor, house, request, there, entry, 400)
    try:
        with apart(session):
            made = actions.draft(session, actor, there, entry.made)
    except Unacceptable as refused:
        return _new_page(session, actor, house, request, there, _without_sources(entry, refused), 400)
    return RedirectResponse(f"/outputs/{made.id}/edit?done=saved", 303)


@router.get("/outputs/{output}/edit", name="edit-output", dependencies=[Depends(Asks(rules.EDIT))])
def edit(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, output)
    rules.EDIT.require(actor, silence.case(session, found))
    return _edit_page(session, actor, house, request, found, Said())


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
    """Save the cover, and the file that was chosen with it."""
    found = queries.one_visible(session, actor, output)
    rules.EDIT.require(actor, silence.case(session, found))
    return _save(session, actor, house, request, found, sent, version, wants_file=sent.given.is_any)


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
    """Add the text in a language. What was typed in the cover meanwhile comes with it and is saved too."""
    found = queries.one_visible(session, actor, output)
    rules.EDIT.require(actor, silence.case(session, found))
    return _save(session, actor, house, request, found, sent, version, wants_file=True)


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
    """Take the text in a language out. What was typed in the cover meanwhile is saved too."""
    found = queries.one_visible(session, actor, output)
    rules.EDIT.require(actor, silence.case(session, found))
    sent = Sent(typed, NOTHING, "")
    return _save(session, actor, house, request, found, sent, version, wants_file=False, removing=language)


def _save(
    session: WriteSession,
    actor: Actor,
    house: House,
    request: Request,
    found: Output,
    sent: Sent,
    version: int | None,
    *,
    wants_file: bool,
    removing: str = "",
) -> Response:
    """Everything that the form brings, or nothing. Without a `version` it brings no cover."""
    page = partial(_edit_page, session, actor, house, request)
    cover = upload = taken = None
    if version is not None:
        cover = _read_cover(sent.typed)
        if cover.made is None:
            return page(found, Said(cover, status=400))
    if wants_file:
        upload = read(InLanguage, {"language": sent.language})
        if upload.made is None:
            return page(found, Said(cover, upload, status=400))
        try:
            taken = take(session, actor, house, request, found.body_id, sent.given)
            if taken is None:
                raise Unacceptable(NO_FILE)
        except Refusal as refused:
            return page(found, Said(cover, upload, refused, status=refused.status))
    # The chair may have recorded the adoption while the file was examined: look again, and hold it.
    found = queries.one_visible(session, actor, found.id, lock=True)
    if cover and cover.made and version is not None:
        try:
            with apart(session):
                drafting.change(session, actor, found, cover.made, version=version)
        except Conflict as stale:
            return page(found, Said(cover, stale=stale.reason, status=409))
        except (Forbidden, Unacceptable) as refused:
            return page(found, Said(_without_sources(cover, refused), status=refused.status))
    if taken and upload and upload.made:
        drafting.put_file(session, actor, found, file_of(upload.made.language, taken.file))
        settle(session, actor, taken)
    if removing:
        drafting.remove_file(session, actor, found, removing)
    done = "received" if taken else "removed" if removing else "saved"
    return RedirectResponse(f"/outputs/{found.id}/edit?done={done}", 303)


def _read_cover(typed: Mapping[str, object]) -> Entry[Cover]:
    """The cover; each title is read by itself, so that each is told what is wrong with it."""
    errors: dict[str, Text] = {}
    titles: dict[str, str] = {}
    for code in LANGUAGES:
        if typed[f"title_{code}"] != "":
            title = read(TitleOf, {"title": typed[f"title_{code}"]})
            errors |= {f"title_{code}": words for words in title.errors.values()}
            titles |= {code: title.made.title} if title.made else {}
    wanted = {name: typed[name] for name in ("kind", "original", "sources", "decisions")}
    wanted |= {"titles": titles, "for_public": typed["for_public"] == PUBLIC}
    cover = read(Cover, wanted | (_addressees(typed) if typed["kind"] in ADDRESSED else {}))
    errors |= cover.errors
    original = f"title_{typed['original']}"
    if typed.get(original) == "":
        errors[original] = NO_TITLE
    return Entry(typed, None if errors else cover.made, errors)


def _without_sources(entry: Entry[Cover], refused: Refusal) -> Entry[Cover]:
    """What was typed; the sources are to be chosen again."""
    return Entry(entry.typed, None, {"sources": refused.reason})


def _addressees(typed: Mapping[str, object]) -> dict[str, object]:
    """To whom it goes: one on each line."""
    lists = {name: str(typed[name]).split("\n") for name in ("for_action", "for_information")}
    lines = {name: [line for line in found if line.strip()] for name, found in lists.items()}
    return {**lines, "reply_by": typed["reply_by"]}


def _as_it_stands(session: ReadSession, found: Output) -> Entry[Cover]:
    typed: dict[str, object] = {
        "kind": found.kind,
        "original": found.original,
        "sources": [str(source.id) for source in queries.sources(session, found)],
        "decisions": [str(decision.id) for decision, _ in queries.decisions(session, found)],
        "for_action": "\n".join(found.for_action),
        "for_information": "\n".join(found.for_information),
        "reply_by": found.reply_by.isoformat() if found.reply_by else "",
        "for_public": PUBLIC if found.for_public else "",
    }
    titles = {f"title_{code}": found.titles.get(code, "") for code in LANGUAGES}
    return Entry(typed | titles, None, {})


def _new_page(
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


def _edit_page(
    session: ReadSession, actor: Actor, house: House, request: Request, found: Output, said: Said
) -> Response:
    language = house.pages.language(request)
    meeting, body = session.get_one(Meeting, found.meeting_id), session.get_one(Body, found.body_id)
    files = queries.files(session, found)
    there = {file.language for file in files}
    missing = next((code for code in (found.original, *LANGUAGES) if code not in there), found.original)
    as_it_stands = _as_it_stands(session, found)
    return house.pages.show(
        request,
        "web/outputs/edit.html",
        status=said.status,
        output=found,
        meeting_name=called(meeting, body),
        texts=text_lines(found, files),
        theirs=as_it_stands.typed,
        kind_words=KINDS[found.kind],
        stale=said.stale,
        refused=why_not(said.refused),
        upload=said.upload or Entry({"language": missing}, None, {}),
        largest=min(body.largest_file, house.settings.largest_file),
        silence_runs=silence.on(session, found).course == Course.OPEN,
        **_cover_form(session, actor, meeting, said.entry or as_it_stands, language),
    )


def _cover_form(
    session: ReadSession, actor: Actor, meeting: Meeting, entry: Entry[Cover], language: str
) -> dict[str, object]:
    """The choices of the cover's form, what was typed, and what is wrong with it."""
    rows = documents.listed(session, actor, body=meeting.body_id, scope=str(meeting.number), limit=MOST)
    fallen = [(each, meeting) for each in decisions.listed(session, meeting)]
    return {
        "typed": entry.typed,
        "errors": entry.errors,
        "kinds": KIND_CHOICES,
        "languages_of_files": [(code, OWN_NAMES[code], code) for code in LANGUAGES],
        "documents": document_lines(rows, language),
        "decisions": decision_lines(session, fallen, language),
    }
