"""Logging: one JSON object a line on stderr, with time in UTC, level, event and, if bound, the request id.

Names, claims, codes, tokens and cookies are never logged: fields with such names are blanked, and an exception is
logged by type and traceback places only, since its message may quote what a person typed.
"""

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

PRIVATE_FIELDS = frozenset(
    {"authorization", "claims", "code", "cookie", "cookies", "email", "id_token", "mail", "name", "nonce", "password"}
    | {"secret", "state", "sub", "subject", "token", "verifier"}
)
LIBRARY_FIELDS = frozenset({"action"})
"""What lines of libraries hold besides their text: of the job queue, what happened (`job_error`); not its arguments."""
# Libraries log from this level on; the loggers named also log their start and stop.
LIBRARY_LEVEL, INFO_LOGGERS = logging.WARNING, ("uvicorn.error", "procrastinate.worker", "app")


def configure_logging(stream: TextIO | None = None) -> None:
    """Send all log lines of this process, including those of libraries, to one stream in one format."""
    structlog.configure(
        processors=[*_common_processors(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(LIBRARY_FIELDS), *_common_processors()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers, root.level = [handler], LIBRARY_LEVEL
    for name in INFO_LOGGERS:
        logging.getLogger(name).setLevel(logging.INFO)
    # SQLAlchemy logs by the module of the class of the pool, which is ours.
    logging.getLogger("app.core.database.watched_pool").setLevel(LIBRARY_LEVEL)
    logging.getLogger("uvicorn.access").disabled = True  # its lines link a path to an IP address


def _common_processors() -> list[Processor]:
    """Return the processors that apply to lines of this program and of libraries."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.stdlib.add_log_level,
        summarize_exception,
        blank_private_fields,
    ]


def blank_private_fields(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Blank the fields whose names say that they hold private data."""
    for field in PRIVATE_FIELDS & line.keys():
        line[field] = "…"
    return line


def summarize_exception(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Replace an exception by its type and the places of its traceback, without its message."""
    exception = line.pop("exc_info", None)
    if exception is True:
        exception = sys.exc_info()
    if isinstance(exception, tuple):
        exception = exception[1]
    if isinstance(exception, BaseException):
        line["exception"] = list(_exception_chain(exception))
        _forget_traceback(line)
    return line


def _exception_chain(exception: BaseException) -> Iterator[dict[str, object]]:
    """Yield the exception and those that led to it, the last one first."""
    current: BaseException | None = exception
    while current is not None:
        frames = traceback.extract_tb(current.__traceback__)
        type_name = f"{type(current).__module__}.{type(current).__qualname__}"
        yield {"kind": type_name, "places": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]}
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _forget_traceback(line: MutableMapping[str, Any]) -> None:
    """Remove the exception from the record, to which the standard formatter would otherwise append its full text."""
    record = line.get("_record")
    if isinstance(record, logging.LogRecord):
        record.exc_info = record.exc_text = None
