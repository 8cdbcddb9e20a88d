"""Files in buckets and a witness, as deploy/ and docs/operating.md say: who gets which key."""

import re
from pathlib import Path

import pytest
import yaml

from app.__main__ import build_parser
from app.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BUCKETS = yaml.safe_load((DEPLOY / "compose.s3.yaml").read_text(encoding="utf-8"))
AUTHORITY = yaml.safe_load((DEPLOY / "compose.authority.yaml").read_text(encoding="utf-8"))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
WITNESS = yaml.safe_load((DEPLOY / "witness" / "compose.yaml").read_text(encoding="utf-8"))["services"]
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
SERVICES = {"portal": ("portal-1", "portal-2"), "read path": ("read-1", "read-2")}
ROWS = re.findall(r"^\| `(portal|worker|release|read|backup)` \| ([^|]+) \|", OPERATING, re.MULTILINE)


def test_each_key_of_a_bucket_is_given_to_the_parts_that_the_documentation_names() -> None:
    documented: dict[str, set[str]] = {}
    for name, parts in ROWS:
        for part in parts.replace("`", "").split(", "):
            for service in SERVICES.get(part.strip(), (part.strip(),)):
                documented.setdefault(service, set()).add(name)
    given = {
        service: {each["source"].removeprefix("s3_").removesuffix("_key_id") for each in part["secrets"][::2]}
        for service, part in BUCKETS["services"].items()
    }
    assert given == documented
    assert set(given) <= set(COMPOSE["services"])


@pytest.mark.parametrize("service", BUCKETS["services"])
def test_the_keys_of_a_part_are_settings_and_files(service: str) -> None:
    for each in BUCKETS["services"][service]["secrets"]:
        assert each["target"].removeprefix("cwg_") in Settings.model_fields
        assert BUCKETS["secrets"][each["source"]] == {"file": f"secrets/{each['source']}"}


@pytest.mark.parametrize("service", BUCKETS["services"])
def test_a_part_has_two_keys_for_two_buckets(service: str) -> None:
    sources = [each["source"] for each in BUCKETS["services"][service]["secrets"]]
    assert len(sources) == len(set(sources))  # no process starts with two equal secrets


def test_the_read_path_has_no_key_of_the_portals_bucket() -> None:
    for service in SERVICES["read path"]:
        assert {each["target"] for each in BUCKETS["services"][service]["secrets"]} == {
            "cwg_release_store_key_id",
            "cwg_release_store_secret_key",
        }


def test_every_part_that_reaches_others_outside_trusts_an_authority_of_the_operator() -> None:
    outside = {
        name
        for name, part in COMPOSE["services"].items()
        if "settings.env" in part.get("env_file", "") and any(each.endswith("-outside") for each in part["networks"])
    }
    assert set(AUTHORITY["services"]) == outside
    for part in AUTHORITY["services"].values():
        (mounted,) = part["configs"]
        assert part["environment"] == {"SSL_CERT_FILE": mounted["target"]}
        assert AUTHORITY["configs"][mounted["source"]] == {"file": "authorities.pem"}
    assert "compose.authority.yaml" in OPERATING


def test_a_witness_has_its_own_key_and_nothing_of_the_portal() -> None:
    witness = WITNESS["witness"]
    build_parser().parse_args(witness["command"])
    assert (witness["secrets"], witness["networks"], witness["volumes"]) == (
        ["cwg_witness_key"],
        ["inside"],
        ["kept:/var/lib/cwg-witness"],
    )
    for each in WITNESS.values():
        assert (each["read_only"], each["cap_drop"], each["user"]) == (True, ["ALL"], "10001:10001")
