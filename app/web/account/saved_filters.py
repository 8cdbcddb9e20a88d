"""Save a filter of a list under a name, and delete it: from the list itself, to which both lead back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import DomainError
from app.domain.identity.actions import saved_filters
from app.domain.identity.inputs import FilterableList, NewSavedFilter
from app.domain.identity.rules import KEEP_FILTER
from app.http.authentication import SignedInGuard
from app.http.page_context import WriteContext
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TypedForm
from app.web.views.saved_filters import PAGES

router = APIRouter(dependencies=[Depends(SignedInGuard(KEEP_FILTER)), Depends(RejectRepeatedFields())])


class SavedFilterForm(TypedForm):
    """Form of a filter, as typed; list and query come from the page of the list."""

    list: FilterableList
    query: str = ""
    name: str = ""


@router.post("/filters")
def save_filter(context: WriteContext, form: Annotated[SavedFilterForm, Form()]) -> Response:
    """Save the filter, and return to the list; or show the form alone with what is wrong with the name."""
    page = PAGES[form.list]
    query = page.normalize_query(form.query)

    def render(entry: ParsedForm[NewSavedFilter], refusal: DomainError | None = None) -> Response:
        return context.render(
            "web/home/save_filter.html",
            status=get_form_http_status(entry, refusal),
            form=form,
            query=query,
            errors=entry.errors,
            refusal=refusal.reason if refusal else None,
            title=page.title,
            back=page.build_address(query),
        )

    return submit_form(
        context,
        NewSavedFilter,
        form.typed | {"query": query},
        action=lambda new: saved_filters.save_filter(context.session, context.actor, new),
        render=render,
        done=page.build_address(query, done="filter-saved"),
    )


@router.post("/filters/{saved_filter}/delete")
def delete_filter(context: WriteContext, saved_filter: UUID) -> Response:
    """Delete a filter of one's own, and return to the whole list."""
    filtered = saved_filters.delete_filter(context.session, context.actor, saved_filter)
    return context.redirect(PAGES[FilterableList(filtered)].build_address("", done="filter-deleted"))
