"""Commands that need neither database nor store: the gate, the table of rights, the settings, the catalogues."""

from argparse import Namespace

from pydantic import SecretStr

from app import words as catalogues
from app.core.gate import inspect as gate
from app.core.i18n import DEFAULT
from app.domain import rights as table
from app.settings import Settings


def inspect(_settings: Settings, asked: Namespace) -> int:
    """Say what the gate finds in each file; 1 if any would be refused."""
    return gate.inspect(asked.files, asked.json, print)


def rights(_settings: Settings, _asked: Namespace) -> int:
    """Print the table of rights."""
    print(table.printed(DEFAULT))
    return 0


def settings(_settings: Settings, _asked: Namespace) -> int:
    """Print every setting: its name in the environment, its default, and what it is for."""
    rows = [
        (f"CWG_{name.upper()}", _shown(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, default, description in rows:
        print(f"{name:<{widths[0]}}  {default:<{widths[1]}}  {description}")
    return 0


def _shown(default: object) -> str:
    if default is None or isinstance(default, SecretStr):
        return ""
    if isinstance(default, tuple):
        return ",".join(default)
    return str(default).lower() if isinstance(default, bool) else str(default)


def words(_settings: Settings, asked: Namespace) -> int:
    """Bring the catalogues up to date, or check that they are."""
    return catalogues.words(asked.check)
