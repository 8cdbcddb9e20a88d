"""How the secretariat keeps mandates: new ones, their titles and versions, and what is retired."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, DomainError
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.mandates import actions, queries, rules
from app.domain.mandates.inputs import MandateTitles, NewMandate, NewMandateVersion
from app.domain.mandates.models import Mandate, MandateVersion
from app.domain.mandates.rules import format_designation
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, VersionField
from app.web.views.mandates.forms import TextsForm, parse_retirement
from app.web.views.mandates.words import KIND_LABELS, SOURCE_LABELS

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("confirmed"))])
DONE = "done=mandate-kept"


class MandateTitlesForm(TextsForm):
    """The fields of the title of a version."""

    web_address: str = ""


class NewVersionForm(MandateTitlesForm):
    """The fields of a new version."""

    place: str = ""
    year: str = ""


class NewMandateForm(NewVersionForm):
    """The fields of a new mandate."""

    code: str = ""
    source: str = ""
    kind: str = ""
    number: str = ""


HEADINGS: Mapping[str, LazyText] = {
    "new": _("Add a mandate"),
    "version": _("Add a new version"),
    "titles": _("Change or confirm the title"),
}


@router.get("/mandates/new", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def show_new_mandate_form(context: ReadContext) -> Response:
    """Show the form for a new mandate."""
    rules.EDIT.require(context.actor, None)
    return _render_form(context, "new", None, ParsedForm(NewMandateForm().typed, None, {}))


@router.post("/mandates", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def create_mandate(context: WriteContext, form: Annotated[NewMandateForm, Form()]) -> Response:
    """Add a mandate."""
    rules.EDIT.require(context.actor, None)
    return submit_form(
        context,
        NewMandate,
        form.typed,
        action=lambda new: actions.create_mandate(context.session, context.actor, new),
        render=partial(_render_form, context, "new", None),
        done=lambda mandate: f"/mandates/{mandate.code}?{DONE}",
        refusals=(BadRequest,),
        refusal_at="code",
        whole_form_errors_at=context.language,
    )


@router.get("/mandates/{mandate}/edit", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def show_titles_form(context: ReadContext, mandate: str) -> Response:
    """Show the form that changes or confirms the title of the version in force."""
    mandate_row = _get_mandate_to_edit(context, mandate)
    in_force = queries.list_versions(context.session, mandate_row)[0]
    return _render_form(context, "titles", mandate_row, ParsedForm(_type_version(in_force), None, {}))


@router.post("/mandates/{mandate}", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def rename_mandate(
    context: WriteContext, mandate: str, form: Annotated[MandateTitlesForm, Form()], version: VersionField = 0
) -> Response:
    """Change or confirm the title of the version in force."""
    mandate_row = _get_mandate_to_edit(context, mandate, lock=True)
    return submit_form(
        context,
        MandateTitles,
        form.typed,
        action=lambda new: actions.rename_mandate(context.session, context.actor, mandate_row, new, version=version),
        render=partial(_render_form, context, "titles", mandate_row),
        done=f"/mandates/{mandate_row.code}?{DONE}",
        refusals=(BadRequest,),
        refusal_at="en",
        whole_form_errors_at=context.language,
    )


@router.get("/mandates/{mandate}/versions/new", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def show_new_version_form(context: ReadContext, mandate: str) -> Response:
    """Show the form for a new version, with the title of the present one."""
    mandate_row = _get_mandate_to_edit(context, mandate)
    typed = _type_version(queries.list_versions(context.session, mandate_row)[0])
    typed |= {"place": "", "year": "", "web_address": "", "confirmed": ()}
    return _render_form(context, "version", mandate_row, ParsedForm(typed, None, {}))


@router.post("/mandates/{mandate}/versions/new", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def add_mandate_version(context: WriteContext, mandate: str, form: Annotated[NewVersionForm, Form()]) -> Response:
    """Add a version."""
    mandate_row = _get_mandate_to_edit(context, mandate, lock=True)
    return submit_form(
        context,
        NewMandateVersion,
        form.typed,
        action=lambda new: actions.add_mandate_version(context.session, context.actor, mandate_row, new),
        render=partial(_render_form, context, "version", mandate_row),
        done=f"/mandates/{mandate_row.code}?{DONE}",
        refusals=(BadRequest,),
        refusal_at="year",
        whole_form_errors_at=context.language,
    )


@router.post("/mandates/{mandate}/retire", dependencies=[Depends(SignedInGuard(rules.RETIRE))])
def retire_mandate(context: WriteContext, mandate: str, successor: Annotated[str, Form()] = "") -> Response:
    """Retire a mandate."""
    rules.EDIT.require(context.actor, None)
    mandate_row = queries.get_mandate(context.session, mandate, lock=True)
    actions.retire_mandate(context.session, context.actor, mandate_row, parse_retirement(successor))
    return context.redirect(f"/mandates/{mandate_row.code}?{DONE}")


@router.post("/mandates/{mandate}/restore", dependencies=[Depends(SignedInGuard(rules.RESTORE))])
def restore_mandate(context: WriteContext, mandate: str) -> Response:
    """Restore a retired mandate."""
    rules.EDIT.require(context.actor, None)
    mandate_row = queries.get_mandate(context.session, mandate, lock=True)
    actions.restore_mandate(context.session, context.actor, mandate_row)
    return context.redirect(f"/mandates/{mandate_row.code}?{DONE}")


def _get_mandate_to_edit(context: ReadContext, code: str, *, lock: bool = False) -> Mandate:
    """Return a mandate that this person may edit now. Raises Forbidden, NotFound, Conflict."""
    rules.EDIT.require(context.actor, None)
    mandate = queries.get_mandate(context.session, code, lock=lock)
    rules.EDIT.require(context.actor, mandate)
    return mandate


def _type_version(version: MandateVersion) -> dict[str, object]:
    """Return a version as values of its form."""
    return NewVersionForm().typed | {
        **version.titles,
        "confirmed": version.confirmed,
        "in_own_words": version.in_own_words,
        "web_address": version.address or "",
    }


def _render_form(
    context: ReadContext,
    what: str,
    mandate: Mandate | None,
    entry: ParsedForm[Any],
    refusal: DomainError | None = None,
) -> Response:
    """Render the form of a new mandate, of a new version, or of the title of the version in force."""
    here = f"/mandates/{mandate.code}" if mandate else "/mandates"
    return context.render(
        "web/mandates/edit.html",
        status=get_form_http_status(entry, refusal),
        what=what,
        heading=HEADINGS[what],
        mandate=mandate,
        name=format_designation(mandate) if mandate else None,
        here=here,
        action=f"{here}/versions/new" if what == "version" else here,
        sources=list(SOURCE_LABELS.items()),
        kinds=list(KIND_LABELS.items()),
        typed=entry.typed,
        errors=entry.errors,
    )
