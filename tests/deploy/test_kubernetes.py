"""The manifests in deploy/kubernetes are true: commands, settings, secrets and ports exist; each part is given what
compose.yaml gives it; the servers are kept apart, and replaced without a request lost."""

import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.__main__ import build_parser
from app.core.file_service.process import SERVICE_USER
from app.core.signing import Signer
from app.installation_checks import NEEDS, InstallationPart
from app.key_settings import PRIVATE_KEY_SETTINGS, PUBLIC_KEY_SETTINGS
from app.settings import Settings
from tests.deploy.manifests import CHART, NAME, PORTAL, ROOT, WITNESS, Manifest, load
from tests.deploy.test_documentation import COMPOSE, OURS

KNOWN = {f"CWG_{field.upper()}" for field in Settings.model_fields}
SERVERS = ("portal", "read")
OF_OURS = ("portal", "read", "worker", "migrate", "maintenance", "backup", "verify")
PARTS = [(PORTAL, name) for name in OF_OURS] + [(WITNESS, "witness")]
NAMES = [name for _manifests, name in PARTS]
CONFINED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


def list_containers(pod: Manifest) -> list[Manifest]:
    return [*pod.get("initContainers", ()), *pod["containers"]]


def test_each_part_is_there() -> None:
    assert {re.sub("-[0-9a-f]{8}$", "", name) for name in PORTAL.pods} == {*OF_OURS, "clamav", "courier"}
    assert set(WITNESS.pods) == {"witness"}


@pytest.mark.parametrize(("manifests", "name"), PARTS, ids=NAMES)
def test_a_part_is_a_command_with_settings_that_exist(manifests, name) -> None:
    part = manifests.get_container(name)
    if part.get("command") != ["sleep", "infinity"]:  # an operator calls the commands in it
        build_parser().parse_args(part["args"])
    given = {each for each in manifests.get_settings(name) if not each.startswith("AWS_")}
    secrets = {each.upper() for each in manifests.get_secrets(name)}
    assert given <= KNOWN
    assert secrets <= KNOWN
    assert not given & secrets


def test_the_courier_has_a_command_and_nothing_else() -> None:
    part, pod = PORTAL.get_container("courier"), PORTAL.get_pod("courier")
    build_parser().parse_args(part["args"])
    assert not {"env", "envFrom"} & part.keys()
    assert [each["name"] for each in part["volumeMounts"]] == [each["name"] for each in pod["volumes"]] == ["tmp"]


@pytest.mark.parametrize("manifests", [PORTAL, WITNESS], ids=["portal", "witness"])
def test_a_part_runs_without_privileges_on_a_root_that_it_cannot_write(manifests) -> None:
    usual = Settings()
    for name in manifests.pods:
        pod = manifests.get_pod(name)
        security = pod["securityContext"]
        assert security["runAsNonRoot"]
        assert security["runAsUser"] == (100 if name == "clamav" else 10001)  # as in the Dockerfile
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert security["fsGroupChangePolicy"] == "OnRootMismatch"
        assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
        for part in list_containers(pod):
            user = {"runAsUser": SERVICE_USER, "runAsGroup": SERVICE_USER} if part["name"] == "files" else {}
            assert part["securityContext"] == {**CONFINED, **user}, name
            assert part["resources"]["limits"].keys() >= {"memory", "ephemeral-storage"}
            assert part["resources"]["requests"].keys() == {"cpu", "memory", "ephemeral-storage"}
        mounted = {each["name"] for part in list_containers(pod) for each in part["volumeMounts"]}
        assert {each["name"] for each in pod["volumes"]} <= mounted
        scratch = {each["name"]: each["emptyDir"] for each in pod["volumes"] if "emptyDir" in each}
        assert all("sizeLimit" in each for place, each in scratch.items() if place != "file-socket")
        if name != "clamav":
            assert pod["terminationGracePeriodSeconds"] > usual.stay_seconds + usual.finish_seconds


