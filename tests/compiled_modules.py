"""Modules compiled before the workers of a run start: else each of them compiles all modules at the same time."""

import os
from collections.abc import Sequence
from compileall import compile_file
from pathlib import Path

import pytest
from _pytest.assertion import rewrite

PROJECT_ROOT = Path(__file__).parent.parent
FOLDERS = ("app", "migrations", "tests")
PROCESSES = 2


def compile_modules(config: pytest.Config) -> Sequence[int]:
    """Start to compile what is new, in processes of their own; return their numbers, for `wait_for_modules`."""
    modules = [path for folder in FOLDERS for path in sorted((PROJECT_ROOT / folder).rglob("*.py"))]
    return [_compile_in_child(modules[number::PROCESSES], config) for number in range(PROCESSES)]


def wait_for_modules(processes: Sequence[int]) -> None:
    """Wait until everything is compiled. What could not be compiled, a worker tries again and reports."""
    for process in processes:
        os.waitpid(process, 0)


def _compile_in_child(modules: Sequence[Path], config: pytest.Config) -> int:
    if process := os.fork():
        return process
    try:
        for path in modules:
            _compile(path, config)
    finally:
        os._exit(0)


def _compile(path: Path, config: pytest.Config) -> None:
    """Compile a module as its importer will look for it: pytest rewrites the assertions of tests."""
    if not path.name.startswith("test_") and path.name != "conftest.py":
        compile_file(path, quiet=2)
        return
    file = rewrite.get_cache_dir(path) / f"{path.stem}{rewrite.PYC_TAIL}"
    if rewrite._read_pyc(path, file) is None and rewrite.try_makedirs(file.parent):
        source, code = rewrite._rewrite_test(path, config)
        rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, source, file)
