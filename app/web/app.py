"""Build the portal application: routers, middleware, probes, and the checks at start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import structlog
from anyio import fail_after, to_thread
from fastapi import FastAPI, Request
from starlette.types import ASGIApp

from app.core.database.schema_revision import PORTAL_HISTORY, SchemaOutdated
from app.core.db import transaction
from app.core.errors import DomainError, Unavailable
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalReaction
from app.core.observability.event_loop import sample_event_loop
from app.core.observability.metrics import ProcessMetrics
from app.core.observability.tracing import start_tracing
from app.domain.rights import list_permissions_without_seat
from app.http.authentication import SignedInGuard, set_unguarded_page_context
from app.http.body_rules import list_body_rules
from app.http.error_pages import install_error_pages
from app.http.observability.metrics import MetricsMiddleware, route_template
from app.http.observability.telemetry import NO_TELEMETRY
from app.http.observability.tracing import TracingMiddleware
from app.http.portal_state import PortalState, get_portal_state, open_portal_state
from app.http.probes import add_probe_routes
from app.http.recent_sign_in import install_recent_sign_in_pages
from app.http.route_guards import AllowAnyone, require_guards
from app.http.security_headers import SecurityHeadersMiddleware
from app.http.security_txt import add_security_txt_route
from app.http.server_state import TEMPLATE_FOLDER
from app.http.session_precheck import SessionPrecheckMiddleware
from app.http.shutdown import GracefulShutdown
from app.http.static_files import StaticAssets
from app.http.templates import PageTemplates
from app.settings import Settings
from app.web.flash_messages import FLASH_MESSAGES
from app.web.forms.checked_acts import CHECKED_ACTS
from app.web.routers import ModuleRouter, list_routers

MAX_FORM_SIZE = 1024 * 1024  # bytes
SERVICE_NAME = "cwg-portal"
READINESS_TIMEOUT = 3.0  # seconds until a readiness probe is answered

log = structlog.get_logger()


def create_app(settings: Settings, react: JournalReaction | None = None) -> ASGIApp:
    """Create the portal as an ASGI application.

    Raises ValueError on a weak secret or a missing provider, RuntimeError on a route without a guard.
    """
    return wrap_in_security_headers(build_fastapi_app(settings, react), settings)


def wrap_in_security_headers(app: FastAPI, settings: Settings) -> SecurityHeadersMiddleware:
    """Wrap the application in the middleware that sets security headers."""
    return SecurityHeadersMiddleware(
        app,
        public_url=settings.portal_url,
        form_targets=[get_url_origin(settings.oidc_issuer)],
        shutdown=app.state.stopping,
    )


def build_fastapi_app(settings: Settings, react: JournalReaction | None = None) -> FastAPI:
    """Build the FastAPI application without its outermost layer. Raises as `create_app`."""
    settings.require_portal_settings()
    assets = StaticAssets()
    pages = PageTemplates(
        TEMPLATE_FOLDER,
        side="portal",
        public_url=settings.portal_url,
        assets=assets,
        secretariat_mail=settings.secretariat_mail,
        flash_messages=FLASH_MESSAGES,
        checked_acts=CHECKED_ACTS,
    )
    portal, stopping = open_portal_state(settings, react, pages, assets), GracefulShutdown(settings.drain_seconds)
    tracer, meters = start_tracing(settings.traces, SERVICE_NAME), ProcessMetrics()
    meters.use_for_files()
    for pool, engine in portal.pools.items():
        meters.watch_pool(pool, engine)

    @asynccontextmanager
    async def lifespan(served: FastAPI) -> AsyncIterator[None]:
        state: PortalState = served.state.portal
        state.database_health.start()
        async with stopping.watch_signals(state.notifier.close), sample_event_loop(meters):
            yield
        state.close()
        await to_thread.run_sync(tracer.close)

    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # an address has one form; a redirect would repeat the code of a sign-in
        lifespan=lifespan,
        max_body_size=settings.largest_file + MAX_FORM_SIZE,
        telemetry=NO_TELEMETRY,
    )
    app.state.portal, app.state.stopping, app.state.meters = portal, stopping, meters
    install_error_pages(app, pages, set_unguarded_page_context, note_refusal)
    install_recent_sign_in_pages(app, pages)
    for router in list_routers():
        app.include_router(ModuleRouter(router))
    add_probe_routes(app, assets, stopping, report_readiness)
    add_security_txt_route(app, settings.security_contact_uri, settings.portal_url)
    require_guards(app, AllowAnyone, SignedInGuard)
    app.add_middleware(
        SessionPrecheckMiddleware,
        rules=list_body_rules(app, list_permissions_without_seat()),
        largest_form=MAX_FORM_SIZE,
        largest_file=settings.largest_file,
    )
    app.add_middleware(MetricsMiddleware, meters=meters, kind=route_template)
    if settings.traces:
        app.add_middleware(TracingMiddleware, traces=tracer)
        for engine in portal.engines:
            tracer.trace_engine(engine)
    return app


async def note_refusal(request: Request, error: DomainError) -> None:
    """Write a line if a signed-in person was refused."""
    await get_portal_state(request).refusals.note_error(request, error)


async def report_readiness(request: Request) -> str:
    """Report that the database answers and has all migrations, and the store answers, within `READINESS_TIMEOUT`
    seconds even if they hang.

    The check runs in threads of its own, two at most. Raises Unavailable if one does not answer.
    """
    portal = get_portal_state(request)
    try:
        with fail_after(READINESS_TIMEOUT):
            await to_thread.run_sync(_check_dependencies, portal, abandon_on_cancel=True, limiter=portal.probe_limiter)
    except Exception as error:
        log.warning("not-ready", why=str(error) if isinstance(error, SchemaOutdated) else type(error).__name__)
        raise Unavailable(_("The database or the file storage is not responding.")) from error
    return "ready\n"


def _check_dependencies(portal: PortalState) -> None:
    """Check the database, its schema and the store. Raises ConnectionError, or the error of the one that fails."""
    if portal.database_health.is_lost():
        raise ConnectionError
    with transaction(portal.read_sessions) as session:
        PORTAL_HISTORY.require_current(session.connection())
    portal.store.check_available()


def get_url_origin(url: str) -> str:
    """Return scheme and host of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
