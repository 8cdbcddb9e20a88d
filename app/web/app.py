"""Build the portal application: routers, middleware, probes, and the checks at start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from urllib.parse import urlsplit

from anyio import fail_after, to_thread
from fastapi import Depends, FastAPI, Path, Request, Response
from fastapi.responses import PlainTextResponse
from sqlalchemy import text
from starlette.types import ASGIApp

from app.asgi.actors import Asks, recognise
from app.asgi.forms import SAFE
from app.asgi.guards import Anyone, guarded_routes, insist_on_guards
from app.asgi.headers import Headers
from app.asgi.house import TEMPLATES, House, TheHouse, build
from app.asgi.metering import Metering, template
from app.asgi.pages import Pages
from app.asgi.refusals import answer_refusals
from app.asgi.static import Assets
from app.asgi.stopping import Stopping
from app.asgi.telemetry import NO_TELEMETRY
from app.asgi.threshold import Threshold
from app.asgi.tracing import Tracing
from app.asgi.words import DONE
from app.core.db import transaction
from app.core.errors import Unavailable
from app.core.i18n import say
from app.core.journal import React
from app.core.meters import Meters
from app.core.traces import traces
from app.settings import Settings
from app.web import (
    act_receipts,
    action_points,
    adoption,
    agenda_editor,
    agenda_releases,
    agendas,
    alone,
    calendars,
    circulations,
    comment_answers,
    comments,
    condition,
    contributions,
    covers,
    decisions,
    differences,
    document_acts,
    document_lists,
    documents,
    draft_edits,
    drafts,
    exports,
    floor,
    floor_chair,
    floor_decisions,
    floor_events,
    follow_ups,
    forwarding,
    help,
    home,
    item_proposals,
    joint,
    late,
    ledger,
    letters,
    meeting_life,
    meetings,
    offices,
    output_completing,
    output_drafts,
    output_releases,
    output_translations,
    outputs,
    participants,
    people,
    plan,
    practical,
    proposals,
    public_documents,
    reading,
    receipts,
    record,
    register,
    registration,
    report_acts,
    report_templates,
    reports,
    search,
    sessions,
    sign_in,
    silence,
    silence_positions,
    statements,
    states,
    topics,
    translations,
    uploads,
    verification,
    withdrawals,
)

ROOMS = (
    home,
    sign_in,
    help,
    meetings,
    meeting_life,
    sessions,
    practical,
    participants,
    agendas,
    alone,
    agenda_editor,
    agenda_releases,
    item_proposals,
    plan,
    calendars,
    letters,
    floor,
    floor_events,
    floor_chair,
    floor_decisions,
    reports,
    report_acts,
    report_templates,
    action_points,
    contributions,
    registration,
    late,
    decisions,
    draft_edits,
    drafts,
    joint,
    act_receipts,
    receipts,
    verification,
    record,
    ledger,
    document_lists,
    exports,
    search,
    documents,
    document_acts,
    proposals,
    topics,
    public_documents,
    register,
    translations,
    follow_ups,
    reading,
    differences,
    covers,
    output_drafts,
    output_completing,
    output_releases,
    output_translations,
    withdrawals,
    alone,
    forwarding,
    outputs,
    circulations,
    comments,
    comment_answers,
    silence,
    silence_positions,
    statements,
    adoption,
    people,
    condition,
    offices,
    states,
    uploads,
)
LARGEST_FORM = 1024 * 1024  # bytes
SERVICE = "cwg-portal"
TO_BE_READY = 3.0  # seconds until a readiness probe is answered


def create_app(settings: Settings, react: React | None = None) -> ASGIApp:
    """Create the portal as an ASGI application.

    Raises ValueError on a weak secret or a missing provider, RuntimeError on a route without a guard.
    """
    return dressed(make(settings, react), settings)


def dressed(app: FastAPI, settings: Settings) -> Headers:
    """Wrap the application in the middleware that sets security headers."""
    return Headers(
        app,
        public_url=settings.portal_url,
        form_targets=[origin_of(settings.oidc_issuer)],
        stopping=app.state.stopping,
    )


def make(settings: Settings, react: React | None = None) -> FastAPI:
    """Build the FastAPI application without its outermost layer. Raises as `create_app`."""
    settings.insist_on_portal()
    assets = Assets()
    pages = Pages(
        TEMPLATES,
        side="portal",
        public_url=settings.portal_url,
        assets=assets,
        secretariat_mail=settings.secretariat_mail,
        done=DONE,
    )
    house, stopping = build(settings, react, pages, assets), Stopping()
    tracer = traces(settings.traces, SERVICE)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        house.pulse.start()
        with stopping.heard(house.bell.hang_up):
            yield
        house.close()
        await to_thread.run_sync(tracer.close)

    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        max_body_size=settings.largest_file + LARGEST_FORM,
        telemetry=NO_TELEMETRY,
    )
    app.state.house, app.state.stopping, meters = house, stopping, Meters()
    for pool, engine in (("reading", house.engine), ("writing", house.writing_engine)):
        meters.watch(pool, engine)
    answer_refusals(app, pages, recognise)
    for module in ROOMS:
        app.include_router(module.router)
    add_machines_routes(app)
    insist_on_guards(app, Anyone, Asks)
    app.add_middleware(Threshold, open_to_all=open_addresses(app), largest_form=LARGEST_FORM)
    app.add_middleware(Metering, meters=meters, kind=template)
    if settings.traces:
        app.add_middleware(Tracing, traces=tracer)
        for engine in (house.engine, house.writing_engine, house.side_engine):
            tracer.watch(engine)
    return app


def open_addresses(app: FastAPI) -> frozenset[str]:
    """List the paths to which anybody may send a writing request: the back-channel logout of the OIDC provider."""
    routes = guarded_routes(app, Anyone)
    return frozenset(str(route.path) for route, guard in routes if guard and not route.methods <= SAFE)


def add_machines_routes(app: FastAPI) -> None:
    """Add the routes for static files (`/static`), liveness (`/healthz`) and readiness (`/readyz`)."""

    @app.get("/static/{name}", name="static", dependencies=[Depends(Anyone())])
    def static(name: Annotated[str, Path(max_length=80)], request: Request, house: TheHouse) -> Response:
        """Send a static file."""
        return house.assets.answer(request, name)

    @app.get("/healthz", name="healthz", dependencies=[Depends(Anyone())])
    def healthz() -> Response:
        """Say that the process is alive."""
        return PlainTextResponse("alive\n")

    @app.get("/readyz", name="readyz", dependencies=[Depends(Anyone())])
    async def readyz(request: Request, house: TheHouse) -> Response:
        """Say whether database and store answer, within `READINESS_TIMEOUT` seconds even if they hang.

        The check runs in threads of its own, two at most. Raises Unavailable while stopping or if one does not answer.
        """
        stopping: Stopping = request.app.state.stopping
        stopping.insist_on_staying()
        try:
            with fail_after(TO_BE_READY):
                await to_thread.run_sync(_check_dependencies, house, abandon_on_cancel=True, limiter=house.probing)
        except Exception as error:
            raise Unavailable(say("The database or the store does not answer.")) from error
        return PlainTextResponse("ready\n")


def _check_dependencies(house: House) -> None:
    """Check that database and store answer. Raises ConnectionError, or the error of the one that fails."""
    if house.pulse.is_lost():
        raise ConnectionError
    with transaction(house.read) as session:
        session.execute(text("SELECT 1"))
    house.store.answers()


def origin_of(address: str) -> str:
    """Return scheme and host of a URL."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
