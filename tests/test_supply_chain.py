"""What the image consists of is listed, can be checked, and has nothing in it that production must not have."""

import json
import re
import sys
from fnmatch import fnmatch
from pathlib import Path
from shutil import copytree, ignore_patterns
from subprocess import run

import pytest

from tests.supply_chain import (
    EXIT_NOT_CHECKED,
    EXIT_VULNERABLE,
    PROJECT_ROOT,
    audit,
    build_audited_script,
    build_sbom,
    list_packages,
)

RUN = (PROJECT_ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
DOCKERFILE = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (PROJECT_ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
PINS = (PROJECT_ROOT / "deploy" / "pin_images").read_text(encoding="utf-8")


def is_in_image(path: str) -> bool:
    """Whether .dockerignore leaves a path to the image: the last pattern that fits it, or a folder of it, decides."""
    parts = path.split("/")
    above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    left = True
    for line in (PROJECT_ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        names = parts if "**/" in line else above
        if line and not line.startswith("#") and any(fnmatch(name, pattern) for name in names):
            left = line.startswith("!")
    return left


@pytest.mark.parametrize("name", ["run", "otel"])
def test_every_pinned_package_is_in_the_bill_with_the_digests_of_its_files(name: str) -> None:
    requirements = (PROJECT_ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    bill = build_sbom(requirements)
    pinned = dict(re.findall(r"^([a-z0-9-]+)==([^ \\;]+)", requirements, re.MULTILINE))
    components = {each["name"]: each for each in bill["components"]}

    assert bill["bomFormat"] == "CycloneDX"
    assert {each["name"]: each["version"] for each in bill["components"]} == pinned
    digests = [digest["content"] for each in bill["components"] for digest in each["hashes"]]
    assert sorted(digests) == sorted(re.findall(r"sha256:(\w{64})", requirements))
    assert components["starlette"]["purl"] == f"pkg:pypi/starlette@{pinned['starlette']}"
    assert build_sbom(requirements) == bill
    assert "://" not in json.dumps(bill)  # no address of a registry


def test_what_is_not_pinned_is_refused() -> None:
    good = "one==1.0 ; sys_platform == 'linux' \\\n    --hash=sha256:" + "a" * 64
    (package,) = list_packages(good)
    assert (package.name, package.version, package.marker) == ("one", "1.0", "sys_platform == 'linux'")

    for bad in ("one>=1.0 \\\n    --hash=sha256:" + "a" * 64, "one==1.0", good + "\ntwo==2"):
        with pytest.raises(ValueError, match="not pinned"):
            list(list_packages(bad))


def stand_in(folder: Path, code: int, lock_code: int = 0) -> list[str]:
    """A program in the place of uv, which says what it was given."""
    program = folder / "uv.py"
    program.write_text(
        f"import sys; print(open(sys.argv[-1]).read()); sys.exit({code} if sys.argv[1] == 'audit' else {lock_code})"
    )
    return [sys.executable, str(program)]


@pytest.mark.parametrize(
    ("code", "expected"), [(0, 0), (1, EXIT_VULNERABLE), (2, EXIT_NOT_CHECKED), (101, EXIT_NOT_CHECKED)]
)
def test_the_audit_says_when_it_could_not_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], code: int, expected: int
) -> None:
    assert audit(RUN, stand_in(tmp_path, code)) == expected

    printed = capsys.readouterr().out
    assert f"starlette=={dict(re.findall(r'^([a-z]+)==([^ ]+)', RUN, re.MULTILINE))['starlette']}" in printed
    assert ("NOT CHECKED" in printed) == (expected == EXIT_NOT_CHECKED)
    assert build_audited_script(RUN).count("\n#   ") == len(list(list_packages(RUN)))


def test_packages_that_do_not_fit_together_are_not_taken_for_vulnerable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(RUN, stand_in(tmp_path, code=0, lock_code=1)) == EXIT_NOT_CHECKED
    assert "NOT CHECKED" in capsys.readouterr().out


def test_the_demo_and_its_identity_provider_are_not_in_the_image() -> None:
    assert is_in_image("app/server/portal.py")
    assert is_in_image("requirements/run.txt")
    assert not is_in_image("tests/world.py")

    assert [path for path in (PROJECT_ROOT / "app" / "demo").iterdir() if is_in_image(f"app/demo/{path.name}")] == []
    assert "COPY app app" in DOCKERFILE
    assert "RUN test ! -e app/demo" in DOCKERFILE  # should a build ignore .dockerignore


def test_nothing_but_the_program_is_in_the_image() -> None:
    listed = run(["git", "ls-files"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False).stdout.split("\n")
    beside = [".git/HEAD", ".env", "deploy/settings.env", "deploy/secrets/cwg_session_secret", "deploy/tls/key.pem"]

    assert not any(is_in_image(path) for path in beside)
    folders = {path.split("/")[0] for path in listed if path and is_in_image(path)}
    assert folders <= {"app", "migrations", "templates", "requirements", "pyproject.toml"}


def test_the_program_starts_without_the_demo(tmp_path: Path) -> None:
    copytree(PROJECT_ROOT / "app", tmp_path / "app", ignore=ignore_patterns("demo", "__pycache__"))
    copytree(PROJECT_ROOT / "templates", tmp_path / "templates")

    def start(*arguments: str) -> tuple[int, str]:
        done = run([sys.executable, "-P", *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    environment = {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    servers = "import app.server.portal, app.server.read_path, app.worker.app, app, sys; print(app.__file__)"
    assert start("-c", servers) == (0, f"{tmp_path}/app/__init__.py\n")
    assert start("-m", "app", "settings")[0] == 0
    code, said = start("-m", "app", "demo")
    assert (code, said) == (2, "demo: this installation has no demo\n")


def test_every_image_can_be_given_by_digest_and_one_command_looks_the_digests_up() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    default = re.search(r"^ARG PYTHON_IMAGE=(\S+)$", DOCKERFILE, re.MULTILINE)
    images = re.findall(r"image: \$\{(\w+):-([^}]+)\}", COMPOSE)

    assert set(bases) == {"${PYTHON_IMAGE}", "build", "program"}
    assert COMPOSE.count("image: ") == len(images)
    assert default
    named = {
        ("PYTHON_IMAGE", default[1]),
        *(each for each in images if each[0] not in {"CWG_IMAGE", "CWG_FILES_IMAGE"}),
    }
    assert {(name, image) for name, image in re.findall(r"^pin (\w+) (\S+)$", PINS, re.MULTILINE)} == named
    assert all(":" in image for _, image in named)  # none without a tag


def test_the_command_writes_digests_or_nothing(tmp_path: Path) -> None:
    (tmp_path / "docker").write_text('#!/bin/sh\necho "sha256:' + "b" * 64 + '"\n')
    (tmp_path / "docker").chmod(0o755)
    program = str(PROJECT_ROOT / "deploy" / "pin_images")

    done = run(["sh", program], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True)
    (tmp_path / "docker").write_text("#!/bin/sh\necho unknown\n")
    failed = run(["sh", program], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True)

    assert done.returncode == 0
    assert f"NGINX_IMAGE=nginx:1.28@sha256:{'b' * 64}\n" in done.stdout
    assert failed.returncode != 0
    assert "no digest of" in failed.stderr
    assert "sha256:unknown" not in failed.stdout
