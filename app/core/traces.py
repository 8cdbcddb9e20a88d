"""Traces for whoever operates this (OpenTelemetry): what a process was at, how it ended, how long each step took.

A span says the template of a route with method and status, the name of a job, or the kind of a statement. Nothing else
is ever put into one, so nothing has to be taken out before it leaves. A job belongs to the trace of the request that
queued it; what a client says of a trace (`traceparent`, `baggage`) is not read.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, cast

from opentelemetry.trace import NoOpTracerProvider, Span, SpanKind, StatusCode, Tracer, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

SCOPE: Final = "cwg"
METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
OTHER: Final = "_OTHER"
"""A method that is none of these, as OpenTelemetry calls it: the word itself may be anything."""
KINDS: Final = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"})

_carrier = TraceContextTextMapPropagator()


@dataclass(frozen=True, slots=True)
class Traces:
    """Those of one process."""

    tracer: Tracer
    close: Callable[[], None]

    @contextmanager
    def request(self, method: str) -> Iterator[Callable[[str, int], None]]:
        """A request, which has no trace from outside. Say the template of its route and the status at the end."""
        word = method if method in METHODS else OTHER
        with self._span(word, SpanKind.SERVER) as span:
            span.set_attribute("http.request.method", word)

            def answered(template: str, status: int) -> None:
                span.update_name(f"{word} {template}")
                span.set_attribute("http.route", template)
                span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    span.set_status(StatusCode.ERROR)

            yield answered

    @contextmanager
    def job(self, task: str, facts: Mapping[str, Any]) -> Iterator[None]:
        """A job, in the trace of the request that queued it, if it says one."""
        begun = _carrier.extract({key: str(facts[key]) for key in _carrier.fields & facts.keys()})
        with self._span(f"job {task}", SpanKind.CONSUMER, begun) as span:
            span.set_attribute("cwg.task", task)
            try:
                yield
            except Exception:
                span.set_status(StatusCode.ERROR)
                raise

    @contextmanager
    def _span(self, name: str, kind: SpanKind, parent: Any = None) -> Iterator[Span]:
        """Without what an exception said."""
        with self.tracer.start_as_current_span(
            name, context=parent, kind=kind, record_exception=False, set_status_on_exception=False
        ) as span:
            yield span

    def watch(self, engine: Engine) -> None:
        """A span for each statement that is made for a request or a job: its kind, not its words or values."""

        @event.listens_for(engine, "before_cursor_execute")
        def _begin(_line: object, _cursor: object, statement: str, _given: object, made: Any, _many: bool) -> None:
            if get_current_span().is_recording():
                made.span = self._statement(statement)

        @event.listens_for(engine, "after_cursor_execute")
        def _end(_line: object, _cursor: object, _statement: str, _given: object, made: Any, _many: bool) -> None:
            if span := getattr(made, "span", None):
                span.end()

        @event.listens_for(engine, "handle_error")
        def _fail(failed: ExceptionContext) -> None:
            if span := getattr(failed.execution_context, "span", None):
                span.set_status(StatusCode.ERROR)
                span.end()

    def _statement(self, statement: str) -> Span:
        kind = kind_of(statement)
        said = {"db.system.name": "postgresql", "db.operation.name": kind}
        return self.tracer.start_span(kind, kind=SpanKind.CLIENT, attributes=said)


def traces(address: str, service: str) -> Traces:
    """Send spans of a service there, an OTLP address, until they are closed; empty: there are none.

    Raises ValueError where the extra `otel` is not installed.
    """
    if not address:
        return Traces(NoOpTracerProvider().get_tracer(SCOPE), lambda: None)
    try:
        made = import_module("app.core.collector").provider(address, service)
    except ModuleNotFoundError as error:
        raise ValueError("CWG_TRACES needs the extra `otel`: install it, or leave the setting empty") from error
    return Traces(cast("Tracer", made.get_tracer(SCOPE)), made.shutdown)


def carried() -> Mapping[str, str]:
    """What tells a job of the trace in which it is queued: two random numbers; nothing where there is none."""
    carrier: dict[str, str] = {}
    if get_current_span().is_recording():
        _carrier.inject(carrier)
    return carrier


def kind_of(statement: str) -> str:
    """The first word of a statement, where it is one that tells nothing."""
    first = statement.lstrip().partition(" ")[0].partition("\n")[0].upper()
    return first if first in KINDS else OTHER
