"""The pack of a meeting, for those who travel: its agenda, time plan and documents as one ZIP that opens without a
connection; later packs bring only what is new.

The files are chosen, and rights checked, when it is downloaded. It is streamed; no database connection is held
meanwhile.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.validation import FALLBACK_MESSAGE
from app.domain.bodies.models import Body
from app.domain.bodies.rules import EntityInBody
from app.domain.briefings import actions, queries, rules
from app.domain.briefings.inputs import PackChoice
from app.domain.briefings.models import MeetingPack, PackFormat
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import SignedInGuard
from app.http.exports.zip_export import MAX_FILES, ZipMember, zip_response
from app.http.page_context import COSTLY_TURN, DOWNLOAD_TURN, ReadContext, WriteContext, open_file_while_allowed
from app.web.forms.list_queries import FilteredList, FilterParameters
from app.web.forms.parsing import RejectRepeatedFields, TextField, parse_form
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.meetings.pack_pages import MANIFEST_NAME, render_manifest, render_pack_pages
from app.web.views.meetings.packs import PackContents, load_packed_files

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

PACK_PATH = "/meetings/{meeting}/pack"
ChosenPack = Annotated[PackChoice, Depends(FilterParameters(PackChoice))]
FORMAT_LABELS = {
    PackFormat.PDF: _("PDF where available"),
    PackFormat.SUBMITTED: _("Files as submitted"),
    PackFormat.BOTH: _("Both"),
}
TOO_LARGE = _(
    "One pack holds at most %(files)s files and 4 GB. Download the documents from their list, in parts.",
    files=MAX_FILES,
)


@router.get(PACK_PATH, dependencies=[Depends(SignedInGuard(rules.TAKE_PACK))])
def show_pack(context: ReadContext, meeting: UUID, choice: ChosenPack) -> Response:
    """Show what a pack of the meeting would contain: everything, and what is new since each earlier pack."""
    meeting_row = _get_meeting(context, meeting)
    packs = queries.list_own_packs(context.session, context.actor, meeting_row)
    pack_format = _choose_format(choice, packs)
    files = load_packed_files(context, meeting_row, pack_format)
    listing = FilteredList(f"/meetings/{meeting_row.id}/pack", choice)
    return context.render(
        "web/meetings/pack.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "documents", context.language),
        everything=PackContents(files),
        offers=[PackContents(files, pack) for pack in packs],
        since=_find_former(choice, packs),
        format=pack_format,
        formats=[
            (listing.url_with(format=value), label, value == pack_format) for value, label in FORMAT_LABELS.items()
        ],
        here=listing.path,
    )


@router.post(PACK_PATH, dependencies=[Depends(SignedInGuard(rules.TAKE_PACK)), COSTLY_TURN, DOWNLOAD_TURN])
def download_pack(
    context: WriteContext,
    meeting: UUID,
    format: TextField = "",
    since: TextField = "",
    notes: TextField = "",
) -> Response:
    """Send the pack, and store what it contains; with `notes`, also the briefing file of the actor's delegation. Raises
    BadRequest if it would hold too many files or bytes."""
    meeting_row = _get_meeting(context, meeting)
    choice = parse_form(PackChoice, {"format": format, "since": since}).value
    if choice is None:
        raise BadRequest(FALLBACK_MESSAGE)
    packs = queries.list_own_packs(context.session, context.actor, meeting_row)
    pack_format = _choose_format(choice, packs)
    contents = PackContents(load_packed_files(context, meeting_row, pack_format), _find_former(choice, packs))
    if not contents.is_bounded:
        raise BadRequest(TOO_LARGE)
    pack = actions.store_pack(context.session, context.actor, meeting_row, pack_format, contents.digests)
    delegation = EntityInBody(meeting_row.body_id, context.actor.entity)
    has_briefing = bool(notes) and rules.KEEP_BRIEFING.allows(context.actor, delegation)
    pages = render_pack_pages(context, meeting_row, contents, pack, has_briefing=has_briefing)
    members = _list_members(context, meeting_row, contents, pages, pack.made_at)
    return zip_response(context.request, members, f"meeting-{meeting_row.number}.zip")


def _get_meeting(context: ReadContext, meeting_id: UUID) -> Meeting:
    """Return a meeting of which the actor may take a pack. Raises NotFound, Forbidden."""
    meeting = meetings.get_visible_meeting(context.session, context.actor, meeting_id)
    rules.TAKE_PACK.require(context.actor, meeting)
    return meeting


def _choose_format(choice: PackChoice, packs: Sequence[MeetingPack]) -> PackFormat:
    """Return the format that was chosen, else that of the last pack."""
    return choice.format or (PackFormat(packs[0].format) if packs else PackFormat.PDF)


def _find_former(choice: PackChoice, packs: Sequence[MeetingPack]) -> MeetingPack | None:
    """Find the pack whose news are asked for; None if everything is, which is also sent in place of the news since a
    pack that was forgotten or is another person's."""
    return next((pack for pack in packs if pack.id == choice.since), None)


def _list_members(
    context: WriteContext, meeting: Meeting, contents: PackContents, pages: Mapping[str, bytes], made_at: datetime
) -> list[ZipMember]:
    """List the members of the ZIP: pages and manifest, then the files. Before each file, rights are checked again."""
    name = f"{context.session.get_one(Body, meeting.body_id).prefix} {meeting.number}"
    manifest = render_manifest(contents, pages, meeting=name, language=context.language, made_at=made_at)
    return [
        *(ZipMember.from_bytes(path, content) for path, content in {**pages, MANIFEST_NAME: manifest}.items()),
        *(
            ZipMember(each.path, each.file.size, partial(open_file_while_allowed, context, each.file.sha256))
            for each in contents.sent
        ),
    ]
