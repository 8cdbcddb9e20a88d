"""Import of participants from a table: upload or paste, preview of each row, confirmation."""

from functools import partial
from types import MappingProxyType
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.i18n import lazy_gettext as _
from app.core.spreadsheets.rows import RowStatus
from app.domain.bodies.rules import is_secretary
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.participants import queries, rules
from app.domain.participants.actions import registration
from app.domain.participants.inputs import NewParticipant
from app.domain.participants.models import ITU_ENTITY, ParticipantCapacity, ParticipationMode
from app.http.authentication import SignedInGuard
from app.http.exports.csv_export import csv_response
from app.http.labels import PARTICIPANT_ROLE_LABELS, PARTICIPATION_MODE_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.parsing import RejectRepeatedFields, TextField
from app.web.forms.table_import import (
    ImportColumn,
    ImportPage,
    ImportRow,
    OfferedTable,
    TableImport,
    build_template_rows,
    find_example_entity,
    import_table,
    preview_table,
)
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

GUARDS = [Depends(SignedInGuard(rules.REGISTER))]
COLUMNS = (
    ImportColumn("entity", _("State"), is_entity=True),
    ImportColumn("name", _("Name"), is_required=True),
    ImportColumn("function", _("Function")),
    ImportColumn("capacity", _("Participates as"), choices=PARTICIPANT_ROLE_LABELS),
    ImportColumn("mode", _("On site or remote"), choices=PARTICIPATION_MODE_LABELS),
    ImportColumn("organization", _("Organization")),
)
PRESENT = ImportColumn("attended", _("Present"))  # in the list that is downloaded; attendance is noted by itself
DEFAULTS = MappingProxyType({"capacity": ParticipantCapacity.DELEGATE, "mode": ParticipationMode.ON_SITE})


@router.get("/meetings/{meeting}/participants/import", dependencies=GUARDS)
def show_participant_import(context: ReadContext, meeting: UUID) -> Response:
    """Show the form of an import."""
    return _render(context, _get_meeting(context, meeting), ImportPage(COLUMNS))


@router.get("/meetings/{meeting}/participants/import/template.csv", dependencies=GUARDS)
def download_participant_template(context: ReadContext, meeting: UUID) -> Response:
    """Download a table with the headings and one example."""
    _get_meeting(context, meeting)
    capacity, mode = (
        PARTICIPANT_ROLE_LABELS[DEFAULTS["capacity"]].translate(context.language),
        PARTICIPATION_MODE_LABELS[DEFAULTS["mode"]].translate(context.language),
    )
    example = (find_example_entity(context.actor), "Amina Otieno", "", capacity, mode, "")
    return csv_response(build_template_rows(COLUMNS, context.language, example), "participants.csv")


@router.post("/meetings/{meeting}/participants/import", dependencies=GUARDS)
def preview_participant_import(context: WriteContext, meeting: UUID, offered: OfferedTable) -> Response:
    """Show what each row would do; nothing is kept."""
    meeting_row = _get_meeting(context, meeting)
    return preview_table(
        context, _plan_import(context, meeting_row), offered, render=partial(_render, context, meeting_row)
    )


@router.post("/meetings/{meeting}/participants/import/confirm", dependencies=GUARDS)
def import_participants(context: WriteContext, meeting: UUID, rows: TextField = "") -> Response:
    """Import all rows of the table that was previewed, or none."""
    meeting_row = _get_meeting(context, meeting)
    return import_table(
        context,
        _plan_import(context, meeting_row),
        rows,
        render=partial(_render, context, meeting_row),
        done=f"/meetings/{meeting_row.id}/participants?done=imported",
    )


def _get_meeting(context: ReadContext, meeting: UUID) -> Meeting:
    """Return a meeting for which the actor may register participants. Raises NotFound, Forbidden, Conflict."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.REGISTER.require(context.actor, rules.build_delegation(meeting_row, context.actor.entity))
    return meeting_row


def _plan_import(context: WriteContext, meeting: Meeting) -> TableImport[NewParticipant]:
    """Plan the import of participants of a meeting."""
    registered = queries.index_participants(context.session, context.actor, meeting)
    is_of_secretariat = is_secretary.objection_to(context.actor, meeting) is None

    def find_entity(row: ImportRow) -> str:
        own = "" if is_of_secretariat else context.actor.entity
        return row.values.get("entity") or own

    def complete(row: ImportRow) -> dict[str, object]:
        given = {name: value for name, value in row.values.items() if name != "entity" and value}
        return {**DEFAULTS, **_find_capacity(find_entity(row)), **given}

    def build_key(row: ImportRow) -> object:
        values = row.values
        return queries.build_participant_key(find_entity(row), values.get("organization", ""), values.get("name", ""))

    def act(row: ImportRow, new: NewParticipant) -> RowStatus:
        return registration.import_participant(
            context.session, context.actor, meeting, find_entity(row), new, registered
        )

    return TableImport(COLUMNS, NewParticipant, complete, build_key, act, passed_over=(PRESENT,))


def _find_capacity(entity: str) -> dict[str, str]:
    """Return the capacity of those who can have only one: observers, who have no entity, and the secretariat."""
    only = {"": ParticipantCapacity.OBSERVER, ITU_ENTITY: ParticipantCapacity.SECRETARIAT}
    return {"capacity": only[entity]} if entity in only else {}


def _render(context: ReadContext, meeting: Meeting, page: ImportPage) -> Response:
    """Render the form, or the preview of a table."""
    return context.render(
        "web/participants/import.html",
        status=page.status,
        frame=build_meeting_frame(context.session, context.actor, meeting, "participants", context.language),
        page=page,
    )
