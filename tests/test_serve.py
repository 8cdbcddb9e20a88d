"""How a process that serves is settled, and that its answers leave at once."""

import gc
import socket
from collections.abc import Iterator

import pytest
from uvicorn import Config

from app.server.run import GC_THRESHOLDS, bind_listener, freeze_startup_objects


@pytest.fixture
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("_as_before")
def test_what_was_loaded_is_not_looked_through_for_garbage_again() -> None:
    freeze_startup_objects()

    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold() == GC_THRESHOLDS


def test_the_socket_of_several_processes_waits_for_no_acknowledgement() -> None:
    with bind_listener(Config("nobody:asks", host="127.0.0.1", port=0, log_config=None)) as bound:
        bound.listen()
        with socket.create_connection(bound.getsockname()), bound.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
