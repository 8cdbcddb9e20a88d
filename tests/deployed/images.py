"""The images of a tested deployment: those that are built here, and those that must be had."""

import os
from contextlib import suppress

import yaml

from tests.deployed.installation import ROOT, CommandFailed, run_docker
from tests.deployed.report import Report

LARGEST_PORTAL_IMAGE = 450_000_000
"""Bytes of the image of portal, read path and worker."""


def find_obstacle() -> str:
    """Return why the deployment cannot be started here; empty if it can."""
    try:
        run_docker("version")
        run_docker("compose", "version")
    except FileNotFoundError:
        return "Docker is not installed"
    except CommandFailed as error:
        return f"Docker cannot be used: {str(error).strip().splitlines()[-1]}"
    for image in list_foreign_images():
        if not _has_image(image):
            return f"the image {image} is neither here nor to be had"
    return ""


def list_foreign_images() -> list[str]:
    """List the images that are not built from this project, as the environment or `deploy/compose.yaml` names them."""
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    named = {each["image"].strip("${}").partition(":-")[::2] for each in services.values()}
    images = {name: os.environ.get(name, usual) for name, usual in named if not name.startswith("CWG_")}
    return sorted({os.environ.get("PYTHON_IMAGE", "python:3.13-slim"), *images.values()})


def _has_image(image: str) -> bool:
    for command in (("image", "inspect", image), ("pull", "--quiet", image)):
        with suppress(CommandFailed):
            run_docker(*command)
            return True
    return False


def build_images(report: Report) -> None:
    """Build both images, and the first one also with the packages of traces. Raises CommandFailed."""
    python = os.environ.get("PYTHON_IMAGE", "python:3.13-slim")
    for target, lock in (("portal", "otel"), ("portal", "run"), ("files", "run")):
        tag = f"cwg-{target}" if lock == "run" else f"cwg-{target}:{lock}"
        arguments = ("--build-arg", f"PYTHON_IMAGE={python}", "--build-arg", f"LOCK={lock}", "--target", target)
        run_docker("build", "--quiet", *arguments, "--tag", tag, ".")
        size = int(run_docker("image", "inspect", "--format", "{{.Size}}", tag))
        report.note(f"built {tag}: {size / 1e6:.0f} MB")
        if target == "portal" and lock == "run" and size > LARGEST_PORTAL_IMAGE:
            raise CommandFailed(f"the image {tag} is larger than {LARGEST_PORTAL_IMAGE / 1e6:.0f} MB")
    file = ("--file", "tests/deployed/Dockerfile", "--build-arg", f"PYTHON_IMAGE={python}")
    run_docker("build", "--quiet", *file, "--tag", "cwg-test-services", "requirements")
    report.note("built cwg-test-services: the services that the test brings")
