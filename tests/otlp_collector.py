"""A collector for tests: takes whatever is sent to it over HTTP, keeps every byte, and reads traces as OTLP says."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Told:
    """A span, read back from the bytes that left."""

    service: str
    name: str
    trace: str
    number: str
    parent: str
    said: dict[str, str | int]
    failed: bool
    has_more: bool
    """Whether it carries what none of ours should: events, links, a state of others, words beside its status."""


class Collector(ThreadingHTTPServer):
    """What was sent where, byte by byte."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.sent: list[tuple[str, bytes]] = []
        self.status = 200

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def everything(self) -> bytes:
        """Paths, heads and bodies, one after the other."""
        return b"\n".join(path.encode() + b"\n" + sent for path, sent in self.sent)

    def spans(self) -> list[Told]:
        return [span for path, sent in self.sent if path == "/v1/traces" for span in read(sent.partition(b"\0")[2])]


class _Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.sent.append((self.path, bytes(self.headers) + b"\0" + body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens until the end of the block."""
    collector = Collector()
    thread = Thread(target=collector.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        collector.shutdown()
        collector.server_close()
        thread.join(5)


def read(body: bytes) -> Iterator[Told]:
    """The spans of one export request."""
    request = ExportTraceServiceRequest.FromString(body)
    for of_service in request.resource_spans:
        resource = {each.key: each.value.string_value for each in of_service.resource.attributes}
        assert list(resource) == ["service.name"]
        for scoped in of_service.scope_spans:
            for span in scoped.spans:
                said = {each.key: each.value.string_value or each.value.int_value for each in span.attributes}
                yield Told(
                    service=resource["service.name"],
                    name=span.name,
                    trace=span.trace_id.hex(),
                    number=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    said=said,
                    failed=span.status.code == 2,
                    has_more=bool(span.events or span.links or span.trace_state or span.status.message),
                )
