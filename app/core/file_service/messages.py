"""What client and service say to each other: one JSON message for a request, with descriptors, and one for its end.

The descriptors of a request are the source (read), the arguments (read), the answer (written), and the socket on which
the service says how the task ended. Requests are messages of a Unix socket (SOCK_SEQPACKET).
"""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Final

from app.core.file_service.limits import TaskLimits

MAX_REQUEST_BYTES: Final = 8192
MAX_REPLY_BYTES: Final = 16384
MAX_TEXT: Final = 100
"""Length of the name of a task, and of a party."""
USUAL_WAIT: Final = 120
MAX_NUMBER: Final = 2**53
DESCRIPTORS: Final = 4
STATUS_TASK: Final = "status"
REQUIRED_PARTS: Final = ("network", "files")
"""The parts of the isolation without which nothing is opened."""
OUT_OF_MEMORY: Final = 3
"""Exit code of a task that needed more memory than it may have."""
OUT_OF_CLOCK: Final = 4
"""Exit code of a conversion that was ended by the clock."""
FAILED: Final = 1
"""Exit code of a task that failed because of its file."""
SERVICE_FAULT: Final = 6
"""Exit code of a task that failed before it read its file, or could not write its answer: not the file's fault."""
NOT_ISOLATED: Final = 5
"""Exit code of a task that opened nothing, as network or files were not isolated."""


class TaskOutcome(StrEnum):
    """How a request ended for the service."""

    ENDED = "ended"
    """The process ended; its exit code says how."""
    BUSY = "busy"
    """It got no slot in time, or too many of its party wait."""
    NOT_ISOLATED = "not isolated"
    """Nothing was opened, as network or files are not isolated."""
    UNKNOWN = "unknown"
    """There is no such task here."""
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """A request. `wait` is how many seconds it may wait for a slot; `is_alone` says that nothing else may run
    meanwhile."""

    task: str
    party: str = ""
    wait: float = USUAL_WAIT
    limits: TaskLimits | None = None
    is_alone: bool = False

    def to_bytes(self) -> bytes:
        """Return the message."""
        return json.dumps(asdict(self)).encode()


@dataclass(frozen=True, slots=True)
class IsolationPart:
    """One part of the isolation: whether it was measured to be there, and by which mechanisms."""

    is_obtained: bool
    mechanisms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """What the service can do, and how its tasks are isolated: `network`, `files`, `processes`, `privileges`."""

    tasks: tuple[str, ...] = ()
    isolation: dict[str, IsolationPart] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        """The parts of the isolation that were not obtained."""
        return tuple(name for name, part in self.isolation.items() if not part.is_obtained)


@dataclass(frozen=True, slots=True)
class TaskReply:
    """How a request ended. `code` is an exit code, or the negative number of a signal; None without a process."""

    outcome: TaskOutcome
    code: int | None = None
    cpu_seconds: float = 0.0
    is_out_of_clock: bool = False
    status: ServiceStatus | None = None

    def to_bytes(self) -> bytes:
        """Return the message."""
        return json.dumps(asdict(self)).encode()


def parse_request(message: bytes) -> TaskRequest:
    """Parse a request; what it does not know is left out. Raises ValueError, or another error, for anything else."""
    values = json.loads(message)
    limits = values.get("limits")
    request = TaskRequest(
        values["task"],
        values.get("party", ""),
        values.get("wait", USUAL_WAIT),
        TaskLimits(**limits) if limits is not None else None,
        values.get("is_alone") is True,
    )
    _check_request(request)
    return request


def _check_request(request: TaskRequest) -> None:
    """Check the types and sizes in a request. Raises ValueError."""
    texts = (request.task, request.party)
    if not all(isinstance(text, str) and len(text) <= MAX_TEXT for text in texts):
        raise ValueError("task and party are short texts")
    if not _is_number(request.wait) or not 0 <= request.wait <= MAX_NUMBER:
        raise ValueError("wait is a number of seconds")
    limits = asdict(request.limits) if request.limits else {}
    if not all(_is_number(limit) and 0 < limit <= MAX_NUMBER for limit in limits.values()):
        raise ValueError("limits are numbers above 0")
    if not all(isinstance(limit, int) for name, limit in limits.items() if name != "seconds"):
        raise ValueError("all limits but seconds are whole numbers")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def parse_reply(message: bytes) -> TaskReply:
    """Parse a reply. Raises ValueError or TypeError for anything else."""
    values = json.loads(message)
    status = values.pop("status")
    if status is not None:
        parts = {
            name: IsolationPart(part["is_obtained"], tuple(part["mechanisms"]))
            for name, part in status["isolation"].items()
        }
        status = ServiceStatus(tuple(status["tasks"]), parts)
    return TaskReply(TaskOutcome(values.pop("outcome")), **values, status=status)
