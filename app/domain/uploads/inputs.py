"""Input of a new upload."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.validation import InputModel


class NewUpload(InputModel):
    """Announcement of a file for a body; size in bytes. If `sha256` is given, the complete file must match it."""

    body: UUID
    name: Annotated[str, Field(min_length=1, max_length=1000)]
    size: Annotated[int, Field(ge=1, le=2**31 - 1)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
