"""Lines of the log: what is private is blanked, what an operator needs is there."""

import ast
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from app.core.observability.logging import PRIVATE_FIELDS, configure_logging

APP = Path(__file__).parents[2] / "app"
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root, configuration = logging.getLogger(), structlog.get_config()
    handlers, level, written = root.handlers, root.level, io.StringIO()
    configure_logging(written)
    yield written
    root.handlers, root.level = handlers, level
    structlog.configure(**configuration)


def test_private_fields_are_blanked_and_others_are_not(log: io.StringIO) -> None:
    structlog.get_logger("app").info("something", **dict.fromkeys(PRIVATE_FIELDS, "canary"), rendition="complete")

    line = json.loads(log.getvalue())
    assert "canary" not in log.getvalue()
    assert line.keys() >= PRIVATE_FIELDS
    assert (line["event"], line["rendition"]) == ("something", "complete")


def test_a_line_of_the_job_queue_says_what_happened_and_not_with_what(log: io.StringIO) -> None:
    facts = {"action": "job_error", "job": {"task_kwargs": {"file": "canary"}}, "result": "canary"}
    logging.getLogger("procrastinate.worker").info("Job ended with status: Error", extra=facts)

    assert json.loads(log.getvalue())["action"] == "job_error"
    assert "canary" not in log.getvalue()


def test_no_line_of_ours_has_a_field_that_would_be_blanked() -> None:
    """A field of such a name says nothing to an operator: it needs another name, or has no place in the log."""
    found = [
        f"{path.relative_to(APP)}:{call.lineno} {keyword.arg}"
        for path in APP.rglob("*.py")
        if "log." in (source := path.read_text(encoding="utf-8"))
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in LEVELS
        if isinstance(call.func.value, ast.Name) and call.func.value.id == "log"
        for keyword in call.keywords
        if keyword.arg in PRIVATE_FIELDS
    ]
    assert found == []
