"""Change the text of a report until it is adopted: paragraph by paragraph. Every revision is kept."""

from collections.abc import Mapping, Sequence

from app.core.db import WriteSession
from app.core.errors import BadRequest, Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.meetings.models import Meeting
from app.domain.reports import events, queries
from app.domain.reports.actions.locked_report import lock_report
from app.domain.reports.inputs import NewReportDraft, ParagraphChange
from app.domain.reports.models import Report
from app.domain.reports.rules import paragraphs, proposals, reports
from app.domain.reports.rules.paragraphs import ReportParagraph

PARAGRAPH_REQUIRED = _("Enter at least one paragraph for the report.")
SAME_WORDING = _("The paragraph already has this wording. There is nothing to restore.")
CHANGED_PROPOSAL = _(
    "The record of the meeting has changed since you opened the page, so nothing was saved. Check the paragraphs again."
)


def take_generated_paragraphs(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    content: NewReportDraft,
    generated: Sequence[ReportParagraph],
    codes: Sequence[str],
    *,
    revision: int,
) -> Report:
    """Take these proposals of a draft that was generated again into the text, as a new revision.

    Raises Forbidden; Stale if there is a later revision; Conflict if the report was circulated, or a proposal is not
    what was shown; BadRequest if nothing was selected, or no paragraph would be left.
    """
    reports.DRAFT.require(actor, queries.build_report_rule_subject(session, meeting))
    locked = lock_report(session, actor, meeting, reports.KEEP, revision=revision)
    report = locked.report
    if not codes:
        raise BadRequest(_("Select at least one change, or cancel."))
    present = locked.load_paragraphs()
    try:
        taken = proposals.take_proposals(present, generated, codes)
    except ValueError:
        raise Conflict(CHANGED_PROPOSAL) from None
    if not taken:
        raise BadRequest(PARAGRAPH_REQUIRED)
    report.lang, report.attribution = paragraphs.find_main_language(taken, report.lang), content.attribution
    locked.save_revision(taken)
    return report


def save_report_paragraphs(
    session: WriteSession, actor: Actor, meeting: Meeting, texts: Mapping[str, str], *, revision: int
) -> Report:
    """Save paragraphs that were edited on the text of `revision`, as a new revision. What others saved meanwhile in
    other paragraphs stays.

    Raises Forbidden, Conflict; Stale if somebody changed one of these paragraphs otherwise meanwhile; BadRequest if no
    paragraph would be left.
    """
    locked = lock_report(session, actor, meeting, reports.KEEP)
    present = locked.load_paragraphs()
    texts_now = {each.key: each.text for each in present}
    edits = {key: text for key, text in texts.items() if text != texts_now.get(key, "")}
    locked.require_unchanged_paragraphs(edits, revision=revision)
    edited = paragraphs.edit_paragraphs(present, edits)
    if not edited:
        raise BadRequest(PARAGRAPH_REQUIRED)
    if edited != present:
        locked.save_revision(edited)
    return locked.report


def add_what_was_said(
    session: WriteSession, actor: Actor, meeting: Meeting, key: str, content: ParagraphChange
) -> Report:
    """Save a text as new paragraphs, in the language of the report: under the heading with this key, after the
    sentences about documents and speakers, or after the paragraph with it. It replaces nothing, so no revision is asked
    for.

    Raises Forbidden; Conflict if the report cannot be changed; NotFound without that paragraph.
    """
    locked = lock_report(session, actor, meeting, reports.KEEP)
    present = locked.load_paragraphs()
    if paragraphs.find_paragraph(present, key) is None:
        raise NotFound()
    locked.save_revision(paragraphs.insert_paragraphs(present, key, content.text, locked.report.lang))
    return locked.report


def restore_report_revision(
    session: WriteSession, actor: Actor, meeting: Meeting, number: int, *, revision: int
) -> Report:
    """Save the text of an earlier revision as a new one; all revisions are kept.

    Raises Forbidden; NotFound without that revision; Stale if there is a later one than the actor saw; Conflict if the
    report cannot be changed, or has this text.
    """
    locked = lock_report(session, actor, meeting, reports.KEEP, revision=revision)
    report = locked.report
    earlier = queries.get_report_revision(session, actor, meeting, report, number)
    queries.require_different_text(session, report, earlier)
    restored = paragraphs.load_paragraphs(earlier.paragraphs)
    report.lang = paragraphs.find_main_language(restored, report.lang)
    locked.store_revision(restored)
    locked.record_event(events.ReportRestored(meeting.id, report.revision, number))
    return report


def restore_report_paragraph(
    session: WriteSession, actor: Actor, meeting: Meeting, key: str, number: int, *, revision: int
) -> Report:
    """Save the wording that a paragraph had in an earlier revision as a new one; a paragraph that was deleted comes
    after the one that it followed.

    Raises Forbidden; NotFound if that revision has no such paragraph; Stale if the paragraph was changed after
    `revision`; Conflict if the report cannot be changed, or the paragraph has this wording.
    """
    locked = lock_report(session, actor, meeting, reports.KEEP)
    earlier = paragraphs.load_paragraphs(
        queries.get_report_revision(session, actor, meeting, locked.report, number).paragraphs
    )
    if paragraphs.find_paragraph(earlier, key) is None:
        raise NotFound()
    locked.require_unchanged_paragraphs([key], revision=revision)
    present = locked.load_paragraphs()
    restored = paragraphs.restore_paragraph(present, earlier, key)
    if restored == present:
        raise Conflict(SAME_WORDING)
    locked.save_revision(restored)
    return locked.report
