"""The position of a State in a silence procedure: taken by its delegates, changed until the deadline."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core.database.combined_lists import read_together
from app.core.errors import DomainError
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.models import StateAct
from app.domain.files.queries import ShownText
from app.domain.silence import rules
from app.domain.silence.actions import procedure as silence
from app.domain.silence.inputs import NewSilencePosition
from app.domain.silence.models import SilencePosition, SilencePositionKind, SilenceProcedure
from app.domain.silence.queries.positions import find_position
from app.domain.silence.queries.procedures import get_procedure_rule_subject, get_visible_procedure
from app.http.authentication import EntityName, SignedInGuard
from app.http.labels import SILENCE_POSITION_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_parsed_form, try_action
from app.web.forms.checking import CheckedField, CheckPage, QuotedText, render_check_page
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import LANGUAGE_CHOICES, ParsedForm, RejectRepeatedFields, VersionField, parse_form
from app.web.views.people.ask_head import render_page_to_ask_head
from app.web.views.silence.silence import (
    LISTS_OF_OUTPUT_UNDER_SILENCE,
    get_position_audience_label,
    load_procedure_text,
    load_silence_summary,
)

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

TAKE_POSITION_GUARDS = [Depends(SignedInGuard(rules.TAKE_POSITION))]
MAX_FIRST_WORDS = 60  # characters of a paragraph in a choice
SILENCE_STANCE_HINTS: Mapping[str, LazyText] = {
    "supports": _("You may give a reason."),
    "explanation": _("Your statement is attached to the text if it is adopted."),
    "reservation": _("Your statement is attached to the text if it is adopted."),
    "non_association": _("Your statement is attached to the text if it is adopted."),
    "breaks": _("The text is not adopted, and the procedure ends immediately. You give the reason, and check it."),
}


class SilencePositionForm(BaseModel):
    """Form of a position as typed."""

    stance: str = ""
    paragraph: str = ""
    text: str = ""
    lang: str = ""


@router.get("/silence/{procedure}/position", dependencies=TAKE_POSITION_GUARDS)
def show_silence_position_form(context: ReadContext, procedure: UUID, language: str = "") -> Response:
    """Show the form for the position of the actor's State, after the text, in this language if it is there."""
    procedure_row = get_visible_procedure(context.session, context.actor, procedure)
    read_together(context.session, procedure_row.output_id, *LISTS_OF_OUTPUT_UNDER_SILENCE)
    rules.TAKE_POSITION.require(
        context.actor, get_procedure_rule_subject(context.session, procedure_row, context.actor.entity)
    )
    if page := _render_page_to_ask_head(context, procedure_row):
        return page
    mine = find_position(context.session, procedure_row, context.actor.entity)
    entry = prefill_form(_read_position(mine, context.language))
    return _render_page(context, procedure_row, entry, language=language)


@router.post("/silence/{procedure}/position", dependencies=TAKE_POSITION_GUARDS)
def take_silence_position(
    context: WriteContext,
    procedure: UUID,
    form: Annotated[SilencePositionForm, Form()],
    version: VersionField = 0,
    checked: CheckedField = "",
) -> Response:
    """Save the position of the actor's State. Breaking silence is checked first."""
    procedure_row = get_visible_procedure(context.session, context.actor, procedure)
    case = get_procedure_rule_subject(context.session, procedure_row, context.actor.entity)
    rules.TAKE_POSITION.require_rule_on_actor(context.actor, case)
    entry = parse_form(NewSilencePosition, form.model_dump())
    if checked == "change":
        return _render_page(context, procedure_row, prefill_form(form))
    if checked != "yes" and entry.value and entry.value.stance == SilencePositionKind.BREAKS_SILENCE:
        if refusal := try_action(
            context, lambda: silence.require_right_to_take_position(context.session, context.actor, procedure_row)
        ):
            return _render_page(context, procedure_row, entry, refusal)
        return _render_check_page(context, procedure_row, entry.value, form.model_dump() | {"version": version})
    return submit_parsed_form(
        context,
        entry,
        action=lambda position: silence.take_position(
            context.session, context.actor, procedure_row, position, version=version
        ),
        render=partial(_render_page, context, procedure_row),
        done=f"/silence/{procedure_row.id}?done=position",
    )


