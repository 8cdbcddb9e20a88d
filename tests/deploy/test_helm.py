"""The chart in deploy/helm, where helm is installed: the manifests come from it; it refuses what cannot run."""

import shutil
from pathlib import Path
from subprocess import run

import pytest
import yaml

from tests.deploy.manifests import CHART, PORTAL, RENDERED, Manifests

needs_helm = pytest.mark.skipif(not shutil.which("helm"), reason="helm is not installed")
EXAMPLE = RENDERED / "portal-values.yaml"


def call_helm(*arguments: str) -> tuple[int, str, str]:
    ended = run(["helm", *arguments], capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout, ended.stderr


def render(*options: str) -> Manifests:
    status, text, fault = call_helm(
        "template", "cwg", str(CHART), "--namespace", "cwg", "--values", str(EXAMPLE), *options
    )
    assert status == 0, fault
    return Manifests.parse(text)


@needs_helm
def test_what_is_committed_was_rendered_from_the_chart(tmp_path: Path) -> None:
    run(["sh", RENDERED / "render", tmp_path], check=True)
    rendered = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert set(rendered) == {"portal.yaml", "witness.yaml"}
    for name, text in rendered.items():
        assert (RENDERED / name).read_text(encoding="utf-8") == text, "call: sh deploy/kubernetes/render"


@needs_helm
@pytest.mark.parametrize("values", sorted(RENDERED.glob("*-values.yaml")), ids=lambda path: path.name)
def test_helm_finds_nothing_wrong(values: Path) -> None:
    status, said, fault = call_helm("lint", str(CHART), "--strict", "--quiet", "--values", str(values))
    assert status == 0, said + fault


@needs_helm
def test_an_upgrade_migrates_before_anything_else_changes() -> None:
    upgraded = render("--is-upgrade")
    (job,) = upgraded.list_kind("Job").values()
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-upgrade"
    (first,) = PORTAL.list_kind("Job").values()
    assert "annotations" not in first["metadata"]  # the first time there is nothing yet that it could run before
    assert first["spec"] == job["spec"]


@needs_helm
def test_files_may_be_in_volumes_of_both_sides() -> None:
    manifests = render("--set", "stores.kind=volumes")

    claims = {
        name: {
            each["persistentVolumeClaim"]["claimName"]: each["persistentVolumeClaim"].get("readOnly", False)
            for each in manifests.get_pod(name)["volumes"]
            if "persistentVolumeClaim" in each
        }
        for name in manifests.pods
    }
    assert claims["portal"] == {"store": False}
    assert claims["read"] == {"release": True}
    assert claims["worker"] == {"store": False, "release": False}
    assert claims["backup"] == {"store": True, "release": True, "backups": False}
    assert {name for claim in claims.values() for name in claim} == set(manifests.list_kind("PersistentVolumeClaim"))
    assert not [name for name in manifests.get_secrets("worker") if "store" in name]
    assert not [name for name in manifests.get_settings("worker") if "STORE" in name or name.startswith("AWS_")]


@needs_helm
def test_a_setting_of_the_operator_makes_new_pods_of_all_parts_that_have_settings() -> None:
    changed = render("--set-string", "settings.CWG_DIGEST_HOUR=8")
    for name in ("portal", "read", "worker"):
        assert changed.get_settings(name)["CWG_DIGEST_HOUR"] == "8"
        digests = [pods[name]["metadata"]["annotations"]["cwg/settings"] for pods in (changed.pods, PORTAL.pods)]
        assert digests[0] != digests[1]


@needs_helm
@pytest.mark.parametrize(
    ("option", "wrong", "said"),
    [
        ("--set", "servers.portal.max=7", "need database.connections of 166 or more"),
        ("--set", "servers.read.max=12", "need database.readConnections of 65 or more"),
        (
            "--set-string",
            "settings.CWG_SESSION_SECRET=abc",
            "CWG_SESSION_SECRET is a secret: put it into the Secret cwg-portal",
        ),
        ("--set", "identityProvider.issuer=", "identityProvider.issuer is empty"),
        ("--set-json", "publicKeys.ledger=[]", "publicKeys.ledger is empty"),
        ("--set", "hosts.portal=https://portal.example.org", "does not match"),
        ("--set", "replicas=3", "additional properties 'replicas' not allowed"),
    ],
)
def test_values_with_which_nothing_would_run_are_refused(option: str, wrong: str, said: str) -> None:
    status, _text, fault = call_helm("template", str(CHART), "--values", str(EXAMPLE), option, wrong)
    assert status == 1
    assert said in fault


@pytest.mark.parametrize("path", sorted(RENDERED.glob("*[!s].yaml")), ids=lambda path: path.name)
def test_the_manifests_have_no_field_that_kubernetes_does_not_know(path: Path) -> None:
    validator = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    version = validator.latest_version()
    checked = 0
    for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        if manifest["kind"] != "PodMonitor":  # of the operator of Prometheus
            validator.validate(manifest, version, strict=True)
            checked += 1
    assert checked > 5
