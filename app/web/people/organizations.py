"""The register of organizations: the list, the page of one with what it sent, and how the secretariat edits it."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Response

from app.core import clock
from app.core.errors import BadRequest, DomainError
from app.core.i18n import LazyText
from app.core.permissions import Actor, Permission
from app.domain.organization_inboxes import queries as inboxes
from app.domain.organizations import actions, queries, rules
from app.domain.organizations.inputs import NewOrganization, OrganizationEnd, OrganizationEntry, OrganizationFilter
from app.domain.organizations.models import Organization
from app.domain.search.inputs import DocumentListFilter, DocumentSearchScope
from app.domain.search.queries import document_filters
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.http.pagination import PageNumber
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.by_language import TextsByLanguageForm
from app.web.forms.list_queries import FilteredList, FilterParameters
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TypedForm, VersionField
from app.web.views.documents.lines import load_document_lines
from app.web.views.people.organizations import (
    ORGANIZATION_KIND_LABELS,
    build_organization_line,
    list_registered_names,
    sort_organization_lines,
)

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("confirmed"))])
LIST_PATH = "/organizations"
OrganizationFilters = Annotated[OrganizationFilter, Depends(FilterParameters(OrganizationFilter))]


class OrganizationForm(TextsByLanguageForm):
    """The entry of an organization: names in up to six languages, those confirmed, kind, contact and first day."""

    kind: str = ""
    confirmed: tuple[str, ...] = ()
    contact: str = ""
    address: str = ""
    from_on: str = ""


class NewOrganizationForm(OrganizationForm):
    """The fields of a new organization."""

    code: str = ""


class OrganizationEndForm(TypedForm):
    """The last day of an organization."""

    until_on: str = ""


EMPTY_FORM = NewOrganizationForm().typed


@router.get("/organizations", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_organization_list(context: ReadContext, filters: OrganizationFilters) -> Response:
    """Show the register, and to those who edit it the members that it lacks."""
    rules.SEE.require(context.actor, None)
    rows = queries.list_organizations(context.session, filters, clock.now().date())
    may_edit, language = rules.EDIT.allows(context.actor, None), context.language
    lines = [build_organization_line(row, language) for row in rows]
    return context.render(
        "web/organizations/list.html",
        listing=FilteredList(LIST_PATH, filters),
        lines=sort_organization_lines(lines, filters.words, language),
        kinds=list(ORGANIZATION_KIND_LABELS.items()),
        may_edit=may_edit,
        missing=queries.list_unregistered_members(context.session) if may_edit else (),
        kind_labels=ORGANIZATION_KIND_LABELS,
    )


@router.get("/organizations/new", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def show_new_organization_form(context: ReadContext, code: Annotated[str, Query(max_length=32)] = "") -> Response:
    """Show the form for a new organization, filled in with what is known of a member that the register lacks."""
    rules.EDIT.require(context.actor, None)
    known = queries.suggest_entry(context.session, code) if code else {}
    typed = {**EMPTY_FORM, **known}
    return _render_form(context, None, ParsedForm(typed, None, {}))


@router.post("/organizations", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def create_organization(context: WriteContext, form: Annotated[NewOrganizationForm, Form()]) -> Response:
    """Add an organization."""
    rules.EDIT.require(context.actor, None)
    return submit_form(
        context,
        NewOrganization,
        form.typed,
        action=lambda value: actions.create_organization(context.session, context.actor, value),
        render=partial(_render_form, context, None),
        done=lambda organization: f"/organizations/{organization.code}?done=organization-kept",
        refusals=(BadRequest,),
        refusal_at="code",
        whole_form_errors_at=context.language,
    )


@router.get("/organizations/{organization}", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_organization(context: ReadContext, organization: str, page_number: PageNumber) -> Response:
    """Show an organization and what it sent that the reader may see. Raises NotFound."""
    rules.SEE.require(context.actor, None)
    row = queries.get_organization(context.session, organization)
    sent = document_filters.select_documents(context.actor, DocumentSearchScope(), DocumentListFilter(source=row.code))
    return context.render(
        "web/organizations/show.html",
        organization=row,
        line=build_organization_line(row, context.language),
        names=list_registered_names(row),
        moves=_list_moves(context.actor, row),
        inboxes=inboxes.list_current_inboxes(context.session, context.actor, row.code)
        if rules.EDIT.allows(context.actor, None)
        else (),
        documents=load_document_lines(context, sent, "-date", page_number, {}),
    )


def _list_moves(actor: Actor, organization: Organization) -> dict[str, LazyText]:
    """Return what this actor may do with the entry now, with labels."""
    permissions: dict[str, Permission[Any]] = {"edit": rules.EDIT, "end": rules.END, "restore": rules.RESTORE}
    return {name: each.label for name, each in permissions.items() if each.allows(actor, organization)}


@router.get("/organizations/{organization}/edit", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def show_edit_organization_form(context: ReadContext, organization: str) -> Response:
    """Show the form that changes the entry of an organization."""
    rules.EDIT.require(context.actor, None)
    row = queries.get_organization(context.session, organization)
    typed = {**EMPTY_FORM, **row.names, "kind": row.kind, "confirmed": tuple(row.confirmed), "contact": row.contact}
    typed |= {"address": row.address, "from_on": row.from_on.isoformat() if row.from_on else ""}
    return _render_form(context, row, ParsedForm(typed, None, {}))


@router.post("/organizations/{organization}", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def change_organization(
    context: WriteContext, organization: str, form: Annotated[OrganizationForm, Form()], version: VersionField = 0
) -> Response:
    """Change the entry of an organization."""
    rules.EDIT.require(context.actor, None)
    row = queries.get_organization(context.session, organization, lock=True)
    return submit_form(
        context,
        OrganizationEntry,
        form.typed,
        action=lambda entry: actions.change_organization(context.session, context.actor, row, entry, version=version),
        render=partial(_render_form, context, row),
        done=f"/organizations/{row.code}?done=organization-kept",
        refusals=(BadRequest,),
        refusal_at="from_on",
        whole_form_errors_at=context.language,
    )


@router.get("/organizations/{organization}/end", dependencies=[Depends(SignedInGuard(rules.END))])
def show_end_organization_form(context: ReadContext, organization: str) -> Response:
    """Show the form that ends an organization."""
    row = queries.get_organization(context.session, organization)
    rules.END.require(context.actor, row)
    return _render_end_form(context, row, ParsedForm({"until_on": clock.now().date().isoformat()}, None, {}))


@router.post("/organizations/{organization}/end", dependencies=[Depends(SignedInGuard(rules.END))])
def end_organization(
    context: WriteContext, organization: str, form: Annotated[OrganizationEndForm, Form()], version: VersionField = 0
) -> Response:
    """End an organization on a day."""
    rules.EDIT.require(context.actor, None)
    row = queries.get_organization(context.session, organization, lock=True)
    return submit_form(
        context,
        OrganizationEnd,
        form.typed,
        action=lambda end: actions.end_organization(context.session, context.actor, row, end, version=version),
        render=partial(_render_end_form, context, row),
        done=f"/organizations/{row.code}?done=organization-kept",
        refusals=(BadRequest,),
        refusal_at="until_on",
    )


@router.post("/organizations/{organization}/restore", dependencies=[Depends(SignedInGuard(rules.RESTORE))])
def restore_organization(context: WriteContext, organization: str) -> Response:
    """Put an ended organization in force again."""
    rules.EDIT.require(context.actor, None)
    row = queries.get_organization(context.session, organization, lock=True)
    actions.restore_organization(context.session, context.actor, row)
    return context.redirect(f"/organizations/{row.code}?done=organization-kept")


def _render_form(
    context: ReadContext, organization: Organization | None, entry: ParsedForm[Any], refusal: DomainError | None = None
) -> Response:
    """Render the form of an organization, a new one if it is None."""
    return context.render(
        "web/organizations/edit.html",
        status=get_form_http_status(entry, refusal),
        organization=organization,
        typed={**EMPTY_FORM, **entry.typed},
        errors=entry.errors,
        kinds=list(ORGANIZATION_KIND_LABELS.items()),
    )


def _render_end_form(
    context: ReadContext, organization: Organization, entry: ParsedForm[Any], refusal: DomainError | None = None
) -> Response:
    return context.render(
        "web/organizations/end.html",
        status=get_form_http_status(entry, refusal),
        organization=organization,
        line=build_organization_line(organization, context.language),
        typed=entry.typed,
        errors=entry.errors,
    )
