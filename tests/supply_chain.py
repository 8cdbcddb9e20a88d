"""What the image consists of, and whether a weakness of it is known.

`python -m tests.supply_chain sbom run` prints the packages of `requirements/run.txt` as CycloneDX 1.6 (JSON), with the
SHA-256 of every file that may be installed. `python -m tests.supply_chain audit run` asks for their known
vulnerabilities; it exits with 1 if there are some, and with 3 if the data could not be reached, so nothing was checked.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import NAMESPACE_URL, uuid5

PROJECT_ROOT = Path(__file__).parent.parent
REQUIREMENT = re.compile(r"(?P<name>[a-z0-9._-]+)==(?P<version>[^ ;\\]+)(?: *; *(?P<marker>[^\\]+?))? *(?:\\|$)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
EXIT_VULNERABLE, EXIT_NOT_CHECKED = 1, 3
NOT_CHECKED = (
    "NOT CHECKED: the data about known vulnerabilities could not be reached from here. Run `make audit` where the"
    " vulnerability service can be reached; what uv said stands above."
)


@dataclass(frozen=True, slots=True)
class Package:
    """A pinned package: the digests of its files, and for which systems it is installed ("": for all)."""

    name: str
    version: str
    marker: str
    digests: tuple[str, ...]

    @property
    def purl(self) -> str:
        """The package URL (purl-spec, type pypi)."""
        return f"pkg:pypi/{self.name}@{self.version}"


def list_packages(requirements: str) -> Iterator[Package]:
    """List the packages of a file of pinned requirements. Raises ValueError for one without version or digest."""
    for entry in re.split(r"\n(?=\S)", requirements.strip()):
        found, digests = REQUIREMENT.match(entry), tuple(HASH.findall(entry))
        if found is None or not digests:
            raise ValueError(f"not pinned: {entry.splitlines()[0]}")
        yield Package(found["name"], found["version"], found["marker"] or "", digests)


def build_sbom(requirements: str) -> dict[str, object]:
    """Build the bill of materials. It has no time and a number derived from its contents: the same pins give the same
    bytes."""
    components = [
        {
            "type": "library",
            "bom-ref": package.purl,
            "name": package.name,
            "version": package.version,
            "purl": package.purl,
            "hashes": [{"alg": "SHA-256", "content": digest} for digest in package.digests],
        }
        | ({"properties": [{"name": "cwg:marker", "value": package.marker}]} if package.marker else {})
        for package in list_packages(requirements)
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, requirements)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "cwg-portal", "name": "cwg-portal"}},
        "components": components,
        "dependencies": [{"ref": "cwg-portal", "dependsOn": [component["bom-ref"] for component in components]}],
    }


def build_audited_script(requirements: str) -> str:
    """Build a script with inline metadata that depends on exactly these packages, which uv can audit."""
    pins = [
        f"{package.name}=={package.version}" + (f" ; {package.marker}" if package.marker else "")
        for package in list_packages(requirements)
    ]
    listed = "\n".join(f"#   {json.dumps(pin)}," for pin in pins)
    return f'# /// script\n# requires-python = ">=3.11"\n# dependencies = [\n{listed}\n# ]\n# ///\n'


def audit(requirements: str, uv: list[str]) -> int:
    """Ask for the known vulnerabilities of the packages and print them; return the exit code."""
    with TemporaryDirectory(prefix="cwg-audit-") as folder:
        script = Path(folder) / "pinned.py"
        script.write_text(build_audited_script(requirements), encoding="utf-8")
        # The first one fails where the second could not tell a fault from a vulnerability, which both end with 1.
        commands = (["lock"], ["audit", "--preview-features", "audit-command"])
        for command in commands:
            done = subprocess.run([*uv, *command, "--script", script], capture_output=True, text=True, check=False)
            print(done.stdout + done.stderr)
            if done.returncode:
                break
    if done.returncode in (0, EXIT_VULNERABLE) and command == commands[-1]:
        return done.returncode
    print(NOT_CHECKED)
    return EXIT_NOT_CHECKED


def main(arguments: list[str]) -> int:
    """Run `sbom` or `audit` for the packages of a file of `requirements/`; return the exit code."""
    command, name = arguments
    requirements = (PROJECT_ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    if command == "audit":
        return audit(requirements, [str(Path(sys.executable).parent / "uv")])
    print(json.dumps(build_sbom(requirements), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
