"""Takes the mechanisms behind promises out, one after the other, and expects their tests to turn red.

`python -m tests.mechanisms` works on a copy of the project; `python -m tests.mechanisms seal` tries only those whose
promise has the word. It prints a line for each, and exits with 1 if a test stayed green without what it guards, or was
not green with it.
"""

import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory

PROJECT_ROOT = Path(__file__).parent.parent
COPIED = ("app", "migrations", "templates", "tests", "docs", "deploy", "pyproject.toml", "requirements")
TESTS_FAILED = (1, 2)  # exit codes of pytest: some failed; interrupted, here at the first one


@dataclass(frozen=True, slots=True)
class Mechanism:
    """What is replaced in a file, and the arguments of pytest whose tests notice it."""

    promise: str
    file: str
    present: str
    removed: str
    test: str


def load_mechanisms() -> list[Mechanism]:
    """Load all mechanisms from `mechanisms.toml`."""
    listed = tomllib.loads((PROJECT_ROOT / "tests" / "mechanisms.toml").read_text())["mechanism"]
    return [Mechanism(**entry) for entry in listed]


def run_tests(project: Path, arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run pytest with these arguments in a copy of the project, up to the first failure."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", *arguments.split()]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def find_problem(project: Path, mechanism: Mechanism) -> str | None:
    """Take a mechanism out of a copy of the project, run its tests, and put it back. Returns what is not as it should
    be, or None."""
    if (before := run_tests(project, mechanism.test)).returncode != 0:
        return f"its tests are not green with it: {before.stdout[-500:]}{before.stderr[-500:]}"
    file = project / mechanism.file
    source = file.read_text()
    file.write_text(source.replace(mechanism.present, mechanism.removed))
    try:
        done = run_tests(project, mechanism.test)
    finally:
        file.write_text(source)
    if done.returncode == 0:
        return "its tests stay green"
    if done.returncode not in TESTS_FAILED or " error" in done.stdout.splitlines()[-1]:
        return f"its tests did not run: {done.stdout[-500:]}{done.stderr[-500:]}"
    return None


def main(words: list[str]) -> int:
    """Try the mechanisms whose promise has all these words; return the exit code."""
    problems = 0
    with TemporaryDirectory(prefix="cwg-mechanisms-") as name:
        project = Path(name)
        project.chmod(0o755)  # the service that opens files enters it as another user
        for part in COPIED:
            source = PROJECT_ROOT / part
            if source.is_dir():
                copytree(source, project / part, ignore=ignore_patterns("__pycache__"))
            else:
                (project / part).write_bytes(source.read_bytes())
        for mechanism in load_mechanisms():
            if all(word in mechanism.promise for word in words):
                problem = find_problem(project, mechanism)
                problems += problem is not None
                print(f"{'red' if problem is None else problem}: {mechanism.promise}", flush=True)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
