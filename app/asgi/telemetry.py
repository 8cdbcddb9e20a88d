"""FastAPI's own telemetry stays off, on every door and whatever the environment says.

It puts the address with its query and its keys into each span, reads trace numbers and baggage from strangers' headers,
and sends what exceptions said. What a door may tell is decided in `app.asgi.tracing` and `app.asgi.metering`.
"""

from typing import Final

from fastapi.telemetry import TelemetryConfig

NO_TELEMETRY: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
