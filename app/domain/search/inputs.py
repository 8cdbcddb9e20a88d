"""Filters and sort orders of lists of documents and proposals."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from app.core.search.query_parser import MAX_QUERY_LENGTH
from app.core.validation import InputModel, LanguageCode
from app.domain.bodies.inputs import BodyCode

RegionCode = Literal["A", "B", "C", "D", "E"]
DocumentStatusFilter = Literal["standing", "revised", "withdrawn", "void"]
SourceCode = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]{1,80}$")]
DocumentSort = Literal["number", "-number", "date", "-date", "source", "-source", "title", "-title"]


class DocumentListFilter(InputModel):
    """Filters of a list of documents. `item` is an agenda item, or `none`; `since` the reader's last visit."""

    words: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]+$", max_length=MAX_QUERY_LENGTH)] | None = None
    group: BodyCode | None = None
    type: Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,8}$")] | None = None
    source: SourceCode | None = None
    region: RegionCode | None = None
    item: UUID | Literal["none"] | None = None
    topic: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")] | None = None
    mandate: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}(/[0-9]{4}-[a-z0-9-]{1,80})?$")] | None = None
    action_line: Annotated[str, StringConstraints(pattern=r"^C[0-9]{1,2}(-[a-z]{1,10})?$")] | None = None
    question: Annotated[str, StringConstraints(pattern=r"^Q[0-9]{1,3}/[0-9]{1,3}$")] | None = None
    language: LanguageCode | None = None
    status: DocumentStatusFilter | None = None
    since: Literal["visit"] | None = None
    sort: DocumentSort | None = None


class ProposalFilter(InputModel):
    """Filters of a list of proposals; `none` is for those without a mark."""

    source: SourceCode | None = None
    kind: Literal["ADD", "MOD", "SUP", "NOC", "none"] | None = None


@dataclass(frozen=True, slots=True)
class DocumentSearchScope:
    """The documents to search: all, or those of a meeting (of `body`, numbered `scope`).

    `came_last_at` is the reader's last visit.
    """

    body: UUID | None = None
    scope: str | None = None
    came_last_at: datetime | None = None
