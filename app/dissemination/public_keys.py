"""The public keys that this process of the read path accepts, for anybody: the operator compares them with those of the
portal when a key is replaced."""

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from app.dissemination.state import ReadPath
from app.http.route_guards import AllowAnyone

router = APIRouter(dependencies=[Depends(AllowAnyone())])


@router.get("/keys.json")
async def get_public_keys_json(state: ReadPath) -> JSONResponse:
    """Return the keys by purpose, in the order of the lists."""
    content = {"portal": state.settings.portal_url, "keys": list(state.public_keys.describe_keys())}
    return JSONResponse(content, headers={"Cache-Control": "no-store"})