def test_each_part_has_the_secrets_that_compose_gives_it() -> None:
    of_buckets = re.compile("^cwg_(release_)?store_(key_id|secret_key)$")
    for name, services in {
        **{name: (name,) for name in ("worker", "maintenance", "backup")},
        **{name: (f"{name}-1",) for name in SERVERS},
        "migrate": ("migrate", "migrate-read"),
        "verify": ("maintenance",),
    }.items():
        files = {each for each in PORTAL.get_secrets(name) if not of_buckets.match(each)}
        assert files == {each for service in services for each in OURS[service]["secrets"]}, name


def test_the_table_of_operating_md_has_the_files_of_each_secret() -> None:
    written = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    rows = re.findall(r"^   \| `parts/(\w+)` \| ([^|]*)\|([^|]*)\|$", written, re.M)
    table: dict[str, set[str]] = {}
    for part, files, of_buckets in rows:
        same = re.findall(r"those of `parts/(\w+)`", files)
        table[part] = {*re.findall(r"cwg_\w+", files + of_buckets), *(table[same[0]] if same else ())}
        if "all four" in of_buckets:
            table[part] |= {file for store in STORES.values() for file in store}

    assert table == {part: PORTAL.get_secrets(part) for part in OF_OURS if part != "verify"}


def test_each_part_has_the_stores_that_compose_gives_it_and_their_keys() -> None:
    parts = load(CHART / "parts.yaml")
    for name in ("portal", "read", "worker", "maintenance", "backup"):
        service = OURS[f"{name}-1" if name in SERVERS else name]
        mounts = [volume.split(":") for volume in service["volumes"]]
        stores = {place: "read" if "ro" in mode else "write" for place, _folder, *mode in mounts if place in STORES}
        assert parts[name]["stores"] == stores, name
        keys = {key for store in stores for key in STORES[store]}
        assert keys == {key for keys in STORES.values() for key in keys} & PORTAL.get_secrets(name)
        addresses = {store for store, setting in ADDRESSES.items() if setting in PORTAL.get_settings(name)}
        assert addresses == set(stores)


STORES = {
    "store": ("cwg_store_key_id", "cwg_store_secret_key"),
    "release": ("cwg_release_store_key_id", "cwg_release_store_secret_key"),
}
ADDRESSES = {"store": "CWG_STORE_URL", "release": "CWG_RELEASE_STORE_URL"}


