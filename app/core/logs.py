"""Log lines: one JSON object each on stderr, with the time in UTC, level, event and, if bound, the request's number.

Never names, claims, codes, tokens or cookies: fields of such names are blanked, and of an exception only its kind and
the places it came through are told, since its message may quote what a person typed.
"""

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

PRIVATE = frozenset(
    {"authorization", "claims", "code", "cookie", "cookies", "email", "id_token", "mail", "name", "nonce", "password"}
    | {"secret", "state", "sub", "subject", "token", "verifier"}
)
# Others' libraries speak up from this level on; these also say when they start and stop.
QUIET, TALKATIVE = logging.WARNING, ("uvicorn.error", "procrastinate.worker", "app")


def configure(stream: TextIO | None = None) -> None:
    """Send every log line of this process, ours and the libraries', to one place in one form."""
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers, root.level = [handler], QUIET
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.getLogger("uvicorn.access").disabled = True  # its lines tie a path to an address


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.stdlib.add_log_level,
        only_kind_and_places,
        without_private,
    ]


def without_private(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Blank the fields whose names say that they hold what no log may hold."""
    for field in PRIVATE & line.keys():
        line[field] = "…"
    return line


def only_kind_and_places(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Tell of an exception what it was and where it happened, and not what it said."""
    fault = line.pop("exc_info", None)
    if fault is True:
        fault = sys.exc_info()
    if isinstance(fault, tuple):
        fault = fault[1]
    if isinstance(fault, BaseException):
        line["exception"] = list(_told(fault))
        _forget_traceback(line)
    return line


def _told(fault: BaseException) -> Iterator[dict[str, object]]:
    """This exception and those that led to it, the last one first."""
    seen: BaseException | None = fault
    while seen is not None:
        frames = traceback.extract_tb(seen.__traceback__)
        kind = f"{type(seen).__module__}.{type(seen).__qualname__}"
        yield {"kind": kind, "places": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]}
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


def _forget_traceback(line: MutableMapping[str, Any]) -> None:
    """The standard library's formatter would add the whole text of the exception once more."""
    record = line.get("_record")
    if isinstance(record, logging.LogRecord):
        record.exc_info = record.exc_text = None
