"""The pages and the manifest inside a pack, which are read without a connection."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from app.core.i18n import text_direction
from app.domain.bodies.models import Body
from app.domain.briefings.models import MeetingPack
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.page_context import ReadContext
from app.web.views.agendas.items import load_current_agenda
from app.web.views.agendas.time_plan import build_time_plan
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.titles import localize_title
from app.web.views.meetings.briefings import describe_readers, load_briefing
from app.web.views.meetings.packs import PackContents

INDEX_NAME, STYLE_NAME, MANIFEST_NAME, BRIEFING_NAME = "index.html", "style.css", "manifest.json", "briefing.html"


def render_pack_pages(
    context: ReadContext, meeting: Meeting, contents: PackContents, pack: MeetingPack, *, has_briefing: bool
) -> dict[str, bytes]:
    """Render the pages of a pack and their style, by their names in it; with the briefing file of the actor's
    delegation if it `has_briefing`."""
    body, language = context.session.get_one(Body, meeting.body_id), context.language
    common = {
        "meeting": meeting,
        "name": format_meeting_name(meeting, body),
        "body_name": localize_title(body.names, language),
        "place": localize_title(meeting.place, language),
    }
    render = context.portal.templates.render_printable_html
    agenda = load_current_agenda(context, meeting)
    sessions = meetings.list_sessions(context.session, meeting)
    index = render(
        language,
        "pack/index.html",
        agenda=agenda,
        plan=build_time_plan(agenda, meeting, sessions, text_direction(language)),
        files_by_document=contents.index_by_document(),
        difference=contents.difference,
        since=contents.since,
        pack=pack,
        address=f"{context.portal.settings.portal_url}/meetings/{meeting.id}/pack?since={pack.id}",
        has_briefing=has_briefing,
        **common,
    )
    pages = {INDEX_NAME: index, STYLE_NAME: render(language, "pack/style.css")}
    if has_briefing:
        briefing, readers = load_briefing(context, meeting), describe_readers(context)
        pages[BRIEFING_NAME] = render(language, "pack/briefing.html", briefing=briefing, readers=readers, **common)
    return {name: page.encode() for name, page in pages.items()}


def render_manifest(
    contents: PackContents, pages: Mapping[str, bytes], *, meeting: str, language: str, made_at: datetime
) -> bytes:
    """Render what is in the folder after the pack was unpacked over the earlier one, for programs."""
    difference = contents.difference
    news = difference.news if difference else frozenset(contents.digests)
    manifest = {
        "meeting": meeting,
        "language": language,
        "made_at": made_at.isoformat(),
        "since": contents.since.made_at.isoformat() if contents.since else None,
        "files": [
            {
                "path": each.path,
                "symbol": each.file.edition,
                "language": each.file.language,
                "size": each.file.size,
                "sha256": each.file.sha256,
                "is_in_this_pack": each.path in news,
            }
            for each in contents.files
        ],
        "pages": [
            {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for path, content in pages.items()
        ],
        "removed": list(difference.removed) if difference else [],
    }
    return json.dumps(manifest, ensure_ascii=False, indent=1).encode()
