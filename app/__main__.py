"""The portal from the command line: `python -m app COMMAND`. Each command is implemented in the module that it names.

The module is imported only when its command is called, so `inspect` needs no server, and the demo is never imported
unless it was asked for.
"""

import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn, cast

from psycopg import OperationalError as DriverError
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from app.core import logs
from app.core.errors import Refusal
from app.core.store.disk import has_failed
from app.embedded import EmbeddedError
from app.settings import Settings

Command = Callable[[Settings, Namespace], int]
MISUSED = 2  # argparse uses this exit code for wrong usage too


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command named in `arguments` (default: `sys.argv`) and return its exit code; print an expected error
    as one line on stderr."""
    args = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)
    logs.configure()
    try:
        return command(args.run)(Settings(), args)
    except KeyboardInterrupt:
        return 0
    except (ValidationError, OperationalError, DriverError, EmbeddedError, Refusal, ValueError, OSError) as error:
        print(f"{args.command}: {in_one_line(error)}", file=sys.stderr)
        return MISUSED


def command(place: str) -> Command:
    """Import and return the function at `module:name`."""
    module, _, name = place.partition(":")
    return cast("Command", getattr(import_module(module), name))


def in_one_line(obstacle: Exception) -> str:
    """Format an expected error as one line, without any input value, since that may be a secret."""
    if isinstance(obstacle, ValidationError):
        faults = obstacle.errors(include_input=False, include_url=False, include_context=False)
        return "; ".join(_complaint(fault["loc"], fault["msg"]) for fault in faults)
    if isinstance(obstacle, OperationalError | DriverError):
        cause = obstacle.orig if isinstance(obstacle, OperationalError) else obstacle
        return f"the database does not answer: {str(cause).strip().splitlines()[0]}"
    return str(obstacle)


def _complaint(location: tuple[int | str, ...], message: str) -> str:
    """Format one fault of a setting under the name of its environment variable."""
    text = message.removeprefix("Value error, ")
    return f"CWG_{str(location[0]).upper()}: {text}" if location else text


def _end(*_: object) -> NoReturn:
    """Handle SIGTERM: raise SystemExit, so that open resources are closed; the code is 1 only if the disk failed."""
    raise SystemExit(int(has_failed()))


def parser() -> ArgumentParser:
    """Build the argument parser with all commands."""
    root = ArgumentParser(prog="python -m app", description=__doc__.split(":")[0] if __doc__ else None)
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: str, words: str) -> ArgumentParser:
        subparser = commands.add_parser(name, help=words, description=words)
        subparser.set_defaults(run=run)
        return subparser

    demo = add("demo", "app.demo.run:demo", "run the whole house on this machine until Ctrl-C")
    demo.add_argument("--fresh", action="store_true", help="throw away what an earlier demo left and begin anew")
    add("migrate", "app.commands:migrate", "bring schema, roles and grants to head, as the owner")
    _listening(add("pages", "app.portal:pages", "serve the portal"), port=8000)
    _listening(add("read", "app.reader:read", "serve the read path"), port=8001)
    add("work", "app.commands:work", "run the worker")
    witness = add("witness", "app.witness.door:serve", "run a witness of ledgers, away from the portal")
    witness.add_argument("--host", default="127.0.0.1")
    witness.add_argument("--port", type=int, default=8010)
    copy = add("copy", "app.copying:copy", "write what was released as plain files, signed, for any web server")
    copy.add_argument("folder", type=Path, metavar="FOLDER")
    copy.add_argument("--public", action="store_true", help="only what everybody may read")
    copy.add_argument("--follow", action="store_true", help="go on, and write again when something is released")
    roster = add("roster", "app.commands:roster", "put people on the roster from a JSON list")
    roster.add_argument("file", type=Path, metavar="FILE")
    add("verify", "app.commands:verify", "check journal, files, releases and register")
    backup = add("backup", "app.backup.commands:backup", "copy database and files while the house works")
    backup.add_argument("folder", type=Path, metavar="DIR")
    restore = add("restore", "app.backup.commands:restore", "put a copy back into an empty house, if it is whole")
    restore.add_argument("folder", type=Path, metavar="DIR")
    restore.add_argument("--at", metavar="NAME", help="that copy instead of the last one")
    restore.add_argument("--check", action="store_true", help="read all of it, and put nothing back")
    restore.add_argument("--head", type=Path, metavar="FILE", help="a checkpoint that the record must not be behind")
    restore.add_argument("--identity", type=Path, metavar="FILE", help="the key that opens a sealed copy")
    export = add("export", "app.package.commands:export", "write the whole record of a body as a BagIt package")
    export.add_argument("body", metavar="BODY", help="its code, such as cwg-internet")
    export.add_argument("folder", type=Path, metavar="DIR")
    reopen = add("reopen", "app.backup.commands:reopen", "let a restored record be served that is in doubt")
    reopen.add_argument("--reason", required=True, help="why; it goes on record")
    inspect = add("inspect", "app.offline:inspect", "say what the gate finds in files, without keeping anything")
    inspect.add_argument("files", type=Path, nargs="+", metavar="FILE")
    inspect.add_argument("--json", action="store_true", help="as JSON")
    add("rights", "app.offline:rights", "print who may do what")
    add("settings", "app.offline:settings", "print every setting with its default and what it is for")
    words_parser = add("words", "app.offline:words", "bring the six catalogues up to date with code and templates")
    words_parser.add_argument("--check", action="store_true", help="change nothing; say what is wrong")
    return root


def _listening(subparser: ArgumentParser, port: int) -> None:
    """Add the options of a command that listens on a port."""
    subparser.add_argument("--host", default="127.0.0.1")
    subparser.add_argument("--port", type=int, default=port)
    subparser.add_argument("--workers", type=int, default=1, help="processes that share the port")


if __name__ == "__main__":
    sys.exit(main())
