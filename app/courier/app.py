"""HTTP application of the courier, for the worker alone: a request names an https address, and is carried there once.

It stores nothing and decides nothing: what is sent was signed before, and who sends it again after a crash sends the
same bytes. So it may be ended at any instant.
"""

from argparse import Namespace
from asyncio import Semaphore
from base64 import b64encode
from typing import Final

import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from app.core.exchange.courier_client import ADDRESS_FIELD, CARRIED_FIELDS, MAX_CARRIED_BYTES
from app.core.exchange.public_https import PostFailed, PostOptions, create_tls_context, post_to_public_address
from app.courier_settings import CourierSettings
from app.http.observability.telemetry import NO_TELEMETRY
from app.http.route_guards import AllowAnyone, require_guards

AT_ONCE: Final = 4


def create_courier(options: PostOptions) -> FastAPI:
    """Create the application with its two routes: carry a request, and tell that it runs."""
    app = FastAPI(
        docs_url=None, redoc_url=None, openapi_url=None, max_body_size=MAX_CARRIED_BYTES, telemetry=NO_TELEMETRY
    )
    slots = Semaphore(AT_ONCE)

    @app.post("/carry", dependencies=[Depends(AllowAnyone())])
    async def carry_request(request: Request) -> Response:
        """Carry a request to its address; answers with status and body of the answer, or with the problem."""
        body = await request.body()
        fields = {name: request.headers[name] for name in CARRIED_FIELDS if name in request.headers}
        try:
            async with slots:
                answer = await post_to_public_address(request.headers.get(ADDRESS_FIELD, ""), fields, body, options)
        except PostFailed as failure:
            return JSONResponse({"problem": failure.problem.value})
        return JSONResponse({"status": answer.status, "body": b64encode(answer.body).decode()})

    @app.get("/healthz", dependencies=[Depends(AllowAnyone())])
    async def show_health() -> Response:
        """Tell that the courier runs."""
        return PlainTextResponse("ok\n")

    require_guards(app, AllowAnyone)
    return app


def serve_courier(args: Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    settings = CourierSettings()
    options = PostOptions(
        create_tls_context(settings.courier_authority),
        frozenset(filter(None, settings.courier_private_hosts.split(","))),
    )
    app = create_courier(options)
    uvicorn.run(app, host=args.host, port=args.port, ws="none", access_log=False, log_config=None, server_header=False)
    return 0
