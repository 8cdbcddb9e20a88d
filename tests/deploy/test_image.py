"""What the Dockerfile leaves out of the image of portal, read path and worker, none of them needs."""

import json
import re
import sys
from pathlib import Path
from subprocess import run

from app.__main__ import build_parser

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
OF_THE_FILE_SERVICE = {"file-service", "inspect", "demo"}
LIST_DISTRIBUTIONS = """
import json, sys
from importlib import import_module
from importlib.metadata import packages_distributions
for name in sys.argv[1:]:
    import_module(name)
loaded = {name.partition(".")[0] for name in sys.modules}
found = packages_distributions()
print(json.dumps(sorted({each.lower() for name in loaded for each in found.get(name, ())})))
"""


def test_no_command_of_the_portal_imports_a_library_that_opens_documents() -> None:
    modules = {
        subparser.get_default("run").partition(":")[0]
        for action in build_parser()._actions
        if action.dest == "command"
        for name, subparser in action.choices.items()
        if name not in OF_THE_FILE_SERVICE
    }
    loaded = json.loads(
        run(
            [sys.executable, "-c", LIST_DISTRIBUTIONS, *sorted(modules)], cwd=ROOT, check=True, capture_output=True
        ).stdout
    )
    (listed,) = re.findall(r"uninstall --quiet --yes \\\n((?:.*\\\n)*.*)\n", DOCKERFILE)
    left_out = set(listed.split())

    assert {"lxml", "pikepdf", "pypdfium2", "weasyprint"} <= left_out
    assert left_out & set(loaded) == set()


def test_the_folders_of_volumes_belong_to_the_user_of_the_image() -> None:
    (made,) = re.findall(r"--owner=10001 --group=10001 --mode=0700 \\\n(.*)\n", DOCKERFILE)

    assert set(made.split()) >= {
        *("/var/lib/cwg", "/var/lib/cwg/store", "/var/lib/cwg/release", "/var/lib/cwg/uploads", "/var/lib/cwg/backups"),
        "/var/lib/cwg-witness",
    }
