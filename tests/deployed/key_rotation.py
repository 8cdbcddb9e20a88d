"""A signing key is replaced as docs/operating.md says under "Keys", one part restarted after the other."""

import re

from app.cli.key_acceptance import PORTAL, READ_PATH
from tests.deployed.installation import DeployedInstallation

PARTS = ("worker", "portal-1", "portal-2", "read-1", "read-2", "backup")
LIST = re.compile(r"^\s*(CWG_\w+_PUBLIC_KEYS)=(\S+)", re.MULTILINE)
RIGHTS = ("--user", "0", "--cap-add", "DAC_OVERRIDE", "--cap-add", "CHOWN", "--cap-add", "FOWNER")
MAX_STEPS = 6


def rotate_key(installation: DeployedInstallation, purpose: str) -> None:
    """Call the command, and do what it says, until it waits for the first signature. Raises RuntimeError.

    It cannot ask portal and read path at their public addresses, which only the test knows: their lists are those of
    the settings, with which each was started.
    """
    options = ["--start"]
    for _ in range(MAX_STEPS):
        printed = call_command(installation, purpose, *options)
        options = []
        if "\n4. " in f"\n{printed}":
            return
        found = LIST.search(printed)
        if found is None:
            raise RuntimeError(f"rotate-key says nothing to do: {printed}")
        installation.change_settings(**{found[1]: found[2]})
        for part in PARTS:
            installation.compose("up", "--detach", "--no-deps", "--wait", part)
    raise RuntimeError(f"the key is not replaced after {MAX_STEPS} steps: {printed}")


def call_command(installation: DeployedInstallation, purpose: str, *options: str) -> str:
    """Call the command in the maintenance service with the folder of secrets, and return what it printed."""
    folder = ("--volume", f"{installation.folder}/secrets:/keys", "--env", "CWG_SECRETS=/keys")
    checked = ("--checked", PORTAL, "--checked", READ_PATH)
    return installation.try_compose(
        "run", "--rm", *RIGHTS, *folder, "maintenance", "rotate-key", purpose, *options, *checked
    )
