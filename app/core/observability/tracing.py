"""Tracing with OpenTelemetry: what a process did, how it ended, and how long each step took.

A span holds the route template with method and status, the name of a job, or the kind of a statement, and nothing else,
so that nothing has to be removed before it is sent. A job belongs to the trace of the request that queued it; trace
headers of clients (`traceparent`, `baggage`) are ignored.
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

from app.core.observability.methods import OTHER_METHOD, to_known_method

TRACER_SCOPE: Final = "cwg"
STATEMENT_KINDS: Final = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"})

_carrier = TraceContextTextMapPropagator()


@dataclass(frozen=True, slots=True)
class ProcessTracing:
    """Tracing of one process."""

    tracer: Tracer
    close: Callable[[], None]

    @contextmanager
    def trace_request(self, method: str) -> Iterator[Callable[[str, int], None]]:
        """Trace a request; yield a function that takes the route template and the status at the end."""
        method_name = to_known_method(method)
        with self._span(method_name, SpanKind.SERVER) as span:
            span.set_attribute("http.request.method", method_name)

            def end_request(template: str, status: int) -> None:
                span.update_name(f"{method_name} {template}")
                span.set_attribute("http.route", template)
                span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    span.set_status(StatusCode.ERROR)

            yield end_request

    @contextmanager
    def trace_job(self, task: str, facts: Mapping[str, Any]) -> Iterator[None]:
        """Trace a job, as a child of the request that queued it if `facts` name one."""
        parent = _carrier.extract({key: str(facts[key]) for key in _carrier.fields & facts.keys()})
        with self._span(f"job {task}", SpanKind.CONSUMER, parent) as span:
            span.set_attribute("cwg.task", task)
            try:
                yield
            except Exception:
                span.set_status(StatusCode.ERROR)
                raise

    @contextmanager
    def _span(self, name: str, kind: SpanKind, parent: Any = None) -> Iterator[Span]:
        """Start a span that does not record the message of an exception."""
        with self.tracer.start_as_current_span(
            name, context=parent, kind=kind, record_exception=False, set_status_on_exception=False
        ) as span:
            yield span

    def trace_engine(self, engine: Engine) -> None:
        """Trace each statement made for a request or a job: its kind, not its text or values."""

        @event.listens_for(engine, "before_cursor_execute")
        def _begin(
            _connection: object, _cursor: object, statement: str, _params: object, context: Any, _many: bool
        ) -> None:
            if get_current_span().is_recording():
                context.span = self._start_statement_span(statement)

        @event.listens_for(engine, "after_cursor_execute")
        def _end(
            _connection: object, _cursor: object, _statement: str, _params: object, context: Any, _many: bool
        ) -> None:
            if span := getattr(context, "span", None):
                span.end()

        @event.listens_for(engine, "handle_error")
        def _fail(error: ExceptionContext) -> None:
            if span := getattr(error.execution_context, "span", None):
                span.set_status(StatusCode.ERROR)
                span.end()

    def _start_statement_span(self, statement: str) -> Span:
        """Start the span of a statement."""
        kind = statement_kind(statement)
        attributes = {"db.system.name": "postgresql", "db.operation.name": kind}
        return self.tracer.start_span(kind, kind=SpanKind.CLIENT, attributes=attributes)


def start_tracing(endpoint: str, service: str) -> ProcessTracing:
    """Start tracing of a service to an OTLP endpoint, until it is closed; with an empty endpoint, trace nothing.

    Raises ValueError if the extra `otel` is not installed.
    """
    if not endpoint:
        return ProcessTracing(NoOpTracerProvider().get_tracer(TRACER_SCOPE), lambda: None)
    try:
        provider = import_module("app.core.observability.otlp").create_tracer_provider(endpoint, service)
    except ModuleNotFoundError as error:
        raise ValueError("CWG_TRACES needs the extra `otel`: install it, or leave the setting empty") from error
    return ProcessTracing(cast("Tracer", provider.get_tracer(TRACER_SCOPE)), provider.shutdown)


def current_trace_context() -> Mapping[str, str]:
    """Return the trace context for a job queued now, two random numbers; empty outside a trace."""
    carrier: dict[str, str] = {}
    if get_current_span().is_recording():
        _carrier.inject(carrier)
    return carrier


def statement_kind(statement: str) -> str:
    """Return the first word of a statement if it is a known kind, else `_OTHER`."""
    first = statement.lstrip().partition(" ")[0].partition("\n")[0].upper()
    return first if first in STATEMENT_KINDS else OTHER_METHOD
