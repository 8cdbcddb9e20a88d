"""Saving while somebody types: the form is sent as it is, and a short answer says which version is saved now."""

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from app.domain.contributions.models import Contribution


def is_quiet(request: Request) -> bool:
    """Whether the page itself sent the form, while its reader goes on typing."""
    return request.headers.get("accept") == "application/json"


def kept(saved: Contribution) -> Response:
    """What is saved now: the next save of the same form is made on this version."""
    return JSONResponse({"version": saved.version})
