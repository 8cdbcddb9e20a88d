"""The service that opens files, in this process, for one task after the other."""

import socket
from pathlib import Path
from tempfile import TemporaryFile
from threading import Thread

from app.core.file_service import client
from app.core.file_service.limits import TaskLimits
from app.core.file_service.messages import TaskReply, TaskRequest, parse_reply
from app.core.file_service.service import FileService


class OneTask:
    """A service in this process, which runs one task in a process that it forks; `answer` is what that wrote."""

    def __init__(self, folder: Path, soffice: str = "", *, best_effort: bool = False) -> None:
        self.folder = folder / "service"
        self.folder.mkdir()
        self.service = FileService(self.folder, soffice, best_effort)
        self.answer = b""

    def run(self, task: str, content: bytes = b"", limits: TaskLimits | None = None, **given: object) -> TaskReply:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        reply, other = socket.socketpair()
        with client.open_bytes(content) as source, client.open_bytes(b"{}") as arguments, TemporaryFile() as answer:
            files = [source.fileno(), arguments.fileno(), answer.fileno(), other.fileno()]
            with other:
                socket.send_fds(ours, [TaskRequest(task, limits=limits, **given).to_bytes()], files)
            with reply:
                received: list[bytes] = []
                thread = Thread(target=lambda: (received.append(client._receive_all(reply)), ours.close()))
                thread.start()
                self.service.serve_sockets([theirs])
                thread.join()
            answer.seek(0)
            self.answer = answer.read()
            return parse_reply(received[0])
