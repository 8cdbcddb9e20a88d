"""What deploy/kubernetes says is true: commands, settings, secrets and ports exist, and the servers are kept apart."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from app.__main__ import build_parser
from app.core.file_service.process import SERVICE_USER
from app.settings import Settings

ROOT = Path(__file__).parents[2]
HERE = ROOT / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((HERE / "kustomization.yaml").read_text(encoding="utf-8"))
FILES = sorted(path for path in HERE.glob("*.yaml") if path.name != "kustomization.yaml")
OBJECTS = [each for path in FILES for each in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
KNOWN = {f"CWG_{field.upper()}" for field in Settings.model_fields}
SECRET = {
    "cwg-portal": {
        *("cwg_database_url", "cwg_session_secret", "cwg_receipt_key", "cwg_oidc_client_secret"),
        *("cwg_smtp_url", "cwg_mail_secret"),
    },
    "cwg-read": {"cwg_reader_database_url", "cwg_read_session_secret", "cwg_read_oidc_client_secret"},
    "cwg-worker": {
        *("cwg_worker_database_url", "cwg_release_key", "cwg_ledger_key", "cwg_smtp_url", "cwg_mail_secret"),
        "cwg_reader_database_url",
    },
    "cwg-migrate": {
        *("cwg_owner_database_url", "cwg_database_url", "cwg_worker_database_url", "cwg_reader_database_url"),
        "cwg_replication_url",
    },
    "cwg-migrate-read": {"cwg_read_owner_database_url", "cwg_reader_database_url", "cwg_replication_url"},
}


def of(kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in OBJECTS if each["kind"] == kind}


PODS = {name: each["spec"]["template"]["spec"] for kind in ("Deployment", "Job") for name, each in of(kind).items()}


def container(name: str) -> dict[str, Any]:
    (only,) = PODS[name]["containers"]
    return only


def test_each_part_is_there_and_all_but_the_witness_are_applied_together() -> None:
    assert set(PODS) == {"portal", "read", "worker", "witness", "migrate", "migrate-read"}
    assert {path.name for path in FILES} - set(KUSTOMIZATION["resources"]) == {"witness.yaml"}


@pytest.mark.parametrize("name", PODS)
def test_a_part_is_a_command_with_settings_that_exist(name: str) -> None:
    part = container(name)
    build_parser().parse_args(part["args"])
    assert {each["name"] for each in part["env"]} <= KNOWN
    (source,) = part["envFrom"]
    if name != "witness":
        assert set(of("ConfigMap")[source["configMapRef"]["name"]]["data"]) <= KNOWN
    assert not {each["name"] for each in part["env"]} & {secret.upper() for each in SECRET.values() for secret in each}


@pytest.mark.parametrize("name", PODS)
def test_a_part_runs_without_privileges_on_a_root_that_it_cannot_write(name: str) -> None:
    pod, own = PODS[name], container(name)["securityContext"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] == 10001  # as in the Dockerfile
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not pod["automountServiceAccountToken"]
    assert own == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert "memory" in container(name)["resources"]["limits"]
    mounted = {
        each["name"] for part in (container(name), *pod.get("initContainers", ())) for each in part["volumeMounts"]
    }
    assert mounted == {each["name"] for each in pod["volumes"]}
    usual = Settings()
    assert pod["terminationGracePeriodSeconds"] > usual.stay_seconds + usual.finish_seconds


def test_files_are_opened_in_a_container_that_shares_only_its_socket() -> None:
    assert {name for name, pod in PODS.items() if "initContainers" in pod} == {"portal", "worker"}
    for name in ("portal", "worker"):
        (files,) = PODS[name]["initContainers"]
        build_parser().parse_args(files["args"])
        for probe in ("startupProbe", "livenessProbe"):
            asked = build_parser().parse_args(files[probe]["exec"]["command"][3:])
            assert (asked.alive, asked.check) == (True, False)  # without isolation it runs, and opens nothing
        (scratch,) = (each for each in PODS[name]["volumes"] if each["name"] == "files-tmp")
        assert scratch["emptyDir"]["medium"] == "Memory"
        assert (files["image"], files["restartPolicy"]) == ("cwg-files", "Always")
        assert files["securityContext"] == {
            **container(name)["securityContext"],
            **{"runAsUser": SERVICE_USER, "runAsGroup": SERVICE_USER},
        }
        assert set(files["resources"]["limits"]) == {"cpu", "memory"}
        shared = {each["name"] for each in files["volumeMounts"]} & {
            each["name"] for each in container(name)["volumeMounts"]
        }
        assert shared == {"file-socket"}
        assert {each["name"] for each in files["env"]} == {"CWG_FILE_SERVICE", "CWG_SOFFICE"}
        assert "envFrom" not in files
    assert of("ConfigMap")["cwg"]["data"]["CWG_FILE_SERVICE"] == files["env"][0]["value"]


@pytest.mark.parametrize("name", ["portal", "read"])
def test_a_server_has_a_service_probes_and_is_never_wholly_absent(name: str) -> None:
    part, deployment = container(name), of("Deployment")[name]
    ports = {port["name"]: port["containerPort"] for port in part["ports"]}
    assert ports["http"] == build_parser().parse_args(part["args"]).port
    metrics_address = next(each["value"] for each in part["env"] if each["name"] == "CWG_METRICS")
    assert ports["metrics"] == int(metrics_address.rpartition(":")[2])
    assert part["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert part["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert deployment["spec"]["replicas"] >= 2
    assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert of("PodDisruptionBudget")[name]["spec"]["selector"]["matchLabels"] == {"app": name}
    service = of("Service")[name]["spec"]
    assert service["selector"] == deployment["spec"]["template"]["metadata"]["labels"] == {"app": name}
    assert [port["targetPort"] for port in service["ports"]] == ["http"]
    asked = {
        path["backend"]["service"]["name"]
        for rule in of("Ingress")["cwg"]["spec"]["rules"]
        for path in rule["http"]["paths"]
    }
    assert name in asked


def claims(name: str) -> dict[str, bool]:
    """The volumes of a part, and whether it may only read them."""
    found = [each["persistentVolumeClaim"] for each in PODS[name]["volumes"] if "persistentVolumeClaim" in each]
    return {each["claimName"]: each.get("readOnly", False) for each in found}


def secrets(name: str) -> list[str]:
    return [each["secret"]["secretName"] for each in PODS[name]["volumes"] if "secret" in each]


def test_the_read_path_has_no_secret_or_volume_of_the_portal() -> None:
    assert claims("portal") == {"store": False}
    assert claims("worker") == {"store": False, "release": False}
    assert claims("read") == {"release": True}
    assert {name: secrets(name) for name in PODS} == {name: [f"cwg-{name}"] for name in PODS}
    assert SECRET["cwg-read"].isdisjoint(SECRET["cwg-portal"])


def test_each_secret_is_a_setting_and_is_documented() -> None:
    said = (HERE / "settings.yaml").read_text(encoding="utf-8")
    for name, files in SECRET.items():
        assert {file.upper() for file in files} <= KNOWN
        (line,) = [each for each in said.splitlines() if each.startswith(f"#   {name} ")]
        assert set(line.removeprefix(f"#   {name}").replace(",", " ").split()) == files


def test_who_is_refused_is_counted_by_the_address_of_the_client_and_not_of_the_proxy() -> None:
    for said in (HERE / "settings.yaml", HERE.parent / "compose.yaml"):
        assert " CWG_CLIENT_ADDRESS_HEADER: X-Real-IP\n" in said.read_text(encoding="utf-8")


def test_pods_reach_only_what_the_network_policies_name() -> None:
    policies = of("NetworkPolicy")
    assert policies["nobody"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    reached = {name: pods_reached(policies[name]) for name in ("portal", "read", "worker", "migrate", "migrate-read")}
    assert reached == {
        "portal": {("postgres", 5432), ("clamav", 3310)},
        "read": {("postgres-read", 5432)},
        "worker": {("postgres", 5432), ("postgres-read", 5432), ("clamav", 3310)},
        "migrate": {("postgres", 5432)},
        "migrate-read": {("postgres", 5432), ("postgres-read", 5432)},
    }
    for name in reached:
        for rule in policies[name]["spec"]["egress"]:
            assert rule["to"]  # an empty one would mean everybody
            assert rule["ports"]
    assert policies["migrate"]["spec"]["ingress"] == []


def test_each_part_that_asks_the_virus_scanner_reaches_it_and_is_let_in() -> None:
    """Without that each file waits until the scanner counts as away, and is taken without a scan."""
    modules = {"portal": "app/http/portal_state.py", "worker": "app/worker/app.py"}
    asking = {path for path in (ROOT / "app").rglob("*.py") if "settings.clamd" in path.read_text(encoding="utf-8")}
    assert {str(path.relative_to(ROOT)) for path in asking} == set(modules.values())

    policies = of("NetworkPolicy")
    (entry,) = policies["clamav"]["spec"]["ingress"]
    (sources,) = entry["from"][0]["podSelector"]["matchExpressions"]
    assert set(sources["values"]) == set(modules)
    assert [name for name in modules if ("clamav", 3310) not in pods_reached(policies[name])] == []


def pods_reached(policy: dict[str, Any]) -> set[tuple[str, int]]:
    return {
        (to["podSelector"]["matchLabels"]["app"], port["port"])
        for rule in policy["spec"]["egress"]
        for to in rule["to"]
        if "podSelector" in to
        for port in rule["ports"]
    }


def test_no_image_names_a_registry() -> None:
    images = [container(name)["image"] for name in PODS] + [each["name"] for each in KUSTOMIZATION["images"]]
    assert set(images) == {"cwg-portal", "cwg-files"}
    assert all("newName" not in each for each in KUSTOMIZATION["images"])
