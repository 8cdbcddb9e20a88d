"""Commands that need neither database nor store: table of rights, settings, message catalogues."""

from argparse import Namespace

from pydantic import SecretStr

from app.cli import catalogues
from app.core.i18n import DEFAULT_LANGUAGE
from app.domain import rights as table
from app.settings import Settings


def print_rights_table(_settings: Settings, _args: Namespace) -> int:
    """Print the table of rights."""
    print(table.format_rights_table(DEFAULT_LANGUAGE))
    return 0


def print_settings(_settings: Settings, _args: Namespace) -> int:
    """Print every setting: its environment variable, its default, and its description."""
    rows = [
        (f"CWG_{name.upper()}", _format_default(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, default, description in rows:
        print(f"{name:<{widths[0]}}  {default:<{widths[1]}}  {description}")
    return 0


def _format_default(default: object) -> str:
    """Format the default of a setting; empty for none and for secrets."""
    if default is None or isinstance(default, SecretStr):
        return ""
    if isinstance(default, tuple):
        return ",".join(default)
    return str(default).lower() if isinstance(default, bool) else str(default)


def update_translation_catalogues_command(_settings: Settings, args: Namespace) -> int:
    """Update the message catalogues, or check that they are up to date."""
    return catalogues.update_translation_catalogues(args.check)
