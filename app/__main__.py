"""The portal from the command line: `python -m app COMMAND`. Each command is implemented in the module that it names.

The module is imported only when its command is called: `inspect` and `file-service` import no database and read no
secret, and the demo is never imported unless it was asked for.
"""

import gc
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn, cast

from pydantic import ValidationError

from app.core.errors import DomainError, Unavailable
from app.core.observability import logging
from app.core.signing import SigningPurpose
from app.core.storage.fsync import has_disk_failed

CommandFunction = Callable[..., int]
"""A function of the settings and the arguments; of the arguments alone for the commands in WITHOUT_SETTINGS."""
WITHOUT_SETTINGS = ("inspect", "file-service", "courier", "init")
EXIT_MISUSE = 2  # argparse uses this exit code for wrong usage too
DATABASE_ERRORS = ("psycopg.OperationalError", "sqlalchemy.exc.OperationalError")
EXPECTED_ERRORS = (*DATABASE_ERRORS, "app.embedded.EmbeddedPostgresUnavailable")
"""Errors of modules that not every command imports, by name."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command named in `arguments` (default: `sys.argv`) and return its exit code; print an expected error
    as one line on stderr."""
    args = build_parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)
    logging.configure_logging()
    try:
        return run_command(args)
    except ModuleNotFoundError as missing:
        if missing.name != "app.demo":
            raise
        print(f"{args.command}: this installation has no demo", file=sys.stderr)
        return EXIT_MISUSE
    except KeyboardInterrupt:
        return 0
    except (ValidationError, DomainError, ValueError, OSError) as error:
        return _report_error(args.command, error)
    except Exception as error:
        if not is_error_named(error, EXPECTED_ERRORS):
            raise
        return _report_error(args.command, error)


def run_command(args: Namespace) -> int:
    """Run the command of the arguments with what it needs, and return its exit code."""
    if args.command in WITHOUT_SETTINGS:
        return load_command(args.run)(args)
    settings = cast("Callable[[], object]", import_module("app.settings").Settings)
    return load_command(args.run)(settings(), args)


def is_error_named(error: Exception, names: Sequence[str]) -> bool:
    """Tell whether the class of an error, or one that it is made from, has one of these names."""
    return any(f"{each.__module__}.{each.__qualname__}" in names for each in type(error).__mro__)


def _report_error(command: str, error: Exception) -> int:
    """Print an expected error as one line on stderr and return the exit code."""
    print(f"{command}: {format_error(error)}", file=sys.stderr)
    return EXIT_MISUSE


def load_command(location: str) -> CommandFunction:
    """Import and return the function at `module:name`.

    Garbage collection is off meanwhile: what is imported stays to the end, and looking at it takes a third of the time.
    """
    module, _, name = location.partition(":")
    gc.disable()
    try:
        return cast("CommandFunction", getattr(import_module(module), name))
    finally:
        gc.enable()


