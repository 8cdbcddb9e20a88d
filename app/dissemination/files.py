"""The released files, byte for byte as they were adopted."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from app.asgi.files import download
from app.dissemination.catalogue import text_in
from app.dissemination.library import TheLibrary
from app.dissemination.outputs import Slug
from app.dissemination.readers import ReadersOnly

router = APIRouter()
# The bytes never change, but the right to them may end, with the session or the membership: the browser may keep a
# copy, and asks each time whether it may still use it. No cache in between may keep one.
CACHING = "private, no-cache"


@router.get("/outputs/{slug}/files/{language}", name="file", dependencies=[Depends(ReadersOnly())])
def file(slug: Slug, language: Annotated[str, Path(max_length=2)], request: Request, library: TheLibrary) -> Response:
    """The text in one language, under a name made of its symbol."""
    output = library.keeper.catalogue().one(slug)
    text = text_in(output, language)
    library.proof.insist(text)
    return download(request, library.store, sha256=text.sha256, media=text.media, name=text.name, caching=CACHING)
