"""The minimal FastAPI application: one constant page of a given size, served as our own applications are."""

import os

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from app.server.run import build_server_config, freeze_startup_objects, run_server


def make() -> FastAPI:
    """Build the application, in one of several processes."""
    app, page = FastAPI(docs_url=None, redoc_url=None, openapi_url=None), "x" * int(os.environ["BARE_SIZE"])

    @app.get("/outputs")
    async def outputs() -> HTMLResponse:
        return HTMLResponse(page)

    freeze_startup_objects()
    return app


if __name__ == "__main__":
    port, workers = int(os.environ["BARE_PORT"]), int(os.environ["BARE_WORKERS"])
    run_server(build_server_config("bench.bare:make", "127.0.0.1", port, workers, 1), 0)
