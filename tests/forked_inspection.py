"""The limited process that inspects a file, forked from one that has imported its modules: in 0.02 s instead of 0.2.

It runs the same code under the same limits, and its answer is checked in the same way. Tests of the process itself
(`tests/core`) start it as the portal does.
"""

import atexit
import json
import os
import subprocess
import sys
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock

from app.core.inspection import sandbox
from app.core.inspection.findings import InspectionLimits, InspectionReport

SERVER = """
import json, os, signal, sys
sys.path.insert(0, sys.argv[1])
from app.core.inspection.child import main

def inspect(file, answer, limits, seconds):
    os.setsid()
    signal.alarm(seconds)
    for number, (path, how) in enumerate(((file, os.O_RDONLY), (answer, os.O_WRONLY), (os.devnull, os.O_WRONLY))):
        os.dup2(os.open(path, how), number)
    os.closerange(3, 16)
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)
    main(limits)
    sys.stdout.flush()

for line in iter(sys.stdin.readline, ""):
    if not (child := os.fork()):
        code = 1
        try:
            inspect(*json.loads(line))
            code = 0
        finally:
            os._exit(code)
    print(os.waitpid(child, 0)[1], flush=True)
"""


class InspectionServer:
    """Forks a process for each file, one after the other."""

    def __init__(self) -> None:
        command = [sys.executable, "-I", "-X", "utf8", "-c", SERVER, str(sandbox.SOURCE_ROOT)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}, cwd="/", start_new_session=True, text=True
        )
        self._lock = Lock()
        self.pid = self._process.pid

    def inspect(self, path: Path, limits: InspectionLimits) -> InspectionReport:
        """Return the report as `run_sandbox_process` does."""
        with path.open("rb") as file, NamedTemporaryFile() as answer:
            given = f"/proc/{os.getpid()}/fd/{file.fileno()}"  # it may have no name
            order = json.dumps([given, answer.name, json.dumps(asdict(limits)), limits.seconds])
            with self._lock:
                assert self._process.stdin
                assert self._process.stdout
                print(order, file=self._process.stdin, flush=True)
                code = int(self._process.stdout.readline())
            if code:
                return sandbox.build_unreadable_report()
            return sandbox.read_process_report(answer.file)

    def close(self) -> None:
        """End it: its standard input ends."""
        self._process.communicate()


@cache
def _server(_process: int) -> InspectionServer:
    server = InspectionServer()
    atexit.register(server.close)
    return server


def inspect_in_forked_process(path: Path, limits: InspectionLimits) -> InspectionReport:
    """Inspect a file in place of `run_sandbox_process`."""
    return _server(os.getpid()).inspect(path, limits)


def inspection_processor_seconds() -> float:
    """Processor seconds of the server that has been begun, and of its processes (proc_pid_stat(5))."""
    if not _server.cache_info().currsize:
        return 0.0
    fields = Path(f"/proc/{_server(os.getpid()).pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
