"""HTTP application of the witness. It needs no database and nothing of the portal, so it can run anywhere."""

import re
from argparse import Namespace
from pathlib import Path
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi import Path as InPath
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool

from app.asgi.guards import Anyone, insist_on_guards
from app.asgi.telemetry import NO_TELEMETRY
from app.core.signing import Signer
from app.domain.ledger.notes import LARGEST, Verifier
from app.settings import Settings
from app.witness.judging import Answer, Witness
from app.witness.memory import Memory

SIZE_TYPE = "text/x.tlog.size"
TEXT = "text/plain; charset=utf-8"
NAME = re.compile("[0-9a-f]{64}")


def witness_of(settings: Settings) -> Witness:
    """Build the witness from the settings. Raises ValueError if key, name or ledgers are missing."""
    settings.insist_on_secrets("witness_key")
    if not settings.witness_name:
        raise ValueError("CWG_WITNESS_NAME is empty: give the witness a name, such as witness.example.org/w1")
    if not settings.witnessed:
        raise ValueError("CWG_WITNESSED is empty: name the verifier keys of the ledgers that are watched")
    signer = Signer.of(settings.witness_name, settings.witness_key.get_secret_value())
    watched = [Verifier.read(key) for key in settings.witnessed]
    return Witness(settings.witness_name, signer, watched, Memory(Path(settings.witness_store)))


def create_app(witness: Witness) -> FastAPI:
    """Create the application with its two routes: submit a checkpoint, and read the last one."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, max_body_size=LARGEST, telemetry=NO_TELEMETRY)

    @app.post("/add-checkpoint", dependencies=[Depends(Anyone())])
    async def add_checkpoint(request: Request) -> Response:
        """Cosign a submitted checkpoint."""
        body = await request.body()
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return answered(Answer(400))
        return answered(await run_in_threadpool(witness.add, text))

    @app.get("/{name}/checkpoint", dependencies=[Depends(Anyone())])
    def checkpoint(name: Annotated[str, InPath(pattern="^[0-9a-f]{64}$")]) -> Response:
        """Return the last checkpoint of a ledger, by the SHA-256 of its origin."""
        note = witness.memory.note(name)
        return answered(Answer(404) if note is None else Answer(200, note))

    insist_on_guards(app, Anyone)
    return app


def answered(answer: Answer) -> Response:
    """Convert the answer of the witness to an HTTP response."""
    media = SIZE_TYPE if answer.is_size else TEXT
    return PlainTextResponse(answer.text, answer.status, media_type=media, headers={"Cache-Control": "no-store"})


def serve(settings: Settings, asked: Namespace) -> int:
    """Print the verifier key, for the portal's settings, and serve until SIGTERM or SIGINT."""
    witness = witness_of(settings)
    print(witness.verifier.text, flush=True)
    app = create_app(witness)
    uvicorn.run(
        app, host=asked.host, port=asked.port, ws="none", access_log=False, log_config=None, server_header=False
    )
    return 0
