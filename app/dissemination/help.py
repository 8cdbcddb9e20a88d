"""The help page: who may read, how to check a file by hand, what is known about readers."""

from fastapi import APIRouter, Depends, Request, Response

from app.asgi.guards import Anyone
from app.dissemination.library import TheLibrary
from app.dissemination.readers import MaybeReader

router = APIRouter()


@router.get("/help", name="help", dependencies=[Depends(Anyone())])
def help_page(request: Request, library: TheLibrary, reader: MaybeReader) -> Response:  # noqa: ARG001 - for the masthead
    """Show the help page to everybody."""
    minutes = library.settings.read_session_minutes
    return library.pages.show(request, "dissemination/help.html", minutes=minutes)
