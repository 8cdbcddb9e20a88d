"""The names of `app/` follow docs/decisions/vocabulary.md, and no module escapes the import contracts."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from shutil import copytree

import pytest

from tests.architecture.names import PROJECT_ROOT, SourceTree

ALLOWED = tomllib.loads((Path(__file__).parent / "allowed_names.toml").read_text(encoding="utf-8"))
CONTRACTS = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
    "contracts"
]
LAYERS = [contract for contract in CONTRACTS if contract["type"] == "layers"]
MOST_MODULES_IN_A_FOLDER = 30
MOST_FUNCTIONS_OF_ONE_WORD = 100


@cache
def source() -> SourceTree:
    return SourceTree.read(PROJECT_ROOT)


def is_ruled(place: str) -> bool:
    return place.partition(":")[0] not in ALLOWED["modules_with_names_of_their_own"]


def test_a_class_name_is_of_one_class() -> None:
    assert set(source().shared_class_names()) == set(ALLOWED["shared_class_names"])


def test_a_public_function_is_not_one_bare_word() -> None:
    found = source().one_word_functions()

    assert {place for place in found if is_ruled(place)} == set(ALLOWED["one_word_functions"])
    assert len(found) < MOST_FUNCTIONS_OF_ONE_WORD


def test_every_exception_has_a_reason() -> None:
    assert all(reason for group in ALLOWED.values() for reason in group.values())


def test_no_folder_holds_more_modules_than_can_be_read() -> None:
    assert source().largest_folder()[1] <= MOST_MODULES_IN_A_FOLDER


def test_every_public_function_and_class_of_a_module_has_a_docstring() -> None:
    of_modules = [place for place in source().undocumented() if place.count(":") == 1]

    assert [place for place in of_modules if is_ruled(place)] == []


def test_what_raises_says_so() -> None:
    assert [place for place, says in source().raising() if not says and is_ruled(place)] == []


@pytest.mark.parametrize("contract", LAYERS, ids=lambda contract: contract["name"])
def test_the_layers_name_every_module_without_exceptions(contract: dict[str, object]) -> None:
    assert contract["exhaustive"] is True
    assert not {"exhaustive_ignores", "ignore_imports"} & set(contract)


def test_four_contracts_order_the_application() -> None:
    assert [contract["containers"] for contract in LAYERS] == [["app"], ["app.web"], ["app.domain"], ["app.domain.*"]]
    assert not any("ignore_imports" in contract for contract in CONTRACTS)


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("contracts")
    copytree(PROJECT_ROOT / "app", root / "app", ignore=lambda _, names: [n for n in names if not is_code(n)])
    (root / "pyproject.toml").write_text((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return root


def is_code(name: str) -> bool:
    return name != "__pycache__" and ("." not in name or name.endswith(".py"))


def broken_contracts(root: Path) -> set[str]:
    """The names of the contracts that a tree breaks; those about modules that are missing count as well."""
    program = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    run = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    broken = {line.removesuffix(" BROKEN") for line in run.stdout.splitlines() if line.endswith(" BROKEN")}
    assert bool(run.returncode) == bool(broken), run.stdout + run.stderr
    return broken


@pytest.mark.parametrize(
    "strays",
    [
        (),
        (
            (
                "app/domain/bodies/stray.py",
                "",
                "In a domain package: actions and pending, queries, rules, events and inputs, models",
            ),
            ("app/domain/stray/__init__.py", "", "Order of the domain packages"),
            ("app/stray.py", "", "Layers of the application"),
            ("app/web/stray.py", "", "Areas of the portal are independent; below them views, then forms"),
            ("app/web/views/stray.py", "import authlib", "Only app.http.oidc and app.demo import authlib"),
        ),
        (("app/core/stray.py", "import app.settings", "Layers of the application"),),
    ],
    ids=["none", "each of another contract", "of core"],
)
def test_a_stray_module_breaks_its_contract(copied_tree: Path, strays: Sequence[tuple[str, str, str]]) -> None:
    written = [copied_tree / path for path, _, _ in strays]
    for stray, (_, code, _) in zip(written, strays, strict=True):
        stray.parent.mkdir(exist_ok=True)
        stray.write_text(f'"""A module that no contract names."""\n\n{code}\n')
    try:
        assert broken_contracts(copied_tree) == {contract for _, _, contract in strays}
    finally:
        for stray in written:
            stray.unlink()
            if stray.name == "__init__.py":
                stray.parent.rmdir()