def format_error(error: Exception) -> str:
    """Format an expected error as one line, without any input value, since that may be a secret."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        return "; ".join(_complaint(fault["loc"], fault["msg"]) for fault in faults)
    if is_error_named(error, DATABASE_ERRORS):
        cause = getattr(error, "orig", None) or error
        return f"the database does not answer: {str(cause).strip().splitlines()[0]}"
    if isinstance(error.__cause__, OSError) and error.__cause__.filename:  # a secret that cannot be read
        return f"{error.__cause__.filename}: {error.__cause__.strerror}"
    return (error.cause if isinstance(error, Unavailable) else "") or str(error)


def _complaint(location: tuple[int | str, ...], message: str) -> str:
    """Format one fault of a setting under the name of its environment variable."""
    text = message.removeprefix("Value error, ")
    return f"CWG_{str(location[0]).upper()}: {text}" if location else text


def _end(*_: object) -> NoReturn:
    """Handle SIGTERM: raise SystemExit, so that open resources are closed; the code is 1 only if the disk failed."""
    raise SystemExit(int(has_disk_failed()))


def build_parser() -> ArgumentParser:
    """Build the argument parser with all commands."""
    root = ArgumentParser(prog="python -m app", description=__doc__.split(":")[0] if __doc__ else None)
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: str, words: str) -> ArgumentParser:
        subparser = commands.add_parser(name, help=words, description=words)
        subparser.set_defaults(run=run)
        return subparser

    demo = add("demo", "app.demo.run:run_demo_command", "run the whole system on this machine until Ctrl-C")
    demo.add_argument("--fresh", action="store_true", help="delete the data of an earlier demo first")
    demo.add_argument("--stop", action="store_true", help="stop the demo that runs, instead of running one")
    demo.add_argument(
        "--port", type=int, metavar="PORT", help="first of its eight ports, with data apart; default: 8000"
    )
    init = add(
        "init",
        "app.cli.new_installation.command:write_new_installation",
        "write secrets, keys and settings of a new installation into its folder, and overwrite nothing",
    )
    init.add_argument("folder", type=Path, metavar="DIR", help="the folder with compose.yaml")
    init.add_argument("--portal", required=True, metavar="URL", help="public address of the portal")
    init.add_argument("--read", required=True, metavar="URL", help="public address of the read path")
    init.add_argument("--issuer", required=True, metavar="URL", help="the identity provider")
    init.add_argument("--client", default="cwg-portal", metavar="ID", help="the portal's client id there")
    init.add_argument("--read-client", default="cwg-read", metavar="ID", help="the read path's client id there")
    migrate = add(
        "migrate",
        "app.cli.operations:migrate_database",
        "migrate schema, roles and grants to the newest revision, as the owner",
    ).add_mutually_exclusive_group()
    migrate_read = add(
        "migrate-read",
        "app.cli.operations:migrate_read_database",
        "migrate the read path's own database, and subscribe it to what is released",
    )
    for migration in (migrate, migrate_read):
        migration.add_argument(
            "--check",
            action="store_true",
            help="change nothing; print which migrations the database lacks. Any role of the part suffices",
        )
    migrate.add_argument(
        "--both", action="store_true", help="the read path's own database too: before the portal's, and again after it"
    )
    add(
        "rebuild-read",
        "app.cli.operations:rebuild_read_database",
        "empty the read path's own database, and copy everything that is released again",
    )
    _listening(add("pages", "app.server.portal:serve_portal", "serve the portal"), port=8000)
    _listening(add("read", "app.server.read_path:serve_read_path", "serve the read path"), port=8001)
    add("work", "app.cli.operations:run_worker", "run the worker")
    files = add(
        "file-service",
        "app.cli.file_service:run_file_service",
        "run the service that opens untrusted files for portal and worker",
    )
    files.add_argument("--socket", type=Path, metavar="PATH", help="its socket; default: CWG_FILE_SERVICE")
    files.add_argument("--check", action="store_true", help="print how the one that runs opens files")
    files.add_argument("--alive", action="store_true", help="end with 0 if the one that runs answers, for probes")
    witness = add(
        "witness", "app.witness.app:serve_witness", "run a witness of ledgers, on another machine than the portal"
    )
    witness.add_argument("--host", default="127.0.0.1")
    witness.add_argument("--port", type=int, default=8010)
    courier = add(
        "courier", "app.courier.app:serve_courier", "run the courier, which carries liaison statements to organizations"
    )
    courier.add_argument("--host", default="127.0.0.1")
    courier.add_argument("--port", type=int, default=8020)
    copy = add(
        "copy",
        "app.cli.static_export:export_static_copy",
        "write what was released as plain files, signed, for any web server",
    )
    copy.add_argument("folder", type=Path, metavar="FOLDER")
    copy.add_argument("--public", action="store_true", help="only what is released to the public")
    copy.add_argument("--follow", action="store_true", help="keep running, and write again after each release")
    doctor = add("doctor", "app.cli.doctor:run_doctor", "print what does not fit in this installation")
    doctor.add_argument("part", nargs="?", choices=["portal", "read", "worker", "maintenance"], metavar="PART")
    roster = add("roster", "app.cli.roster:run_roster", "import people into the roster from a JSON list")
    source = roster.add_mutually_exclusive_group(required=True)
    source.add_argument("file", type=Path, metavar="FILE", nargs="?")
    source.add_argument("--example", action="store_true", help="print an example of such a list")
    source.add_argument("--unseated", action="store_true", help="print who signed in and has no seat")
    add("verify", "app.cli.operations:run_verification", "check journal, files, releases and register")
    backup = add("backup", "app.backup.commands:run_backup", "back up database and files while the system runs")
    backup.add_argument("folder", type=Path, metavar="DIR")
    backup.add_argument("--keep", type=int, metavar="N", help="then remove all but the last N")
    backup.add_argument("--every", type=int, metavar="HOURS", help="keep running, and take one each time")
    prune = add("prune", "app.backup.commands:run_prune", "remove all but the last backups; needs no private key")
    prune.add_argument("folder", type=Path, metavar="DIR")
    prune.add_argument("--keep", type=int, required=True, metavar="N")
    restore = add(
        "restore", "app.backup.commands:run_restore", "restore a backup into an empty installation, if it is complete"
    )
    restore.add_argument("folder", type=Path, metavar="DIR")
    restore.add_argument("--at", metavar="NAME", help="this backup instead of the latest")
    restore.add_argument("--check", action="store_true", help="verify the backup, and restore nothing")
    restore.add_argument("--head", type=Path, metavar="FILE", help="a checkpoint that the record must not be behind")
    restore.add_argument("--identity", type=Path, metavar="FILE", help="the key that decrypts an encrypted backup")
    export = add("export", "app.package.commands:run_export", "write the whole record of a body as a BagIt package")
    export.add_argument("body", metavar="BODY", help="its code, such as cwg-internet")
    export.add_argument("folder", type=Path, metavar="DIR")
    rotation = add(
        "rotate-key",
        "app.cli.rotate_key:rotate_key",
        "replace a key that signs, step by step: say which steps are done, and do the next one",
    )
    rotation.add_argument("purpose", choices=[purpose.value for purpose in SigningPurpose])
    rotation.add_argument("--start", action="store_true", help="begin to replace the key, if that is not under way")
    rotation.add_argument(
        "--checked", action="append", default=[], metavar="SERVICE", help="one that cannot be asked, and was checked"
    )
    reopen = add("reopen", "app.backup.commands:run_lift_restore_hold", "lift the hold on a restored record in doubt")
    reopen.add_argument("--reason", required=True, help="the reason, which is recorded in the journal")
    inspect = add(
        "inspect",
        "app.cli.inspect_files:inspect_files_command",
        "print what the file inspection finds, without storing anything",
    )
    inspect.add_argument("files", type=Path, nargs="+", metavar="FILE")
    inspect.add_argument("--json", action="store_true", help="as JSON")
    add("rights", "app.cli.offline:print_rights_table", "print who may do what")
    add("settings", "app.cli.offline:print_settings", "print every setting with its default and what it is for")
    words_parser = add(
        "words",
        "app.cli.offline:update_translation_catalogues_command",
        "update the six message catalogues from code and templates",
    )
    words_parser.add_argument("--check", action="store_true", help="change nothing; print what is wrong")
    return root


def _listening(subparser: ArgumentParser, port: int) -> None:
    """Add the options of a command that listens on a port."""
    subparser.add_argument("--host", default="127.0.0.1")
    subparser.add_argument("--port", type=int, default=port)
    subparser.add_argument("--workers", type=int, default=1, help="processes that share the port")


if __name__ == "__main__":
    sys.exit(main())
