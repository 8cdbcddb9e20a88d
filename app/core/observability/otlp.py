"""Exporter of traces to the operator's collector (OTLP over HTTP). Imported only where traces are sent: the extra
`otel`.

The SDK would add what it detects about the machine; here everything is set explicitly. From the environment it still
reads how the collector is reached: token and certificates (`OTEL_EXPORTER_OTLP_HEADERS`,
`OTEL_EXPORTER_OTLP_CERTIFICATE`). A slow or absent collector delays nothing: spans are then dropped.
"""

from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

EXPORT_TIMEOUT: Final = 3.0
"""Seconds for exporting one batch of spans, retries included, so that a process ends in time."""


def create_tracer_provider(endpoint: str, service: str) -> TracerProvider:
    """Create the tracer provider of a service, which sends spans to `endpoint` every few seconds and at shutdown."""
    tracer_provider = TracerProvider(
        sampler=ALWAYS_ON, resource=Resource({SERVICE_NAME: service}), shutdown_on_exit=False
    )
    tracer_provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces", timeout=EXPORT_TIMEOUT))
    )
    return tracer_provider
