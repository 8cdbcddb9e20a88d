"""A process that sends the due liaison statements once, as the worker does each minute, so that a test can kill it."""

from app.settings import Settings
from app.worker.app import open_worker_context
from app.worker.transmissions import send_due_transmissions


def main(_arguments: list[str]) -> int:
    """Send what is due with the settings of the environment."""
    settings = Settings()
    with open_worker_context(settings) as context:
        send_due_transmissions(context, settings)
    return 0
