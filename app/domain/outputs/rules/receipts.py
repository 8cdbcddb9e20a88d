"""The facts of receipts about outputs: of adoption, of positions on their text, and of release (docs/receipts.md)."""

from collections.abc import Iterable
from typing import Any, Protocol

from app.core.inspection.display_names import name_pdf
from app.core.inspection.findings import PDF
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output, OutputFile
from app.domain.receipts.rules import FileInLanguage, build_file_facts


class TextWithPdf(FileInLanguage, Protocol):
    """A text in one language, and its PDF if it has one."""

    @property
    def pdf(self) -> str | None: ...
    @property
    def pdf_size(self) -> int | None: ...


def build_text_facts(text: TextWithPdf) -> dict[str, object]:
    """Return the facts of a text: of its file, and `pdf` with those of its PDF; absent if it has none, as in receipts
    from before texts had one."""
    facts = build_file_facts(text)
    if text.pdf is None:
        return facts
    own = {"media": PDF, "name": name_pdf(text.name), "sha256": text.pdf, "size": text.pdf_size}
    return facts | {"pdf": facts | own}


def build_output_facts(output: Output, body: Body, meeting: Meeting, files: Iterable[OutputFile]) -> dict[str, Any]:
    """Return the facts that both receipts of an output have in common. `files` are the adopted ones."""
    return {
        "body": {"code": body.code, "prefix": body.prefix},
        "files": list(map(build_text_facts, files)),
        "meeting": {"number": meeting.number, "zone": meeting.zone},
        "original": output.original,
        "output": str(output.id),
        "symbol": output.symbol,
        "text": output.text_digest,
        "titles": dict(output.titles),
    }
