"""Pages of drafts: the form of the cover with its choices, the files, the last check."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from fastapi import Response

from app.core import clock
from app.core.database.combined_lists import read_statements_together
from app.core.db import ReadSession
from app.core.errors import DomainError
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain import member_states
from app.domain.agendas.queries import agenda_releases
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import list_member_states
from app.domain.bodies.queries.seats import is_represented
from app.domain.bodies.rules import is_secretary
from app.domain.contributions.inputs import SECRETARIAT_ENTITY, ContributionCover, FileLanguage, RetainedChoices
from app.domain.contributions.models import Contribution, FileVerdict, RegionalGroup
from app.domain.contributions.queries import contributions
from app.domain.contributions.queries.covers import STEPS_WITH_PROPOSALS, STEPS_WITH_TOPICS
from app.domain.contributions.queries.submissions import load_submission
from app.domain.contributions.rules.covers import is_from_properties, is_named_after_file
from app.domain.contributions.rules.permissions import INVITE, is_written_for_other_state
from app.domain.contributions.rules.submissions import Submission, find_submission_objection, is_in_time
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.questions.queries import filter_choosable_questions, select_questions
from app.domain.topics.queries import filter_choosable_topics, select_topics
from app.http.authentication import EntityName
from app.http.labels import ACCESS_LABELS, PURPOSE_LABELS, SERIES_LABELS, join_texts
from app.http.localization import Localizer
from app.http.page_context import ReadContext
from app.web.forms.actions import get_form_http_status
from app.web.forms.file_fields import describe_file_refusal
from app.web.forms.parsing import LANGUAGE_CHOICES, ParsedForm
from app.web.forms.proposal_fields import PROPOSAL_KIND_CHOICES, add_spare_lines, format_proposals_for_form
from app.web.views.bodies.questions import name_question
from app.web.views.contributions import status as standing
from app.web.views.contributions.contribution_page import build_submission_view
from app.web.views.contributions.invitations import (
    COSPONSOR_TAGS,
    TypedStates,
    build_cosponsor_answer,
    list_states_to_invite,
)
from app.web.views.contributions.submission_check import build_preview_context
from app.web.views.dockets.contributions import build_contribution_docket
from app.web.views.documents.titles import localize_title
from app.web.views.mandates.citing import SEARCH_FIELD, build_citation_choices, select_citation_choices

RECENT_CHANGE = timedelta(minutes=15)  # within which another editor is mentioned


def render_new_draft_page(
    context: ReadContext,
    meeting: Meeting,
    entry: ParsedForm[ContributionCover],
    key: UUID,
    *,
    refusal: DomainError | None = None,
    stale: DomainError | None = None,
) -> Response:
    """Render the form of a new draft. `key` makes the form idempotent; `refusal` concerns the file, `stale` the key."""
    body = context.session.get_one(Body, meeting.body_id)
    formats = context.localizer
    return context.render(
        "web/contributions/new.html",
        status=get_form_http_status(entry, refusal or stale),
        meeting=meeting,
        meeting_name=standing.format_meeting_name(meeting, body),
        due=standing.format_deadline(meeting, formats),
        moved=standing.find_deadline_change(context.session, meeting),
        key=key,
        behalf=_build_behalf_choices(context.session, body, formats.language)
        if is_secretary.objection_to(context.actor, meeting) is None
        else None,
        refused=describe_file_refusal(refusal),
        stale=stale.reason if stale else None,
        largest=min(body.largest_file, context.portal.settings.largest_file),
        typed=entry.typed,
        errors=entry.errors,
        languages_of_files=LANGUAGE_CHOICES,
        steps=standing.list_submission_steps(is_begun=False),
        grace=context.portal.settings.upload_grace_minutes,
    )


def render_edit_draft_page(
    context: ReadContext,
    contribution: Contribution,
    *,
    entry: ParsedForm[ContributionCover] | None = None,
    upload: ParsedForm[FileLanguage] | None = None,
    invitation: TypedStates | None = None,
    refusal: DomainError | None = None,
    stale: DomainError | None = None,
) -> Response:
    """Render the page on which a draft is edited; `refusal` concerns the file, `stale` the version of the cover."""
    formats = context.localizer
    submission = load_submission(context.session, contribution)
    view = build_submission_view(context, submission)
    invitation = invitation or TypedStates("")
    wrong = [form for form in (upload, entry) if form and form.errors]
    return context.render(
        "web/contributions/edit.html",
        status=400 if invitation.error else get_form_http_status(next(iter(wrong), None), refusal or stale),
        about=view,
        by_secretariat=is_written_for_other_state(context.actor, contribution),
        docket=build_contribution_docket(
            context.actor,
            contribution,
            view.meeting,
            formats,
            entity=view.entity,
            replacement_ends_at=view.replacement_ends_at,
        ),
        moved=standing.find_draft_deadline_change(context.session, contribution, view.meeting),
        stale=stale.reason if stale else None,
        colleague=_find_recent_editor(context.session, context.actor, contribution, view.meeting.zone, formats),
        refused=describe_file_refusal(refusal),
        answers=[build_cosponsor_answer(cosponsor) for cosponsor in submission.cosponsors],
        may_invite=INVITE.allows(context.actor, contribution),
        invitation=invitation,
        states=[
            member_states.get_state_name(code, formats.language)
            for code in member_states.order_by_name(
                list_states_to_invite(context.session, view.body, contribution), formats.language
            )
        ],
        title_hint=_build_title_hint(contribution, submission),
        steps=standing.list_submission_steps(is_begun=True),
        grace=context.portal.settings.upload_grace_minutes,
        asked_again=_join_states(sorted(submission.signers_before_change)),
        upload=upload or ParsedForm({"language": _guess_next_language(view.files, contribution)}, None, {}),
        languages_to_add=[("", _("As read in the file")), *LANGUAGE_CHOICES],
        largest=min(view.body.largest_file, context.portal.settings.largest_file),
        **build_cover_form_context(
            context,
            view.meeting,
            entry or _build_entry(contribution),
            contribution.step,
            contribution.entity,
            contributions.get_retained_choices(context.session, contribution),
        ),
    )


def _build_title_hint(contribution: Contribution, submission: Submission) -> LazyText | None:
    """Say where the title of a draft was found, if that is not its text."""
    if is_named_after_file(contribution.title, submission.files):
        return _("Taken from the name of the file; check it.")
    if is_from_properties(contribution.title, submission.files):
        return _("Taken from the properties of the file; check it.")
    return None


def render_submission_check_page(
    context: ReadContext,
    submission: Submission,
    *,
    refusal: DomainError | None = None,
    answers: Collection[str] = (),
) -> Response:
    """Render the page with what will be submitted and what is missing; `answers` are those of a form refused."""
    view, contribution = build_submission_view(context, submission), submission.contribution
    by_secretariat = is_written_for_other_state(context.actor, contribution)
    return context.render(
        "web/contributions/check.html",
        status=refusal.status if refusal else 200,
        about=view,
        by_secretariat=by_secretariat,
        is_represented=is_represented(context.session, contribution.body_id, contribution.entity),
        moved=standing.find_draft_deadline_change(context.session, contribution, view.meeting),
        due=standing.format_deadline_unless_corrigendum(contribution.step, view.meeting, context.localizer),
        refused=refusal.reason if refusal else None,
        missing=find_submission_objection(context.actor, submission),
        in_time=is_in_time(submission, context.portal.upload_grace),
        unanswered=_join_states(sorted({*submission.unanswered}.difference(submission.to_be_asked_again))),
        asked_again=[
            (cosponsor.entity, EntityName(cosponsor.entity), *COSPONSOR_TAGS[cosponsor.signs])
            for cosponsor in submission.cosponsors
            if cosponsor.entity in submission.earlier_signers | submission.signers_before_change
        ],
        left_out=_join_states(sorted(submission.earlier_signers.difference(contribution.invited))),
        may_invite=INVITE.allows(context.actor, contribution),
        **build_preview_context(context, submission, view, refusal=refusal, answers=answers),
    )


def _join_states(states: Sequence[str]) -> LazyText | None:
    """Join the names of States into one text; None if there is none."""
    return join_texts([EntityName(state) for state in states]) if states else None


def _find_recent_editor(
    session: ReadSession, actor: Actor, contribution: Contribution, zone: str, formats: Localizer
) -> tuple[str, str] | None:
    """Find who else changed the draft a short while ago, and when."""
    if contribution.changed_by == actor.person or clock.now() - contribution.changed_at > RECENT_CHANGE:
        return None
    return session.get_one(Person, contribution.changed_by).name, formats.format_instant(contribution.changed_at, zone)


def _build_behalf_choices(session: ReadSession, body: Body, language: str) -> dict[str, object]:
    """Return for whom the secretariat may write, itself first, and the series to choose from."""
    codes = [row.code for row in list_member_states(session) if row.category in body.admits]
    states = [
        (code, member_states.get_state_name(code, language)) for code in member_states.order_by_name(codes, language)
    ]
    return {
        "entities": [(SECRETARIAT_ENTITY, _("the secretariat itself")), *states],
        "series": [("", _("Select one")), *SERIES_LABELS.items()],
    }


def _build_entry(contribution: Contribution) -> ParsedForm[ContributionCover]:
    """Build the form of the cover from the stored draft."""
    field_names = ("title", "original", "purpose", "abstract", "action", "refers_to", "contact", "access", "note")
    typed: dict[str, object] = {name: getattr(contribution, name) for name in field_names}
    typed |= {"mandates": contribution.mandates, "action_lines": contribution.action_lines, SEARCH_FIELD: ""}
    typed |= {"regional_group": contribution.regional_group or "", "item": str(contribution.item_id or "")}
    return ParsedForm(
        typed
        | {
            "topics": contribution.topics,
            "questions": contribution.questions or (),
            "proposals": format_proposals_for_form(contribution.proposals),
        },
        None,
        {},
    )


def build_cover_form_context(
    context: ReadContext,
    meeting: Meeting,
    entry: ParsedForm[ContributionCover],
    step: str,
    entity: str,
    retained: RetainedChoices,
) -> dict[str, object]:
    """Build the template context of the cover of what is written for an entity: choices, typed values, errors.

    Other parts have no topics or Questions and cite nothing, corrigenda no proposals. What is `retained` may stay
    although it was retired.
    """
    session, language = context.session, context.language
    items = [
        (item.item_id, f"{item.label} {title}", lang or language)
        for item in agenda_releases.list_current_released_items(session, meeting)
        for title, lang in (localize_title(item.titles, language),)
    ]
    return {
        "typed": {SEARCH_FIELD: "", **entry.typed},
        "errors": entry.errors,
        "languages_of_files": LANGUAGE_CHOICES,
        "purposes": list(PURPOSE_LABELS.items()),
        "accesses": [(access, *words) for access, words in ACCESS_LABELS.items()],
        "groups": [(str(group), str(group)) for group in RegionalGroup],
        "items": items,
        **(
            _read_subject_choices(context, meeting, entry.typed, entity, retained)
            if step in STEPS_WITH_TOPICS
            else {"topics": [], "questions": [], "citing": None}
        ),
        "proposals": add_spare_lines(entry.typed["proposals"]) if step in STEPS_WITH_PROPOSALS else [],
        "kinds": PROPOSAL_KIND_CHOICES,
    }


def _read_subject_choices(
    context: ReadContext, meeting: Meeting, typed: Mapping[str, object], entity: str, retained: RetainedChoices
) -> dict[str, object]:
    """Read what can be chosen of topics and Questions, as code with its words, and cited; in one statement."""
    language = context.language
    statements = [select_topics(), select_questions(meeting.body_id), *select_citation_choices(context.actor, entity)]
    topic_rows, question_rows, *citable = read_statements_together(context.session, statements)
    topics = filter_choosable_topics([topic for (topic,) in topic_rows], retained.topics)
    questions = filter_choosable_questions([question for (question,) in question_rows], retained.questions)
    return {
        "topics": [(each.code, localize_title(each.names, language)[0]) for each in topics],
        "questions": [(each.code, name_question(each, language)) for each in questions],
        "citing": build_citation_choices(citable, typed, language),
    }


def _guess_next_language(files: list[standing.ContributionFileView], contribution: Contribution) -> str:
    """Return the language of the next file: the one that cannot be missing until it is there and not refused, then one
    that was refused; empty for that which is read in the file."""
    required = contribution.only_language or contribution.original
    present = {each.file.language for each in files if each.file.verdict != FileVerdict.REFUSED}
    refused = [each.file.language for each in files if each.file.language not in present]
    return next((code for code in (required, *refused) if code not in present), "")
