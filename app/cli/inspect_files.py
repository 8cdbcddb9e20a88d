"""The command that inspects files on this machine. It imports no database and reads no setting."""

from argparse import Namespace

from app.core.file_service.client import FileServiceOptions, configure_file_service
from app.core.inspection.inspect import inspect_files


def inspect_files_command(args: Namespace) -> int:
    """Print what the inspection finds in each file; return 1 if any would be refused. Raises Unavailable."""
    configure_file_service(FileServiceOptions())
    return inspect_files(args.files, args.json, print)
