"""Acts that need a recent sign-in: how old it may be, and how a person is asked to authenticate again.

RFC 9470 has this for APIs. Here a page says why; its link opens the requested page after the sign-in. A form that was
sent is shown again with what was typed, to be sent once more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import quote

from fastapi import FastAPI
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from app.core import clock
from app.core.errors import DomainError
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.http.csrf import SAFE_METHODS, TOKEN_FIELD
from app.http.templates import SIGNED_IN_AGAIN, PageTemplates
from app.settings import Settings

SIGN_IN_AGAIN_PATH = "/sign-in/again"
AFTER_SIGN_IN_PATH = f"/account?done={SIGNED_IN_AGAIN}"


@dataclass(frozen=True, slots=True)
class LastAuthentication:
    """When and in which class (`acr`) the person of a session authenticated; None if the provider did not say."""

    at: datetime | None
    acr: str | None


@dataclass(frozen=True, slots=True)
class RecentSignInPolicy:
    """How old a sign-in may be for acts that need a recent one, and its class; zero: no sign-in is too old."""

    max_age: timedelta
    acr: str = ""

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the policy of the settings."""
        return cls(timedelta(minutes=settings.step_up_minutes), settings.step_up_acr)

    @property
    def requested_max_age(self) -> int:
        """Seconds that are asked of the provider (`max_age`): half, so that the other half is left to fill in the form.

        An answer at the limit, with the leeway of the verifier, would otherwise be too old when it arrives.
        """
        return int(self.max_age.total_seconds()) // 2

    def accepts(self, last: LastAuthentication) -> bool:
        """Tell whether the last authentication is recent, and of the class that is required."""
        if not self.max_age:
            return True
        is_recent = last.at is not None and clock.now() - last.at <= self.max_age
        return is_recent and (not self.acr or last.acr == self.acr)


class RecentSignInRequired(DomainError):
    """The person is signed in, but authenticated too long ago for this act, or in another class.

    `act` is the label of the permission that the act needs.
    """

    status = 401

    def __init__(self, act: LazyText) -> None:
        super().__init__(
            _(
                "This action requires that you signed in within the last few minutes. You signed in earlier, "
                "or the sign-in service did not say when and how you signed in."
            )
        )
        self.act = act


def install_recent_sign_in_pages(app: FastAPI, templates: PageTemplates) -> None:
    """Answer every request that needs a recent sign-in with a page that says why, with the form that was sent."""

    async def on_recent_sign_in_required(request: Request, required: RecentSignInRequired) -> Response:
        return await _ask_for_recent_sign_in(templates, request, required)

    app.exception_handler(RecentSignInRequired)(on_recent_sign_in_required)


async def _ask_for_recent_sign_in(
    templates: PageTemplates, request: Request, required: RecentSignInRequired
) -> Response:
    """Say why, with a link to the sign-in that leads back to the page, or with the form that was sent.

    The form was checked before (`verify_csrf`), and nothing was done. Its text fields are sent again with a new token.
    """
    is_page = request.method in SAFE_METHODS
    return templates.render_response(
        request,
        "web/home/sign_in_again.html",
        status=required.status,
        act=required.act,
        reason=required.reason,
        sign_in=_sign_in_again_url(get_own_path(request) if is_page else AFTER_SIGN_IN_PATH),
        is_page=is_page,
        typed=[] if is_page else _list_typed_fields(await request.form()),
    )


def get_own_path(request: Request) -> str:
    """Return path and query of a request."""
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def _sign_in_again_url(next_path: str) -> str:
    return f"{SIGN_IN_AGAIN_PATH}?next={quote(next_path, safe='/')}"


def _list_typed_fields(form: FormData) -> list[tuple[str, str]]:
    return [(name, value) for name, value in form.multi_items() if name != TOKEN_FIELD and isinstance(value, str)]
