"""A telemetry collector for tests: stores every byte sent to it over HTTP, and reads traces as OTLP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class ExportedSpan:
    """A span, read back from the exported bytes."""

    service: str
    name: str
    trace: str
    number: str
    parent: str
    attributes: dict[str, str | int]
    failed: bool
    has_more: bool
    """Whether the span has what none of ours should: events, links, a foreign trace state, a status message."""


class Collector(ThreadingHTTPServer):
    """The requests received, byte by byte."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sent: list[tuple[str, bytes]] = []
        self.status = 200

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def everything(self) -> bytes:
        """Return paths, headers and bodies, one after the other."""
        return b"\n".join(path.encode() + b"\n" + sent for path, sent in self.sent)

    def spans(self) -> list[ExportedSpan]:
        return [span for path, sent in self.sent if path == "/v1/traces" for span in read(sent.partition(b"\0")[2])]


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.sent.append((self.path, bytes(self.headers) + b"\0" + body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def run_collector() -> Iterator[Collector]:
    """Run a collector until the end of the block."""
    collector = Collector()
    thread = Thread(target=collector.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        collector.shutdown()
        collector.server_close()
        thread.join(60)


def read(body: bytes) -> Iterator[ExportedSpan]:
    """Yield the spans of one export request."""
    request = ExportTraceServiceRequest.FromString(body)
    for of_service in request.resource_spans:
        resource = {each.key: each.value.string_value for each in of_service.resource.attributes}
        assert list(resource) == ["service.name"]
        for scoped in of_service.scope_spans:
            for span in scoped.spans:
                attributes = {each.key: each.value.string_value or each.value.int_value for each in span.attributes}
                yield ExportedSpan(
                    service=resource["service.name"],
                    name=span.name,
                    trace=span.trace_id.hex(),
                    number=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    attributes=attributes,
                    failed=span.status.code == 2,
                    has_more=bool(span.events or span.links or span.trace_state or span.status.message),
                )
