"""The command of the service that opens files. It imports nothing of the portal: no database, no secret."""

from argparse import Namespace
from pathlib import Path

from app.core.file_service.client import FileServiceOptions, get_service_status
from app.core.file_service.messages import REQUIRED_PARTS
from app.core.file_service.process import serve_socket
from app.file_service_settings import FileServiceSettings


def run_file_service(args: Namespace) -> int:
    """Serve on the socket that the settings or the arguments name, until SIGTERM, or ask the service there. Raises
    ValueError if no socket is named, Unavailable if the service that is asked does not answer."""
    settings = FileServiceSettings()
    path = args.socket or (Path(settings.file_service) if settings.file_service else None)
    if path is None:
        raise ValueError("CWG_FILE_SERVICE is empty: give the service the path of its socket")
    if args.alive:
        get_service_status(FileServiceOptions(str(path)))
        return 0
    if args.check:
        return print_isolation(str(path))
    serve_socket(path, settings.soffice)
    return 0


def print_isolation(socket_path: str) -> int:
    """Print how the service at a socket opens files; return 1 if it opens none. Raises Unavailable."""
    isolation = get_service_status(FileServiceOptions(socket_path)).isolation
    for name, part in isolation.items():
        print(f"{name}: {', '.join(part.mechanisms) if part.is_obtained else 'NOT OBTAINED'}")
    return 0 if all(isolation[name].is_obtained for name in REQUIRED_PARTS) else 1
