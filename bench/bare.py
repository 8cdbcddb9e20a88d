"""The least that FastAPI can do: one page that never changes, of a given size. Served as our own applications are."""

import os

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from app.server.run import ShutdownTimeouts, freeze_startup_objects, run_server


def make() -> FastAPI:
    """The application, in one of several processes."""
    app, page = FastAPI(docs_url=None, redoc_url=None, openapi_url=None), "x" * int(os.environ["BARE_SIZE"])

    @app.get("/outputs")
    async def outputs() -> HTMLResponse:
        return HTMLResponse(page)

    freeze_startup_objects()
    return app


if __name__ == "__main__":
    port, workers = int(os.environ["BARE_PORT"]), int(os.environ["BARE_WORKERS"])
    run_server("bench.bare:make", "127.0.0.1", port, workers, ShutdownTimeouts(0, 1))
