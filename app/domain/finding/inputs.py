"""What may be asked of a list of documents: filters, all at once, and the order."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from app.core.inputs import Input, Language

Region = Literal["A", "B", "C", "D", "E"]
Status = Literal["standing", "revised", "withdrawn", "void"]
Sort = Literal["number", "-number", "date", "-date", "source", "-source", "title", "-title"]


class Wanted(Input):
    """Filters. `item` is an agenda item, or `none` for what stands under none; `since` the reader's last visit."""

    type: Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,8}$")] | None = None
    source: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = None
    region: Region | None = None
    item: UUID | Literal["none"] | None = None
    language: Language | None = None
    status: Status | None = None
    since: Literal["visit"] | None = None
    sort: Sort | None = None


@dataclass(frozen=True, slots=True)
class Within:
    """Where to look: everywhere, or among the documents of a meeting (of `body`, numbered `scope`)."""

    body: UUID | None = None
    scope: str | None = None
    came_last_at: datetime | None = None
