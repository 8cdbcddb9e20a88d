"""A worker for which others are dead after a second without a heartbeat, so that tests of its successor wait less."""

from app.settings import Settings
from app.worker.app import run_worker


def main(_arguments: list[str]) -> int:
    """Run it with the settings of the environment."""
    run_worker(Settings(), silent_seconds=1.0)
    return 0
