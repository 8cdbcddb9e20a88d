"""`/.well-known/security.txt`: whom to tell of a weakness (RFC 9116)."""

from datetime import UTC, timedelta
from typing import Final

from fastapi import Depends, FastAPI
from fastapi.responses import PlainTextResponse, Response

from app.core import clock
from app.core.errors import NotFound
from app.core.i18n import LANGUAGES
from app.http.route_guards import AllowAnyone

PATH: Final = "/.well-known/security.txt"
VALIDITY: Final = timedelta(days=180)
"""Until when a copy may be used; the RFC advises less than a year."""


def add_security_txt_route(app: FastAPI, contact: str, public_url: str) -> None:
    """Add the route. `contact` is a URI (`mailto:`, `https:`); without one the page does not exist."""

    @app.get(PATH, dependencies=[Depends(AllowAnyone())])
    async def show_security_txt() -> Response:
        """Say whom to tell of a weakness. Raises NotFound if no contact is set."""
        if not contact:
            raise NotFound()
        return PlainTextResponse(format_security_txt(contact, public_url))


def format_security_txt(contact: str, public_url: str) -> str:
    """Format the file, which expires at a whole hour after `VALIDITY`."""
    expires = (clock.now() + VALIDITY).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    fields = {
        "Contact": contact,
        "Expires": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Preferred-Languages": ", ".join(LANGUAGES),
        "Canonical": public_url + PATH,
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items())
