"""Has a clean copy made by the service that opens files, and trusts only the form of its answer."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import BinaryIO, Final

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from app.core.cleaning.removals import CleaningObstacle, RemovalKind
from app.core.errors import Conflict, Unavailable
from app.core.file_service.client import TaskError, TaskFailure, run_task
from app.core.file_service.fair_slots import ALONE
from app.core.file_service.tasks import CLEAN
from app.core.i18n import lazy_gettext as _

MAX_REPORT_BYTES: Final = 4096
WAIT_SECONDS: Final = 30
CANNOT_BE_CLEANED = _(
    "No clean copy can be made of this file, which was not changed. Remove what should not be disclosed in the "
    "program that made it, and upload the new file."
)
CLEANING_BUSY = _("Many files are being received at the moment. Nothing was changed. Try again in a few minutes.")


class CleaningReport(BaseModel):
    """What was taken out of a file, by kind, or why no copy is made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    removed: dict[RemovalKind, PositiveInt] = Field(default_factory=dict)
    obstacle: CleaningObstacle | None = None

    @property
    def counts(self) -> dict[str, int]:
        """How many pieces of each kind, by the stored name of the kind."""
        return {kind.value: count for kind, count in self.removed.items()}


@dataclass(frozen=True, slots=True)
class CleanCopy:
    """A clean copy, not inspected yet, and what was left out."""

    report: CleaningReport
    file: BinaryIO


@contextmanager
def open_clean_copy(source: BinaryIO, *, party: str = ALONE) -> Iterator[CleanCopy]:
    """Context manager: have a clean copy made of a file that was accepted.

    `party` is the State or organisation whose file it is. Raises Conflict if none can be made, Unavailable if others
    are first.
    """
    with TemporaryFile() as answer:
        try:
            run_task(CLEAN, source, answer, wait=WAIT_SECONDS, party=party)
            report = _take_report(answer)
        except TaskError as error:
            if error.failure is TaskFailure.BUSY:
                raise Unavailable(CLEANING_BUSY) from None
            raise Conflict(CANNOT_BE_CLEANED) from None
        except ValidationError:
            raise Conflict(CANNOT_BE_CLEANED) from None
        yield CleanCopy(report, answer)


def _take_report(answer: BinaryIO) -> CleaningReport:
    """Read what was left out from the last line, and cut it off, so that the copy alone is left. Raises
    ValidationError."""
    length = answer.seek(0, os.SEEK_END)
    answer.seek(max(0, length - MAX_REPORT_BYTES))
    _, line_end, line = answer.read().rpartition(b"\n")
    report = CleaningReport.model_validate_json(line if line_end else b"")
    answer.truncate(max(0, length - len(line) - 1))
    answer.seek(0)
    return report
