"""The read path: its routes, its outermost layer, and what stops the start. A process of its own."""

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

# Files first, as they are asked for most, then search, of which no answer is kept; then what ends like a file, since
# `x.json` is no output of that name.
ROOMS = (files, search, verifying, machines, citing, outputs, withdrawn, feeds, oai, help, sign_in)
LARGEST_FORM = 64 * 1024
MOST_FAULTS = 100  # are told one by one


def create_app(settings: Settings) -> ASGIApp:
    """The read path as an ASGI application.

    Raises ValueError on a weak secret or a missing database role, RuntimeError on a bare route.
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
    """The application inside the outermost layer."""
    library, stopping = build(settings), Stopping()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        library.keeper.start()
        with stopping.heard():
            yield
        library.keeper.stop()
        library.engine.dispose()

    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        max_body_size=LARGEST_FORM,
        telemetry=NO_TELEMETRY,
    )
    app.state.library, app.state.stopping = library, stopping
    app.add_middleware(Copies, library=library)
    app.state.meters = meters = Meters()
    meters.watch("reading", library.engine)
    app.add_middleware(Metering, meters=meters, kind=surface)
    answer_refusals(app, library.pages, recognise)
    app.add_exception_handler(IsWithdrawn, withdrawn.stands_there)
    app.add_exception_handler(NotHeld, not_held)
    for room in ROOMS:
        app.include_router(room.router)
    add_machines_routes(app)
    insist_on_guards(app, Anyone, Readers, Everybody, KeyHolders)
    return app


def add_machines_routes(app: FastAPI) -> None:
    """Style sheet, script, and whether we are alive and ready."""

    @app.get("/static/{name}", name="static", dependencies=[Depends(Anyone())])
    def static(name: Annotated[str, Path(max_length=80)], request: Request, library: TheLibrary) -> Response:
        return library.assets.answer(request, name)

    @app.get("/healthz", name="healthz", dependencies=[Depends(Anyone())])
    def healthz() -> Response:
        return PlainTextResponse("alive\n")

    @app.get("/readyz", name="readyz", dependencies=[Depends(Anyone())])
    def readyz(request: Request, library: TheLibrary) -> Response:
        """Ready is whoever holds a catalogue and its files; the database may be away. Below stands what is wrong with
        either: the rest is served. Everybody may ask, so outputs go by their number in the catalogue."""
        request.app.state.stopping.insist_on_staying()
        try:
            held = library.keeper.catalogues()
            library.store.answers()
        except Exception as error:
            raise Unavailable(say("The database or the store does not answer.")) from error
        faults = [
            f"{'public manifest' if each.is_public else 'manifest'} {fault.number}: {fault.wrong.value}"
            for each in held.values()
            for fault in each.faults
        ]
        damaged = [f"a file is not as it was signed: {sha256}" for sha256 in sorted(library.proof.damaged)]
        return PlainTextResponse("\n".join(["ready", *faults[:MOST_FAULTS], *damaged, ""]))
