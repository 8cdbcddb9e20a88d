"""HTTP application of the witness. It needs no database and nothing of the portal, so it can run anywhere."""

import re
from argparse import Namespace
from pathlib import Path
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi import Path as InPath
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.concurrency import run_in_threadpool

from app.core.signing import Signer
from app.domain.ledger.rules.signed_notes import MAX_NOTE_LENGTH, NoteVerifier
from app.http.observability.telemetry import NO_TELEMETRY
from app.http.route_guards import AllowAnyone, require_guards
from app.settings import Settings
from app.witness.cosigner import Witness, WitnessAnswer
from app.witness.store import CheckpointStore

SIZE_MEDIA_TYPE = "text/x.tlog.size"
TEXT_MEDIA_TYPE = "text/plain; charset=utf-8"
LEDGER_NAME_PATTERN = re.compile("[0-9a-f]{64}")


def create_witness(settings: Settings) -> Witness:
    """Build the witness from the settings. Raises ValueError if key, name or ledgers are missing."""
    settings.require_strong_secrets("witness_key")
    if not settings.witness_name:
        raise ValueError("CWG_WITNESS_NAME is empty: give the witness a name, such as witness.example.org/w1")
    if not settings.witnessed:
        raise ValueError("CWG_WITNESSED is empty: name the verifier keys of the ledgers that are watched")
    signer = Signer.from_secret(settings.witness_name, settings.witness_key.get_secret_value())
    watched = [NoteVerifier.parse_vkey(key) for key in settings.witnessed]
    return Witness(settings.witness_name, signer, watched, CheckpointStore(Path(settings.witness_store)))


def create_app(witness: Witness) -> FastAPI:
    """Create the application with its three routes: submit a checkpoint, read the last one, and list the keys."""
    app = FastAPI(
        docs_url=None, redoc_url=None, openapi_url=None, max_body_size=MAX_NOTE_LENGTH, telemetry=NO_TELEMETRY
    )

    @app.post("/add-checkpoint", dependencies=[Depends(AllowAnyone())])
    async def add_checkpoint(request: Request) -> Response:
        """Cosign a submitted checkpoint."""
        body = await request.body()
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return build_response(WitnessAnswer(400))
        return build_response(await run_in_threadpool(witness.add_checkpoint, text))

    @app.get("/{name}/checkpoint", dependencies=[Depends(AllowAnyone())])
    def checkpoint(name: Annotated[str, InPath(pattern="^[0-9a-f]{64}$")]) -> Response:
        """Return the last checkpoint of a ledger, by the SHA-256 of its origin."""
        note = witness.store.read_note(name)
        return build_response(WitnessAnswer(404) if note is None else WitnessAnswer(200, note))

    @app.get("/keys.json", dependencies=[Depends(AllowAnyone())])
    def get_watched_keys_json() -> Response:
        """List the keys of the ledgers that are watched, which are public."""
        keys = [{"origin": each.name, "public": each.key.text, "verifier": each.vkey} for each in witness.watched]
        return JSONResponse({"witness": witness.name, "keys": keys}, headers={"Cache-Control": "no-store"})

    require_guards(app, AllowAnyone)
    return app


def build_response(answer: WitnessAnswer) -> Response:
    """Convert the answer of the witness to an HTTP response."""
    media = SIZE_MEDIA_TYPE if answer.is_size else TEXT_MEDIA_TYPE
    return PlainTextResponse(answer.text, answer.status, media_type=media, headers={"Cache-Control": "no-store"})


def serve_witness(settings: Settings, args: Namespace) -> int:
    """Print the verifier key, for the portal's settings, and serve until SIGTERM or SIGINT."""
    witness = create_witness(settings)
    print(witness.verifier.vkey, flush=True)
    app = create_app(witness)
    uvicorn.run(app, host=args.host, port=args.port, ws="none", access_log=False, log_config=None, server_header=False)
    return 0
