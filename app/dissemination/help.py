"""The help page: who may read, how to check a file by hand, what is known about readers."""

from fastapi import APIRouter, Depends, Request, Response

from app.dissemination.reader_sessions import OptionalReader
from app.dissemination.state import ReadPath
from app.http.route_guards import AllowAnyone

router = APIRouter()


@router.get("/help", dependencies=[Depends(AllowAnyone())])
def show_help_page(request: Request, state: ReadPath, reader: OptionalReader) -> Response:  # noqa: ARG001 - for the masthead
    """Show the help page to everybody."""
    minutes = state.settings.read_session_minutes
    return state.templates.render_response(request, "dissemination/help.html", minutes=minutes)
