"""The network policies for Kubernetes let each part reach what its code opens with what it is given, and nothing else.

What is expected is not written here a second time: it is found in the code (which package reads a setting with an
address), in the settings and secrets that the part is given, and in the Ingress.
"""

import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.deploy.manifests import CHART, NAME, PORTAL, ROOT, WITNESS, Manifest, Manifests, load

Edge = tuple[str, str, int]

READS = {
    "clamd": ("CWG_CLAMD", "clamav"),
    "database_url": ("CWG_DATABASE_URL", "postgres"),
    "worker_database_url": ("CWG_WORKER_DATABASE_URL", "postgres"),
    "owner_database_url": ("CWG_OWNER_DATABASE_URL", "postgres"),
    "reader_database_url": ("CWG_READER_DATABASE_URL", "postgres-read"),
    "compared_database_urls": ("CWG_READER_DATABASE_URL", "postgres-read"),
    "read_owner_database_url": ("CWG_READ_OWNER_DATABASE_URL", "postgres-read"),
    "portal_provider": ("CWG_OIDC_ISSUER", "https"),
    "read_path_provider": ("CWG_READ_OIDC_ISSUER", "https"),
    "witnesses": ("CWG_WITNESSES", "https"),
    "courier": ("CWG_COURIER", "courier"),
    "open_store": ("CWG_STORE_URL", "https"),
    "open_release_store": ("CWG_RELEASE_STORE_URL", "https"),
    "mail_server": ("CWG_SMTP_URL", "mail"),
    "returned_mailbox": ("CWG_MAIL_RETURNS", "returned-mail"),
}
"""What code reads of the settings to open a connection: the setting behind it, and what is reached."""
PORTS = {"clamav": [3310], "courier": [8020]}
PARTS_OF_CODE = {
    "app/http/": ("portal",),
    "app/web/": ("portal",),
    "app/http/mail/": ("worker",),
    "app/worker/": ("worker",),
    "app/worker/nightly_verification.py": ("worker", "maintenance"),
    "app/dissemination/": ("read",),
    "app/backup/": ("backup", "maintenance"),
    "app/cli/": ("migrate", "maintenance"),
    "app/package/": ("maintenance",),
    "app/domain/monitoring/": (),  # names of witnesses, for pages
}
"""Whose code it is: the longest beginning of a path decides."""
OF_ALL = re.compile(r"app/(\w*settings|installation_checks|server/database_urls)\.py|app/demo/")
READING = re.compile(rf"(?:settings|resolved)\.({'|'.join(READS)})\b")
NETWORK = load(CHART / "values.yaml")["network"]


@cache
def list_readers() -> dict[str, set[str]]:
    """What is read of the settings, by the parts whose code reads it."""
    readers: dict[str, set[str]] = {}
    for path in sorted((ROOT / "app").rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        if OF_ALL.match(place):
            continue
        for name in READING.findall(path.read_text(encoding="utf-8")):
            whose = max((each for each in PARTS_OF_CODE if place.startswith(each)), key=len, default=None)
            assert whose, f"{place} reads {name}: say in PARTS_OF_CODE of which parts it is"
            readers.setdefault(name, set()).update(PARTS_OF_CODE[whose])
    return readers


def find_opened_by_code(manifests: Manifests) -> Iterator[Edge]:
    for name, parts in list_readers().items():
        setting, reached = READS[name]
        for part in parts:
            given = {key for key, value in manifests.get_settings(part).items() if value}
            if setting in given | {secret.upper() for secret in manifests.get_secrets(part)}:
                for port in PORTS.get(reached) or NETWORK[reached]["ports"]:
                    yield part, reached, port


def find_let_in(manifests: Manifests) -> Iterator[Edge]:
    """From the controller to what the Ingress leads to, and from the monitoring to where metrics are."""
    for ingress in manifests.list_kind("Ingress").values():
        for path in ingress["spec"]["rules"][0]["http"]["paths"]:
            if (name := path["backend"]["service"]["name"]) in manifests.pods:
                (http,) = (each for each in manifests.get_container(name)["ports"] if each["name"] == "http")
                yield "front", name, http["containerPort"]
    for name in manifests.pods:
        for port in manifests.get_container(name).get("ports", ()):
            if port["name"] == "metrics":
                yield "monitoring", name, port["containerPort"]


def read_policies(manifests: Manifests, direction: str) -> set[Edge]:
    return {
        edge
        for name, policy in manifests.list_kind("NetworkPolicy").items()
        if name not in {"default-deny", "names"}
        for rule in policy["spec"][direction]
        for edge in read_rule(policy["spec"]["podSelector"]["matchLabels"][NAME], rule, direction)
    }


def read_rule(part: str, rule: Manifest, direction: str) -> Iterator[Edge]:
    peers = rule["from" if direction == "ingress" else "to"]
    assert peers  # an empty list would mean everybody
    assert rule["ports"]
    other = name_peers(peers)
    for port in rule["ports"]:
        yield (other, part, port["port"]) if direction == "ingress" else (part, other, port["port"])


def name_peers(peers: list[Manifest]) -> str:
    """What the peers are: a part, or what values.yaml calls them."""
    ((label, name),) = peers[0].get("podSelector", {"matchLabels": {"": ""}})["matchLabels"].items()
    if label == NAME:
        return name
    return next(each for each, known in NETWORK.items() if known["peers"] == peers)


def test_each_part_reaches_what_its_code_opens_and_nothing_else() -> None:
    outwards = read_policies(PORTAL, "egress")
    named = {(part, "https" if other in {"mail", "returned-mail"} else other, port) for part, other, port in outwards}
    expected = set(find_opened_by_code(PORTAL))

    assert {("portal", "clamav", 3310), ("worker", "mail", 587), ("backup", "https", 443)} <= expected
    # The three have the same peers: everywhere outside, and differ by their ports.
    assert named == {
        *((part, "https" if other in {"mail", "returned-mail"} else other, port) for part, other, port in expected),
        ("clamav", "https", 443),  # its signatures
        ("courier", "https", 443),  # inboxes of organizations
    }


def test_each_part_lets_in_who_reaches_it_and_no_one_else() -> None:
    between = {edge for edge in read_policies(PORTAL, "egress") if edge[1] in PORTAL.pods}
    inwards = read_policies(PORTAL, "ingress")

    assert ("worker", "clamav", 3310) in between
    assert inwards == between | set(find_let_in(PORTAL))
    assert read_policies(WITNESS, "ingress") == set(find_let_in(WITNESS)) == {("front", "witness", 8000)}
    assert read_policies(WITNESS, "egress") == set()


@pytest.mark.parametrize("manifests", [PORTAL, WITNESS], ids=["portal", "witness"])
def test_what_no_policy_names_is_refused(manifests: Manifests) -> None:
    policies = manifests.list_kind("NetworkPolicy")
    assert policies["default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    labels = {pod["metadata"]["labels"][NAME] for pod in manifests.pods.values()}
    assert labels == set(policies) - {"default-deny", "names"}
    for name in labels:
        assert policies[name]["spec"]["policyTypes"] == ["Ingress", "Egress"]
    (names,) = policies["names"]["spec"]["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
