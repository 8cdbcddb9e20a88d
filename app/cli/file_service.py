"""The command of the service that opens files. It imports nothing of the portal: no database, no secret."""

from argparse import Namespace
from pathlib import Path

from app.core.file_service.process import serve_socket
from app.file_service_settings import FileServiceSettings


def run_file_service(args: Namespace) -> int:
    """Serve on the socket that the settings or the arguments name, until SIGTERM. Raises ValueError if there is
    none."""
    settings = FileServiceSettings()
    path = args.socket or (Path(settings.file_service) if settings.file_service else None)
    if path is None:
        raise ValueError("CWG_FILE_SERVICE is empty: give the service the path of its socket")
    serve_socket(path, settings.soffice)
    return 0
