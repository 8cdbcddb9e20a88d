"""The position of a State in a silence procedure: taken by its delegates, changed until the deadline."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.errors import Conflict
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import savepoint
from app.domain.silence import queries, rules
from app.domain.silence.actions import procedure as actions
from app.domain.silence.inputs import NewSilencePosition
from app.domain.silence.models import SilencePosition, SilenceProcedure
from app.http.authentication import EntityName, SignedInFor
from app.http.labels import SILENCE_POSITION_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.parsing import LANGUAGE_CHOICES, RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.views.silence.silence import load_silence_summary

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

TAKE_POSITION_GUARDS = [Depends(SignedInFor(rules.TAKE_POSITION))]
SILENCE_STANCE_HINTS: Mapping[str, LazyText] = {
    "breaks": _("The text is not adopted, and the procedure ends at once. This cannot be taken back."),
    "supports": _("You may say why."),
    "explanation": _("Your words go with the text if it is adopted."),
    "reservation": _("Your words go with the text if it is adopted."),
    "non_association": _("Your words go with the text if it is adopted."),
}


def silence_position_form_fields(
    stance: TextField = "", paragraph: TextField = "", text: TextField = "", lang: TextField = ""
) -> dict[str, str]:
    """Return the form fields of a position as typed."""
    return {"stance": stance, "paragraph": paragraph, "text": text, "lang": lang}


SilencePositionFormFields = Annotated[dict[str, str], Depends(silence_position_form_fields)]


@router.get("/silence/{procedure}/position", dependencies=TAKE_POSITION_GUARDS)
def show_silence_position_form(context: ReadContext, procedure: UUID) -> Response:
    """Show the form for the position of the actor's State."""
    procedure_row = queries.get_visible_procedure(context.session, context.actor, procedure)
    rules.TAKE_POSITION.require(
        context.actor, queries.get_procedure_state(context.session, procedure_row, context.actor.entity)
    )
    mine = queries.find_position(context.session, procedure_row, context.actor.entity)
    return _render_page(
        context,
        procedure_row,
        _current_form_fields(mine, context.language),
    )


@router.post("/silence/{procedure}/position", dependencies=TAKE_POSITION_GUARDS)
def take_silence_position(
    context: WriteContext, procedure: UUID, typed: SilencePositionFormFields, version: VersionField = 0
) -> Response:
    """Save the position of the actor's State."""
    procedure_row = queries.get_visible_procedure(context.session, context.actor, procedure)
    rules.TAKE_POSITION.require_actor(
        context.actor, queries.get_procedure_state(context.session, procedure_row, context.actor.entity)
    )
    entry = parse_form(NewSilencePosition, typed)
    if entry.value is None:
        return _render_page(context, procedure_row, typed, errors=entry.errors)
    try:
        with savepoint(context.session):
            actions.take_position(context.session, context.actor, procedure_row, entry.value, version=version)
    except Conflict as error:
        return _render_page(context, procedure_row, typed, refused=error.reason)
    return context.redirect(f"/silence/{procedure_row.id}?done=position")


def _current_form_fields(mine: SilencePosition | None, language: str) -> dict[str, str]:
    if mine is None:
        return {"stance": "", "paragraph": "", "text": "", "lang": language}
    return {"stance": mine.stance, "paragraph": mine.paragraph, "text": mine.text, "lang": mine.lang}


def _render_page(
    context: ReadContext,
    procedure: SilenceProcedure,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, LazyText] | None = None,
    refused: LazyText | None = None,
) -> Response:
    """Render the form. What a colleague of the same delegation saved meanwhile is shown above the typed values."""
    procedure = queries.get_visible_procedure(context.session, context.actor, procedure.id)
    mine = queries.find_position(context.session, procedure, context.actor.entity)
    return context.render(
        "web/silence/position.html",
        status=409 if refused else 400 if errors else 200,
        about=load_silence_summary(context.session, procedure, context.language),
        state=EntityName(context.actor.entity),
        stances=[
            (stance, words, SILENCE_STANCE_HINTS[stance])
            for stance, (_ignored, words) in SILENCE_POSITION_LABELS.items()
        ],
        language_choices=LANGUAGE_CHOICES,
        mine=mine,
        mine_words=SILENCE_POSITION_LABELS[mine.stance][1] if mine else None,
        typed=typed,
        errors=errors or {},
        refused=refused,
    )