@pytest.fixture
def secrets_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Every secret that a part may be given, and the public halves of the three keys in its environment."""
    for name in {file for part in OF_OURS for file in PORTAL.get_secrets(part)}:
        address = f"postgresql+psycopg://{name}@host/{name}"
        (tmp_path / name).write_text(address if name.endswith("database_url") else f"invented-{name}-0123456789abcdef")
    (tmp_path / "cwg_smtp_url").write_text("smtps://mail.example.org")
    for purpose, name in PRIVATE_KEY_SETTINGS.items():
        private = b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()
        (tmp_path / f"cwg_{name}").write_text(private)
        public = Signer.from_secret("https://portal.example.org", private).public_key.text
        monkeypatch.setenv(f"CWG_{PUBLIC_KEY_SETTINGS[purpose].upper()}", public)
    return tmp_path


@pytest.mark.parametrize("part", InstallationPart)
def test_each_part_starts_with_the_settings_that_it_is_given(
    part: InstallationPart, secrets_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in PORTAL.get_settings(part).items():
        if not name.endswith("_PUBLIC_KEYS"):
            monkeypatch.setenv(name, value)
    for file in secrets_folder.iterdir():
        if file.name not in PORTAL.get_secrets(part):
            file.unlink()
    monkeypatch.setenv("CWG_SECRETS", str(secrets_folder))

    settings = Settings()

    NEEDS[part].check_settings(settings)
    assert all(getattr(settings, name) for name in NEEDS[part].databases)
    assert all(getattr(settings, name).startswith("s3://cwg-") for name in NEEDS[part].stores)


def test_files_are_opened_in_a_container_that_shares_only_its_socket() -> None:
    inits = {name: [each["name"] for each in PORTAL.get_pod(name).get("initContainers", ())] for name in PORTAL.pods}
    assert {name for name, found in inits.items() if "files" in found} == {"portal", "worker"}
    for name in ("portal", "worker"):
        pod = PORTAL.get_pod(name)
        files = pod["initContainers"][0]
        build_parser().parse_args(files["args"])
        for probe in ("startupProbe", "livenessProbe"):
            asked = build_parser().parse_args(files[probe]["exec"]["command"][3:])
            assert (asked.alive, asked.check) == (True, False)  # without isolation it runs, and opens nothing
        (scratch,) = (each for each in pod["volumes"] if each["name"] == "files-tmp")
        assert scratch["emptyDir"]["medium"] == "Memory"
        assert (files["image"].partition(":")[0], files["restartPolicy"]) == ("cwg-files", "Always")
        mounts = [{each["name"] for each in part["volumeMounts"]} for part in (files, PORTAL.get_container(name))]
        assert mounts[0] & mounts[1] == {"file-socket"}
        assert {each["name"]: each["value"] for each in files["env"]} == COMPOSE["services"]["files"]["environment"]
        assert "envFrom" not in files
        assert PORTAL.get_settings(name)["CWG_FILE_SERVICE"] == files["env"][0]["value"]


@pytest.mark.parametrize(("name", "command"), [("portal", "migrate"), ("worker", "migrate"), ("read", "migrate-read")])
def test_a_part_waits_for_the_schema_in_its_own_role(name: str, command: str) -> None:
    schema = PORTAL.get_pod(name)["initContainers"][-1]
    asked = build_parser().parse_args(schema["args"])
    assert (asked.command, asked.check) == (command, True)
    assert schema["envFrom"] == PORTAL.get_container(name)["envFrom"]
    assert not {"cwg_owner_database_url", "cwg_read_owner_database_url"} & PORTAL.get_secrets(name)


def test_both_databases_are_migrated_by_one_job_with_a_name_of_what_it_does() -> None:
    (name,) = PORTAL.list_kind("Job")
    assert re.fullmatch("migrate-[0-9a-f]{8}", name)  # a job cannot be changed: another version is another job
    assert build_parser().parse_args(PORTAL.get_container("migrate")["args"]).both
    assert "envFrom" not in PORTAL.get_container("migrate")  # it runs before the ConfigMaps of its version are there
    assert "ttlSecondsAfterFinished" in PORTAL.list_kind("Job")[name]["spec"]


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_is_replaced_without_a_request_lost_and_never_wholly_absent(name: str) -> None:
    part, deployment, pod = PORTAL.get_container(name), PORTAL.list_kind("Deployment")[name], PORTAL.get_pod(name)
    ports = {port["name"]: port["containerPort"] for port in part["ports"]}
    command = build_parser().parse_args(part["args"])
    assert (ports["http"], command.workers) == (command.port, 1)  # the kubelet sees the process, and not its supervisor
    assert ports["metrics"] == int(PORTAL.get_settings(name)["CWG_METRICS"].rpartition(":")[2])
    assert part["startupProbe"]["httpGet"] == part["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert part["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert part["startupProbe"]["periodSeconds"] * part["startupProbe"]["failureThreshold"] >= 300  # as in compose
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    spread = {each["topologyKey"] for each in pod["topologySpreadConstraints"]}
    assert spread == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert labels.items() >= deployment["spec"]["selector"]["matchLabels"].items() == {NAME: name}.items()
    budget, scale = PORTAL.list_kind("PodDisruptionBudget")[name], PORTAL.list_kind("HorizontalPodAutoscaler")[name]
    assert budget["spec"]["selector"]["matchLabels"] == {NAME: name}
    assert "replicas" not in deployment["spec"]  # or each upgrade would set back what the autoscaler chose
    assert 2 <= scale["spec"]["minReplicas"] < scale["spec"]["maxReplicas"]
    service = PORTAL.list_kind("Service")[name]["spec"]
    assert (service["selector"], service["ports"][0]["targetPort"]) == ({NAME: name}, "http")


def test_a_worker_that_lost_its_database_is_not_restarted() -> None:
    """Its metrics are read from the database; a worker that hangs ends itself (`app.worker.hang_detection`)."""
    part = PORTAL.get_container("worker")
    assert part["startupProbe"]["httpGet"] == {"path": "/metrics", "port": "metrics"}
    assert part["livenessProbe"]["tcpSocket"] == {"port": "metrics"}


def test_a_changed_setting_makes_new_pods() -> None:
    digests = {name: pod["metadata"].get("annotations", {}).get("cwg/settings") for name, pod in PORTAL.pods.items()}
    assert {name for name, each in digests.items() if each} == {*OF_OURS} - {"migrate"}
    assert digests["maintenance"] == digests["verify"]
    assert len(set(digests.values()) - {None}) == 5


def test_backups_are_taken_and_the_record_is_verified_by_the_clock() -> None:
    tasks = PORTAL.list_kind("CronJob")
    assert set(tasks) == {"backup", "verify"}
    for task in tasks.values():
        assert task["spec"]["concurrencyPolicy"] == "Forbid"
        assert "ttlSecondsAfterFinished" in task["spec"]["jobTemplate"]["spec"]
    backup = build_parser().parse_args(PORTAL.get_container("backup")["args"])
    compose = build_parser().parse_args(OURS["backup"]["command"])
    assert (backup.command, backup.folder, backup.keep) == (compose.command, compose.folder, compose.keep)
    assert PORTAL.get_container("verify")["args"] == OURS["maintenance"]["command"]
    assert PORTAL.list_kind("Deployment")["maintenance"]["spec"]["replicas"] == 0  # no owner's role runs all day


def test_what_is_only_for_the_kubelet_and_who_read_what_stays_inside() -> None:
    for name in SERVERS:
        ingress = PORTAL.list_kind("Ingress")[name]
        (rule,) = ingress["spec"]["rules"]
        served = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
        assert served == {"/readyz": "no-server", "/": name}
        given = {key.rpartition("/")[2]: value for key, value in ingress["metadata"]["annotations"].items()}
        assert given["enable-access-log"] == "false"
        assert f"client_max_body_size {given['proxy-body-size']};" in NGINX
        assert f"proxy_read_timeout {given['proxy-read-timeout']}s;" in NGINX
    assert {NAME: "no-server"} not in [pod["metadata"]["labels"] for pod in PORTAL.pods.values()]
    header = PORTAL.get_settings("portal")["CWG_CLIENT_ADDRESS_HEADER"]
    assert header == OURS["portal-1"]["environment"]["CWG_CLIENT_ADDRESS_HEADER"]


NGINX = (ROOT / "deploy" / "nginx" / "cwg.conf.template").read_text(encoding="utf-8")


def test_volumes_of_the_record_stay_when_the_rest_is_removed() -> None:
    for manifests in (PORTAL, WITNESS):
        for name, claim in manifests.list_kind("PersistentVolumeClaim").items():
            assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep", name
    kept = WITNESS.list_kind("StatefulSet")["witness"]["spec"]["persistentVolumeClaimRetentionPolicy"]
    assert set(kept.values()) == {"Retain"}


def test_no_image_names_a_registry_and_no_secret_is_in_a_manifest() -> None:
    for manifests in (PORTAL, WITNESS):
        images = {part["image"] for name in manifests.pods for part in list_containers(manifests.get_pod(name))}
        assert {image.partition(":")[0] for image in images} <= {"cwg-portal", "cwg-files", "clamav/clamav"}
        assert manifests.list_kind("Secret") == {}
        assert manifests.list_kind("Namespace")["cwg"]["metadata"]["labels"] == {
            "pod-security.kubernetes.io/enforce": "restricted"
        }
