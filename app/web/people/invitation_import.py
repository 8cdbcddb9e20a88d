"""Import of invitations from a table: focal points, heads of delegation and delegates of a body."""

from functools import partial

from fastapi import APIRouter, Depends, Response

from app.core.i18n import LANGUAGES, NATIVE_NAMES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.spreadsheets.rows import RowStatus
from app.domain.bodies import rules
from app.domain.bodies.models import REPRESENTATIVES, Body, Capacity
from app.domain.invitations.actions.inviting import import_invitation
from app.domain.invitations.inputs import NewInvitation
from app.domain.invitations.rules import digest_address
from app.http.authentication import SignedInGuard
from app.http.exports.csv_export import csv_response
from app.http.labels import ROLE_LABELS
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
from app.web.forms.term_fields import NO_PERSON, build_default_term_dates, get_body_with_visible_people

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

GUARDS = [Depends(SignedInGuard(rules.ACCREDIT))]
LANGUAGE_NAMES = {code: LazyText(NATIVE_NAMES[code]) for code in LANGUAGES}
COLUMNS = (
    ImportColumn("entity", _("State"), is_entity=True),
    ImportColumn("name", _("Name"), is_required=True),
    ImportColumn("email", _("E-mail address"), is_required=True),
    ImportColumn("capacity", _("Role"), choices={str(each): ROLE_LABELS[each] for each in REPRESENTATIVES}),
    ImportColumn("from_on", _("First day")),
    ImportColumn("until_on", _("Last day")),
    ImportColumn("language", _("Language of the e-mail"), choices=LANGUAGE_NAMES),
)


@router.get("/people/{body}/import", dependencies=GUARDS)
def show_invitation_import(context: ReadContext, body: str) -> Response:
    """Show the form of an import."""
    return _render(context, _get_body(context, body), ImportPage(COLUMNS))


@router.get("/people/{body}/import/template.csv", dependencies=GUARDS)
def download_invitation_template(context: ReadContext, body: str) -> Response:
    """Download a table with the headings and one example."""
    _get_body(context, body)
    term = build_default_term_dates(years=1)
    role = ROLE_LABELS[Capacity.DELEGATE].translate(context.language)
    example = (
        *(find_example_entity(context.actor), "Amina Otieno", "amina.otieno@example.org", role),
        *(term["from_on"], term["until_on"], context.language),
    )
    return csv_response(build_template_rows(COLUMNS, context.language, example), "people.csv")


@router.post("/people/{body}/import", dependencies=GUARDS)
def preview_invitation_import(context: WriteContext, body: str, offered: OfferedTable) -> Response:
    """Show what each row would do; nothing is kept."""
    body_row = _get_body(context, body)
    return preview_table(context, _plan_import(context, body_row), offered, render=partial(_render, context, body_row))


@router.post("/people/{body}/import/confirm", dependencies=GUARDS)
def import_invitations(context: WriteContext, body: str, rows: TextField = "") -> Response:
    """Invite everybody in the table that was previewed, or no one."""
    body_row = _get_body(context, body)
    return import_table(
        context,
        _plan_import(context, body_row),
        rows,
        render=partial(_render, context, body_row),
        done=f"/people/{body_row.code}?done=imported#invitations",
    )


def _get_body(context: ReadContext, code: str) -> Body:
    """Return a body in which the actor may accredit. Raises NotFound, Forbidden."""
    body = get_body_with_visible_people(context.session, context.actor, code)
    grant = rules.AccreditationOrOffice(body.id, context.actor.entity, NO_PERSON, Capacity.DELEGATE)
    rules.ACCREDIT.require(context.actor, grant)
    return body


def _plan_import(context: WriteContext, body: Body) -> TableImport[NewInvitation]:
    """Plan the import of people invited to roles in a body."""
    defaults = {
        "entity": context.actor.entity,
        "capacity": Capacity.DELEGATE,
        "language": context.language,
        **build_default_term_dates(years=1),
    }

    def complete(row: ImportRow) -> dict[str, object]:
        return {**defaults, **{name: value for name, value in row.values.items() if value}}

    def build_key(row: ImportRow) -> object:
        values = complete(row)
        return values["entity"], values["capacity"], digest_address(str(values.get("email", "")))

    def act(_row: ImportRow, new: NewInvitation) -> RowStatus:
        return import_invitation(context.session, context.actor, body, new)

    return TableImport(COLUMNS, NewInvitation, complete, build_key, act)


def _render(context: ReadContext, body: Body, page: ImportPage) -> Response:
    """Render the form, or the preview of a table."""
    return context.render("web/people/import.html", status=page.status, body=body, page=page)
