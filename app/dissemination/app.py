"""The application of the read path: its routes and middleware, and the checks that stop its start.

Runs as a separate process.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from app.core.errors import Unavailable
from app.core.i18n import lazy_gettext as _
from app.core.observability.event_loop import sample_event_loop
from app.core.observability.metrics import ProcessMetrics
from app.dissemination import (
    citations,
    downloads,
    feeds,
    help,
    json_api,
    outputs,
    public_keys,
    reports,
    sign_in,
    verification,
    withdrawn,
)
from app.dissemination.catalogue import NotInCatalogue
from app.dissemination.feeds import FeedKeyGuard
from app.dissemination.metrics import CatalogueMetrics
from app.dissemination.oai import routes as oai
from app.dissemination.reader_sessions import (
    PublicCatalogueGuard,
    ReaderCatalogueGuard,
    not_in_catalogue_response,
    set_reader_page_context,
)
from app.dissemination.response_cache import ResponseCacheMiddleware
from app.dissemination.search import routes
from app.dissemination.state import ReadPathState, get_read_path_state, open_read_path_state
from app.dissemination.tombstones import WithdrawnOutputRequested
from app.http.error_pages import install_error_pages
from app.http.observability.metrics import MetricsMiddleware, route_kind
from app.http.observability.telemetry import NO_TELEMETRY
from app.http.probes import add_probe_routes
from app.http.route_guards import AllowAnyone, require_guards
from app.http.security_headers import SecurityHeadersMiddleware
from app.http.security_txt import add_security_txt_route
from app.http.server_state import TEMPLATE_FOLDER
from app.http.shutdown import GracefulShutdown
from app.http.static_files import StaticAssets
from app.http.templates import PageTemplates
from app.settings import Settings

# Files first, as they are requested most; then search, whose answers are not cached; then routes with a file ending,
# since `x.json` is not an output of that name.
ROUTERS = (
    *(downloads, routes, verification, json_api, citations, outputs, withdrawn, reports),
    *(feeds, oai, help, public_keys, sign_in),
)
MAX_FORM_BYTES = 64 * 1024
MAX_LISTED_FAULTS = 100  # faults listed by /readyz


def create_app(settings: Settings) -> ASGIApp:
    """Create the read path as an ASGI application.

    Raises ValueError on a weak secret or a missing database role, RuntimeError on a route without a guard.
    """
    return wrap_in_security_headers(create_inner_app(settings), settings)


def wrap_in_security_headers(app: FastAPI, settings: Settings) -> SecurityHeadersMiddleware:
    """Wrap the application in the middleware that sets security headers."""
    issuer = urlsplit(settings.read_path_provider()[0])
    return SecurityHeadersMiddleware(
        app,
        public_url=settings.read_url,
        form_targets=[f"{issuer.scheme}://{issuer.netloc}"],
        shutdown=app.state.stopping,
    )


def create_inner_app(settings: Settings) -> FastAPI:
    """Create the FastAPI application inside the security headers middleware."""
    assets = StaticAssets()
    templates = PageTemplates(
        TEMPLATE_FOLDER,
        side="reading",
        public_url=settings.read_url,
        assets=assets,
        secretariat_mail=settings.secretariat_mail,
    )
    state, stopping = open_read_path_state(settings, templates, assets), GracefulShutdown(settings.drain_seconds)
    meters = ProcessMetrics()
    catalogue_metrics = CatalogueMetrics(meters.registry)

    @asynccontextmanager
    async def lifespan(served: FastAPI) -> AsyncIterator[None]:
        state: ReadPathState = served.state.read_path
        state.refresher.start()
        async with stopping.watch_signals(), sample_event_loop(meters, partial(catalogue_metrics.sample, state)):
            yield
        state.refresher.stop()
        state.engine.dispose()
        state.ended_sessions.close()

    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # an address has one form; a redirect would repeat the code of a sign-in
        lifespan=lifespan,
        max_body_size=MAX_FORM_BYTES,
        telemetry=NO_TELEMETRY,
    )
    app.state.read_path, app.state.stopping = state, stopping
    app.add_middleware(ResponseCacheMiddleware)
    app.state.meters = meters
    meters.watch_pool("reading", state.engine)
    meters.watch_pool("sessions", state.ended_sessions.engine)
    app.add_middleware(MetricsMiddleware, meters=meters, kind=route_kind)
    install_error_pages(app, templates, set_reader_page_context)
    app.add_exception_handler(WithdrawnOutputRequested, withdrawn.tombstone_response)
    app.add_exception_handler(NotInCatalogue, not_in_catalogue_response)
    for module in ROUTERS:
        app.include_router(module.router)
    add_probe_routes(app, assets, stopping, report_readiness)
    add_security_txt_route(app, settings.security_contact_uri, settings.read_url)
    require_guards(app, AllowAnyone, ReaderCatalogueGuard, PublicCatalogueGuard, FeedKeyGuard)
    return app


async def report_readiness(request: Request) -> str:
    """Report that a catalogue is loaded and the store answers; the database may be down. Faults of single outputs are
    listed below; everything else is served. The route is public, so outputs appear by number only.

    Raises Unavailable if no catalogue is loaded or the store does not answer.
    """
    return await run_in_threadpool(_format_readiness, get_read_path_state(request))


def _format_readiness(state: ReadPathState) -> str:
    try:
        catalogues = state.refresher.get_catalogues()
        state.store.check_available()
    except Exception as error:
        raise Unavailable(_("The database or the file storage is not responding.")) from error
    faults = [
        f"{'public manifest' if catalogue.is_public else 'manifest'} {fault.number}: {fault.kind.value}"
        for catalogue in catalogues.values()
        for fault in catalogue.faults
    ]
    damaged = [f"a file is not as it was signed: {sha256}" for sha256 in sorted(state.file_integrity.damaged)]
    return "\n".join(["ready", *faults[:MAX_LISTED_FAULTS], *damaged, ""])
