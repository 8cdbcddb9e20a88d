"""The process from which the inspection of each file is forked, so that its modules are imported once.

It starts from a clean interpreter, with an empty environment and no descriptors of the portal: a process that is forked
from it has nothing of the portal's memory. It opens no file itself. A request is one message on its socket: the limits
as JSON, with the descriptors of the file, of the answer, and of a socket on which it says how the inspection ended
(`EndedInspection`). It ends when its socket is closed, that is with the portal.
"""

import json
import os
import selectors
import signal
import socket
import sys
from typing import Final, NamedTuple

from app.core.inspection import child
from app.core.inspection.findings import InspectionLimits

MAX_REQUEST_BYTES: Final = 4096
OUT_OF_MEMORY: Final = 3
"""Exit code of an inspection that needed more memory than it may have."""
CPP_OUT_OF_MEMORY: Final = "std::bad_alloc"
"""What an error of pikepdf says if it had none."""


class EndedInspection(NamedTuple):
    """How an inspection ended: exit code, or the negative number of the signal; processor seconds."""

    code: int
    cpu_seconds: float


def serve_inspections(requests: socket.socket) -> None:
    """Fork a process for each request, as many at a time as are asked for, until the socket is closed."""
    replies: dict[int, socket.socket] = {}  # by the descriptor of the process
    with selectors.DefaultSelector() as selector:
        selector.register(requests, selectors.EVENT_READ)
        while True:
            for key, _events in selector.select():
                if key.fd != requests.fileno():
                    selector.unregister(key.fd)
                    report_end(key.fd, replies.pop(key.fd))
                    continue
                limits, descriptors, _flags, _address = socket.recv_fds(requests, MAX_REQUEST_BYTES, 3)
                if not limits:
                    return
                file, answer, reply = descriptors
                process = start_inspection(InspectionLimits(**json.loads(limits)), file, answer)
                replies[process] = socket.socket(fileno=reply)
                selector.register(process, selectors.EVENT_READ)


def start_inspection(limits: InspectionLimits, file: int, answer: int) -> int:
    """Fork the process that inspects a file; return its descriptor."""
    process = os.fork()
    if not process:
        run_inspection(limits, file, answer)
    os.close(file)
    os.close(answer)
    return os.pidfd_open(process)


def run_inspection(limits: InspectionLimits, file: int, answer: int) -> None:
    """Inspect in this process, which was just forked, and end it."""
    code = 1
    try:
        os.setsid()
        signal.setitimer(signal.ITIMER_REAL, limits.seconds)
        null = os.open(os.devnull, os.O_WRONLY)
        for number, descriptor in enumerate((file, answer, null)):
            os.dup2(descriptor, number)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115 - they stay open
        child.inspect_standard_input(limits)
        sys.stdout.flush()
        code = 0
    except MemoryError:
        code = OUT_OF_MEMORY
    except Exception as error:  # no more of it leaves this process than that it failed
        code = OUT_OF_MEMORY if CPP_OUT_OF_MEMORY in str(error) else 1
    finally:
        os._exit(code)


def report_end(process: int, reply: socket.socket) -> None:
    """Reply how a process ended."""
    ended = os.waitid(os.P_PIDFD, process, os.WEXITED | os.WNOWAIT)
    assert ended
    _pid, status, usage = os.wait4(ended.si_pid, 0)
    os.close(process)
    result = EndedInspection(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime)
    with reply:
        try:
            reply.sendall(json.dumps(result).encode())
        except OSError:  # who asked has gone
            return


def main(requests: int) -> None:
    """Serve on the socket with this descriptor."""
    serve_inspections(socket.socket(fileno=requests))
