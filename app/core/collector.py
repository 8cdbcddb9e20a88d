"""The way to the operator's collector (OTLP over HTTP). Loaded where traces are sent, and only there: the extra `otel`.

The SDK would add what it finds out about the machine; it is told everything here instead. What it still reads in the
environment is how the collector is reached: a token and certificates (`OTEL_EXPORTER_OTLP_HEADERS`,
`OTEL_EXPORTER_OTLP_CERTIFICATE`). A collector that is slow or away delays nobody: spans are then dropped.
"""

from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

PATIENCE: Final = 3.0
"""Seconds that the collector has for one lot of spans, attempts included; so a process ends in time."""


def provider(address: str, service: str) -> TracerProvider:
    """Spans of this service go there, every few seconds and when it is shut down."""
    made = TracerProvider(sampler=ALWAYS_ON, resource=Resource({SERVICE_NAME: service}), shutdown_on_exit=False)
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{address}/v1/traces", timeout=PATIENCE)))
    return made
