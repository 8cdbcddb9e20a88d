"""Autosave of a form while somebody types: it is posted as it is, and a short JSON answer names the saved version."""

from fastapi import Request, Response
from fastapi.responses import JSONResponse


def is_autosave_request(request: Request) -> bool:
    """Whether the script of the page sent the form, rather than a button."""
    return request.headers.get("accept") == "application/json"


def build_autosave_response(version: int) -> Response:
    """Build the answer with the saved version, on which the next save of the form is based."""
    return JSONResponse({"version": version})
