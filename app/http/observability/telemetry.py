"""Switch off FastAPI's own telemetry in every application, whatever the environment says.

It would put URLs with their query and keys into each span, read trace ids and baggage from request headers of
strangers, and send exception messages. What an application may record is decided in the modules `tracing` and `metrics`
of this package.
"""

from typing import Final

from fastapi.telemetry import TelemetryConfig

NO_TELEMETRY: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
