"""Has an archive or an XLIFF file that was handed in read by the service for untrusted files, and trusts only the form
of the answer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from tempfile import TemporaryFile
from typing import Annotated, BinaryIO, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.core.file_service.client import TaskError, TaskFailure, read_task, run_task
from app.core.file_service.fair_slots import ALONE
from app.core.file_service.tasks import READ_XLIFF, UNPACK
from app.core.files.ingest import FileRefused
from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection.findings import MIB, Finding, FindingLevel, InspectionLimits
from app.core.inspection.report_schema import StoredFinding
from app.core.inspection.sandbox import InspectionBusy
from app.core.interchange.archive import HEADER_LENGTH
from app.core.interchange.xliff import EXPORT_AGAIN

MAX_FILES_OF_ARCHIVE: Final = 200
MAX_UNPACKED_BYTES: Final = 192 * MIB
MAX_HEADER_BYTES: Final = MIB
ARCHIVE_LIMITS: Final = InspectionLimits(
    max_entries=2 * MAX_FILES_OF_ARCHIVE, max_unpacked_bytes=MAX_UNPACKED_BYTES, ratio_checked_above=16 * MIB
)
PACK_AGAIN = _("Pack the files again into an ordinary ZIP file, or upload the files themselves.")


@dataclass(frozen=True, slots=True)
class XliffItem:
    """One of several titles in an XLIFF file: whose it is, the source, and its translation or an empty text."""

    name: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class XliffReading:
    """What an XLIFF file says: the key that it was given when it left, one of the six languages, and the title; or the
    titles of several items, with the language from which they are translated."""

    key: str
    language: str | None
    title: str
    source_language: str | None = None
    items: tuple[XliffItem, ...] = ()


@dataclass(frozen=True, slots=True)
class UnpackedFile:
    """A file of an archive, and where it is in `content`."""

    name: str
    size: int
    offset: int
    content: BinaryIO


class AnswerModel(BaseModel):
    """Base of the answers: strict, without extra fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class XliffItemAnswer(AnswerModel):
    """One of several titles in the answer of the task that reads XLIFF."""

    name: Annotated[str, Field(max_length=200)]
    source: Annotated[str, Field(max_length=1_000)]
    target: Annotated[str, Field(max_length=1_000)]


class XliffAnswer(AnswerModel):
    """Answer of the task that reads XLIFF."""

    refusal: StoredFinding | None = None
    key: Annotated[str, Field(max_length=200)] = ""
    language: Annotated[str, Field(max_length=20)] = ""
    title: Annotated[str, Field(max_length=1_000)] = ""
    source_language: Annotated[str, Field(max_length=20)] = ""
    items: Annotated[list[XliffItemAnswer], Field(max_length=3_000)] = []


class PackedFileAnswer(AnswerModel):
    """Name and size of one file of an archive."""

    name: Annotated[str, Field(max_length=1_000)]
    size: Annotated[int, Field(ge=0, le=MAX_UNPACKED_BYTES)]


class ArchiveAnswer(AnswerModel):
    """Header of the answer of the task that unpacks an archive."""

    refusal: StoredFinding | None = None
    files: Annotated[list[PackedFileAnswer], Field(max_length=2 * MAX_FILES_OF_ARCHIVE)] = []


def read_xliff_file(source: BinaryIO, *, party: str = ALONE) -> XliffReading:
    """Read an XLIFF file. Raises FileRefused with the reason, or Unavailable."""
    try:
        answer = XliffAnswer.model_validate_json(read_task(READ_XLIFF, source, party=party))
    except (TaskError, ValidationError) as error:
        raise _build_failure(error, _("The XLIFF file could not be read."), EXPORT_AGAIN) from None
    if answer.refusal:
        raise _build_refusal(answer.refusal.to_finding())
    return XliffReading(
        answer.key,
        _find_language(answer.language),
        answer.title,
        _find_language(answer.source_language),
        tuple(XliffItem(each.name, each.source, each.target) for each in answer.items),
    )


def _find_language(tag: str) -> str | None:
    """Find the one of the six languages that a language tag means; None for another."""
    language = tag.replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else None


@contextmanager
def open_archive(source: BinaryIO, *, party: str = ALONE) -> Iterator[list[UnpackedFile]]:
    """Context manager: unpack an archive; its files can be read until the end of the block. Raises FileRefused with the
    reason, or Unavailable."""
    with TemporaryFile() as answer:
        try:
            run_task(UNPACK, source, answer, json.dumps(asdict(ARCHIVE_LIMITS)).encode(), party=party)
            header, start = _read_header(answer)
        except (TaskError, ValidationError) as error:
            raise _build_failure(error, _("The ZIP file could not be unpacked."), PACK_AGAIN) from None
        if header.refusal:
            found = header.refusal.to_finding()
            raise _build_refusal(Finding(found.level, found.what, found.where, PACK_AGAIN))
        yield list(_locate_files(header, answer, start))


def _read_header(answer: BinaryIO) -> tuple[ArchiveAnswer, int]:
    """Read the header of an unpacked archive, and where the files begin. Raises ValidationError."""
    answer.seek(0)
    raw = answer.read(HEADER_LENGTH.size)
    length = HEADER_LENGTH.unpack(raw)[0] if len(raw) == HEADER_LENGTH.size else 0
    return ArchiveAnswer.model_validate_json(answer.read(min(length, MAX_HEADER_BYTES))), HEADER_LENGTH.size + length


def _locate_files(header: ArchiveAnswer, content: BinaryIO, start: int) -> Iterator[UnpackedFile]:
    """Yield the files with their places, which follow each other."""
    for file in header.files:
        yield UnpackedFile(file.name, file.size, start, content)
        start += file.size


def _build_refusal(finding: Finding) -> FileRefused:
    """Build the error for what the confined process refused."""
    values = {"what": finding.what, "remedy": finding.remedy}
    reason = _("%(what)s %(remedy)s", **values)
    if finding.where:
        reason = _("%(what)s (%(where)s) %(remedy)s", where=finding.where, **values)
    return FileRefused(reason, (finding,))


def _build_failure(
    error: TaskError | ValidationError, what: LazyText, remedy: LazyText
) -> FileRefused | InspectionBusy:
    """Build the error for a task that was not done: a busy machine is not the fault of the file."""
    if isinstance(error, TaskError) and error.failure in (TaskFailure.BUSY, TaskFailure.CUT_OFF):
        return InspectionBusy()
    return _build_refusal(Finding(FindingLevel.REFUSED, what, "", remedy))