def _render_page_to_ask_head(context: ReadContext, procedure: SilenceProcedure) -> Response | None:
    """Render the page that says whom to ask, if the actor may not take the position of their State."""
    about = load_silence_summary(context.session, procedure, context.language)
    crumbs = [("/silence", _("Silence procedures")), (f"/silence/{procedure.id}", about.title)]
    heading = _("Position of %(state)s", state=EntityName(context.actor.entity))
    return render_page_to_ask_head(context, procedure.body_id, StateAct.POSITION, heading, crumbs)


def _read_position(mine: SilencePosition | None, language: str) -> SilencePositionForm:
    if mine is None:
        return SilencePositionForm(lang=language)
    return SilencePositionForm(stance=mine.stance, paragraph=mine.paragraph, text=mine.text, lang=mine.lang)


def _render_check_page(
    context: ReadContext, procedure: SilenceProcedure, position: NewSilencePosition, fields: Mapping[str, object]
) -> Response:
    """Render the check page of breaking silence, in the words of the State."""
    about = load_silence_summary(context.session, procedure, context.language)
    here, state = f"/silence/{procedure.id}", EntityName(context.actor.entity)
    return render_check_page(
        context,
        CheckPage(
            act="/silence/{procedure}/position",
            heading=_("Break silence on behalf of %(state)s", state=state),
            crumbs=[("/silence", _("Silence procedures")), (here, about.title)],
            facts=[
                (_("Title"), about.title),
                (_("Paragraph"), position.paragraph or _("The complete text")),
            ],
            quoted=QuotedText(_("Reason, in your delegation’s own words"), position.text, position.lang),
            what=_(
                "%(state)s objects. The text is not adopted, and the procedure ends for all the States to which the "
                "text was submitted. Number of States: %(count)s.",
                state=state,
                count=context.localizer.format_number(len(procedure.addressees)),
            ),
            button=_("Break silence on behalf of %(state)s", state=state),
            action=f"{here}/position",
            back=f"{here}/position",
            fields=fields,
            is_form=True,
        ),
    )


def _list_paragraph_choices(shown: ShownText | None) -> list[tuple[int, str]]:
    """List the numbers of the paragraphs of the text, each with its first words. Another one can be typed: a text may
    have numbers of its own, such as 12 bis."""
    paragraphs = shown.beginning.paragraphs if shown else ()
    return [
        (number, words if len(words) <= MAX_FIRST_WORDS else f"{words[:MAX_FIRST_WORDS]}…")
        for number, words in enumerate(paragraphs, start=1)
    ]


def _render_page(
    context: ReadContext,
    procedure: SilenceProcedure,
    entry: ParsedForm[NewSilencePosition],
    refusal: DomainError | None = None,
    language: str = "",
) -> Response:
    """Render the form. What a colleague of the same delegation saved meanwhile is shown above the typed values."""
    procedure = get_visible_procedure(context.session, context.actor, procedure.id)
    mine = find_position(context.session, procedure, context.actor.entity)
    about = load_silence_summary(context.session, procedure, context.language)
    shown = load_procedure_text(context.session, about, (language, context.language))
    return context.render(
        "web/silence/position.html",
        about=about,
        shown=shown,
        paragraphs=_list_paragraph_choices(shown),
        state=EntityName(context.actor.entity),
        stances=[(stance, SILENCE_POSITION_LABELS[stance][1], hint) for stance, hint in SILENCE_STANCE_HINTS.items()],
        language_choices=LANGUAGE_CHOICES,
        positions_shown_to=get_position_audience_label(procedure),
        mine=mine,
        mine_words=SILENCE_POSITION_LABELS[mine.stance][1] if mine else None,
        **build_form_page_values(entry, refusal),
    )
