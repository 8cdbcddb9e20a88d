"""The position of a State in a silence procedure: taken by its delegates, changed until the deadline."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core.errors import DomainError
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.silence import queries, rules
from app.domain.silence.actions import procedure as silence
from app.domain.silence.inputs import NewSilencePosition
from app.domain.silence.models import SilencePosition, SilenceProcedure
from app.http.authentication import EntityName, SignedInGuard
from app.http.labels import SILENCE_POSITION_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_form
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import LANGUAGE_CHOICES, ParsedForm, RejectRepeatedFields, VersionField
from app.web.views.silence.silence import get_position_audience_label, load_silence_summary

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

TAKE_POSITION_GUARDS = [Depends(SignedInGuard(rules.TAKE_POSITION))]
SILENCE_STANCE_HINTS: Mapping[str, LazyText] = {
    "breaks": _("The text is not adopted, and the procedure ends immediately. This cannot be undone."),
    "supports": _("You may give a reason."),
    "explanation": _("Your statement is attached to the text if it is adopted."),
    "reservation": _("Your statement is attached to the text if it is adopted."),
    "non_association": _("Your statement is attached to the text if it is adopted."),
}


class SilencePositionForm(BaseModel):
    """Form of a position as typed."""

    stance: str = ""
    paragraph: str = ""
    text: str = ""
    lang: str = ""


@router.get("/silence/{procedure}/position", dependencies=TAKE_POSITION_GUARDS)
def show_silence_position_form(context: ReadContext, procedure: UUID) -> Response:
    """Show the form for the position of the actor's State."""
    procedure_row = queries.get_visible_procedure(context.session, context.actor, procedure)
    rules.TAKE_POSITION.require(
        context.actor, queries.get_procedure_rule_subject(context.session, procedure_row, context.actor.entity)
    )
    mine = queries.find_position(context.session, procedure_row, context.actor.entity)
    return _render_page(context, procedure_row, prefill_form(_read_position(mine, context.language)))


@router.post("/silence/{procedure}/position", dependencies=TAKE_POSITION_GUARDS)
def take_silence_position(
    context: WriteContext, procedure: UUID, form: Annotated[SilencePositionForm, Form()], version: VersionField = 0
) -> Response:
    """Save the position of the actor's State."""
    procedure_row = queries.get_visible_procedure(context.session, context.actor, procedure)
    rules.TAKE_POSITION.require_rule_on_actor(
        context.actor, queries.get_procedure_rule_subject(context.session, procedure_row, context.actor.entity)
    )
    return submit_form(
        context,
        NewSilencePosition,
        form.model_dump(),
        action=lambda position: silence.take_position(
            context.session, context.actor, procedure_row, position, version=version
        ),
        render=partial(_render_page, context, procedure_row),
        done=f"/silence/{procedure_row.id}?done=position",
    )


def _read_position(mine: SilencePosition | None, language: str) -> SilencePositionForm:
    if mine is None:
        return SilencePositionForm(lang=language)
    return SilencePositionForm(stance=mine.stance, paragraph=mine.paragraph, text=mine.text, lang=mine.lang)


def _render_page(
    context: ReadContext,
    procedure: SilenceProcedure,
    entry: ParsedForm[NewSilencePosition],
    refusal: DomainError | None = None,
) -> Response:
    """Render the form. What a colleague of the same delegation saved meanwhile is shown above the typed values."""
    procedure = queries.get_visible_procedure(context.session, context.actor, procedure.id)
    mine = queries.find_position(context.session, procedure, context.actor.entity)
    return context.render(
        "web/silence/position.html",
        about=load_silence_summary(context.session, procedure, context.language),
        state=EntityName(context.actor.entity),
        stances=[
            (stance, words, SILENCE_STANCE_HINTS[stance])
            for stance, (_ignored, words) in SILENCE_POSITION_LABELS.items()
        ],
        language_choices=LANGUAGE_CHOICES,
        positions_shown_to=get_position_audience_label(procedure),
        mine=mine,
        mine_words=SILENCE_POSITION_LABELS[mine.stance][1] if mine else None,
        **build_form_page_values(entry, refusal),
    )
