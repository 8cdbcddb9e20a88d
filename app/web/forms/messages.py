"""Values for the page of a form: filled in before it is sent, or as it was typed, with everything that is wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from app.core.errors import Conflict, DomainError
from app.core.i18n import LazyText
from app.web.forms.actions import get_form_http_status
from app.web.forms.parsing import ParsedForm


def prefill_form(form: BaseModel) -> ParsedForm[Any]:
    """Return a form that was not sent yet, with these values in its fields."""
    return ParsedForm(form.model_dump(), None, {})


def order_errors(errors: Mapping[str, LazyText], fields: Sequence[str]) -> dict[str, LazyText]:
    """Return the errors in the order in which a form has its fields; those of other fields last."""
    places = {name: place for place, name in enumerate(fields)}
    return dict(sorted(errors.items(), key=lambda error: places.get(error[0], len(places))))


def build_form_page_values(
    entry: ParsedForm[Any], refusal: DomainError | None = None, *, field: str | None = None
) -> dict[str, Any]:
    """Return the values that every page of a form hands to `render`: status, typed values, errors and the refusal.

    If a field is named, a refusal other than a Conflict is shown there: what was typed in it cannot be taken.
    """
    errors = dict(entry.errors)
    status = get_form_http_status(entry, refusal)
    if field and refusal and not isinstance(refusal, Conflict):
        errors[field] = refusal.reason
        refusal = None
    return {
        "status": status,
        "typed": entry.typed,
        "errors": errors,
        "refusal": refusal.reason if refusal else None,
    }
