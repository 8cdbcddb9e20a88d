"""Static files, liveness and readiness: the routes that both applications have."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, FastAPI, Path, Request, Response
from fastapi.responses import PlainTextResponse

from app.http.route_guards import AllowAnyone
from app.http.shutdown import GracefulShutdown
from app.http.static_files import StaticAssets


def add_probe_routes(
    app: FastAPI,
    assets: StaticAssets,
    shutdown: GracefulShutdown,
    report_readiness: Callable[[Request], Awaitable[str]],
) -> None:
    """Add `/static`, `/healthz` and `/readyz`; `report_readiness` returns the text of the latter or raises
    Unavailable."""

    @app.get("/static/{name}", dependencies=[Depends(AllowAnyone())])
    def static(name: Annotated[str, Path(max_length=80)], request: Request) -> Response:
        """Send a static file."""
        return assets.asset_response(request, name)

    @app.get("/healthz", dependencies=[Depends(AllowAnyone())])
    def healthz() -> Response:
        """Say that the process is alive."""
        return PlainTextResponse("alive\n")

    @app.get("/readyz", dependencies=[Depends(AllowAnyone())])
    async def readyz(request: Request) -> Response:
        """Say whether the process can serve. Raises Unavailable if not, and while it is being stopped."""
        shutdown.require_running()
        return PlainTextResponse(await report_readiness(request))
