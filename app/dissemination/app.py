"""The application of the read path: its routes and middleware, and the checks that stop its start.

Runs as a separate process.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Path, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.types import ASGIApp

from app.asgi.guards import Anyone, insist_on_guards
from app.asgi.headers import Headers
from app.asgi.metering import Metering, surface
from app.asgi.refusals import answer_refusals
from app.asgi.stopping import Stopping
from app.asgi.telemetry import NO_TELEMETRY
from app.core.errors import Unavailable
from app.core.i18n import say
from app.core.meters import Meters
from app.dissemination import citing, feeds, files, help, machines, outputs, search, sign_in, verifying, withdrawn
from app.dissemination.catalogue import NotHeld
from app.dissemination.copies import Copies
from app.dissemination.feeds import KeyHolders
from app.dissemination.library import TheLibrary, build
from app.dissemination.oai import door as oai
from app.dissemination.readers import Everybody, Readers, not_held, recognise
from app.dissemination.tombstones import IsWithdrawn
from app.settings import Settings

# Files first, as they are requested most; then search, whose answers are not cached; then routes with a file ending,
# since `x.json` is not an output of that name.
ROOMS = (files, search, verifying, machines, citing, outputs, withdrawn, feeds, oai, help, sign_in)
LARGEST_FORM = 64 * 1024
MOST_FAULTS = 100  # faults listed by /readyz


def create_app(settings: Settings) -> ASGIApp:
    """Create the read path as an ASGI application.

    Raises ValueError on a weak secret or a missing database role, RuntimeError on a route without a guard.
    """
    issuer = urlsplit(settings.reading_provider()[0])
    app = make(settings)
    return Headers(
        app,
        public_url=settings.read_url,
        form_targets=[f"{issuer.scheme}://{issuer.netloc}"],
        stopping=app.state.stopping,
    )


def make(settings: Settings) -> FastAPI:
    """Create the FastAPI application inside the security headers middleware."""
    state, stopping = build(settings), Stopping()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        state.keeper.start()
        with stopping.heard():
            yield
        state.keeper.stop()
        state.engine.dispose()

    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        max_body_size=LARGEST_FORM,
        telemetry=NO_TELEMETRY,
    )
    app.state.library, app.state.stopping = state, stopping
    app.add_middleware(Copies, library=state)
    app.state.meters = meters = Meters()
    meters.watch("reading", state.engine)
    app.add_middleware(Metering, meters=meters, kind=surface)
    answer_refusals(app, state.pages, recognise)
    app.add_exception_handler(IsWithdrawn, withdrawn.stands_there)
    app.add_exception_handler(NotHeld, not_held)
    for module in ROOMS:
        app.include_router(module.router)
    add_machines_routes(app)
    insist_on_guards(app, Anyone, Readers, Everybody, KeyHolders)
    return app


def add_machines_routes(app: FastAPI) -> None:
    """Add the routes of static files, liveness and readiness."""

    @app.get("/static/{name}", name="static", dependencies=[Depends(Anyone())])
    def static(name: Annotated[str, Path(max_length=80)], request: Request, state: TheLibrary) -> Response:
        return state.assets.answer(request, name)

    @app.get("/healthz", name="healthz", dependencies=[Depends(Anyone())])
    def healthz() -> Response:
        return PlainTextResponse("alive\n")

    @app.get("/readyz", name="readyz", dependencies=[Depends(Anyone())])
    def readyz(request: Request, state: TheLibrary) -> Response:
        """Report readiness: a catalogue is loaded and the store answers; the database may be down. Faults of single
        outputs are listed below; everything else is served. The route is public, so outputs appear by number only.

        Raises Unavailable if no catalogue is loaded or the store does not answer.
        """
        request.app.state.stopping.insist_on_staying()
        try:
            catalogues = state.keeper.catalogues()
            state.store.answers()
        except Exception as error:
            raise Unavailable(say("The database or the store does not answer.")) from error
        faults = [
            f"{'public manifest' if catalogue.is_public else 'manifest'} {fault.number}: {fault.wrong.value}"
            for catalogue in catalogues.values()
            for fault in catalogue.faults
        ]
        damaged = [f"a file is not as it was signed: {sha256}" for sha256 in sorted(state.proof.damaged)]
        return PlainTextResponse("\n".join(["ready", *faults[:MOST_FAULTS], *damaged, ""]))
