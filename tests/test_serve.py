"""Set-up of a serving process: garbage collection and sockets."""

import gc
import socket
import warnings
from collections.abc import Iterator

import pytest
from uvicorn import Config

from app.server.run import GC_THRESHOLDS, bind_listener, build_server_config, freeze_startup_objects


@pytest.fixture
def restored_garbage_settings() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("restored_garbage_settings")
def test_objects_of_the_start_are_not_collected_again() -> None:
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()  # a connection that a server of an earlier test left open is not about this one
    freeze_startup_objects()

    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold() == GC_THRESHOLDS


def test_the_shared_socket_sends_without_delay() -> None:
    with bind_listener(Config("nobody:asks", host="127.0.0.1", port=0, log_config=None)) as bound:
        bound.listen()
        with socket.create_connection(bound.getsockname()), bound.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_process_that_starts_slowly_is_not_ended_by_its_supervisor() -> None:
    config = build_server_config("app.server.portal:create_portal_in_process", "127.0.0.1", 0, 2, 60)

    assert config.timeout_worker_healthcheck >= 60  # uvicorn's own limit is five seconds, which an import may take
