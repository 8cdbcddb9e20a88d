"""What is said of a file before it is sent."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.inputs import Input


class NewUpload(Input):
    """Which file, for which body. `sha256` may be left out; what is said there is insisted on."""

    body: UUID
    name: Annotated[str, Field(min_length=1, max_length=1000)]
    size: Annotated[int, Field(ge=1, le=2**31 - 1)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
