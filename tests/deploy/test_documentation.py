"""What deploy/ and docs/operating.md say is true: commands exist, settings exist, each alarm has its section."""

import re
import shlex
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
import yaml

from app.__main__ import build_parser
from app.core.file_service.process import SERVICE_USER
from app.domain.monitoring.rules.alarms import AlarmKind
from app.file_service_settings import FileServiceSettings
from app.settings import Settings

ROOT = Path(__file__).parents[2]
WRITTEN = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(WRITTEN.replace("${CWG_SUBNETS:-10.77}", "10.77"))
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
OURS = {name: each for name, each in COMPOSE["services"].items() if "CWG_SECRETS" in str(each.get("environment"))}
TASKS = {"migrate", "migrate-read", "maintenance", "backup"}
SERVERS = ("portal-1", "portal-2", "read-1", "read-2")


def test_each_alarm_has_its_section() -> None:
    rules = yaml.safe_load((ROOT / "deploy" / "monitoring" / "rules.yaml").read_text(encoding="utf-8"))
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    assert set(re.findall(r"^### (\S+)$", OPERATING, re.M)) == {kind.value for kind in AlarmKind} | alerts


def test_each_documented_command_exists() -> None:
    commands = re.findall(r"python -m app ([a-z][^`\n]*)", OPERATING)
    assert len(commands) >= 4
    for command in commands:
        build_parser().parse_args(shlex.split(command))


def test_who_reads_is_replaced_before_who_writes_and_goes_back_after_it() -> None:
    """A part of the version before takes what the new one writes for damage, or for nothing."""
    upgrade, way_back = (parts.split() for parts in re.findall(r"for part in (.*?); do docker compose up", OPERATING))

    servers = [part for part in upgrade if part in (*SERVERS, "worker")]
    assert servers == ["read-1", "read-2", "worker", "portal-1", "portal-2"]
    assert [part for part in way_back if part in servers] == ["portal-1", "portal-2", "worker", "read-1", "read-2"]
    assert sorted(upgrade) == sorted(way_back)


def test_each_part_of_compose_is_a_command_with_settings_that_exist() -> None:
    assert set(OURS) == {*SERVERS, "worker", "migrate", "migrate-read", "maintenance", "backup"}
    for name, part in OURS.items():
        build_parser().parse_args(part["command"])
        known = {f"CWG_{field.upper()}" for field in Settings.model_fields}
        assert set(part["environment"]) <= known, name
        assert {secret.upper() for secret in part["secrets"]} <= known, name
        assert set(part["secrets"]) <= set(COMPOSE["secrets"]), name


def test_the_service_that_opens_files_shares_only_its_socket() -> None:
    files = COMPOSE["services"]["files"]
    build_parser().parse_args(files["command"])
    known = {f"CWG_{field.upper()}" for field in FileServiceSettings.model_fields}
    assert set(files["environment"]) == known
    assert (files["network_mode"], files["read_only"], files["cap_drop"]) == ("none", True, ["ALL"])
    assert files["security_opt"] == ["no-new-privileges:true"]
    assert not {"secrets", "env_file", "networks", "ports"} & set(files)
    assert {"mem_limit", "pids_limit", "cpus", "tmpfs"} <= set(files)
    assert files["volumes"] == ["file-socket:/run/cwg-files"]
    assert files["user"] == f"{SERVICE_USER}:{SERVICE_USER}"
    for name in ("portal-1", "portal-2", "worker"):
        assert OURS[name]["environment"]["CWG_FILE_SERVICE"] == files["environment"]["CWG_FILE_SERVICE"]
        assert "file-socket:/run/cwg-files" in OURS[name]["volumes"]
    assert [name for name, each in COMPOSE["services"].items() if "file-socket" in str(each)] == [
        *("portal-1", "portal-2", "files", "worker"),
    ]


def test_the_courier_is_given_nothing_and_reaches_the_worker_and_the_outside_alone() -> None:
    courier = COMPOSE["services"]["courier"]
    build_parser().parse_args(courier["command"])
    assert (courier["read_only"], courier["cap_drop"]) == (True, ["ALL"])
    assert not {"secrets", "env_file", "environment", "volumes", "ports", "configs"} & set(courier)
    assert courier["networks"] == ["courier", "courier-outside"]
    assert [name for name, each in COMPOSE["services"].items() if "courier" in each.get("networks", ())] == [
        *("worker", "courier"),
    ]
    assert OURS["worker"]["environment"]["CWG_COURIER"] == "http://courier:8020"


def test_fonts_and_libreoffice_are_in_the_image_of_the_service_alone() -> None:
    stages = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.M)
    named = {stage.splitlines()[0].rpartition(" ")[2]: stage for stage in stages[1:]}
    assert {name for name, stage in named.items() if "apt-get" in stage or "libreoffice" in stage} == {"files"}
    assert set(named["files"].split()) >= {"fonts-crosextra-carlito", "fonts-crosextra-caladea", "fonts-liberation"}
    assert named["portal"].startswith("program AS portal")
    assert f"USER {SERVICE_USER}:{SERVICE_USER}" in named["files"]
    assert "USER 10001:10001" in named["portal"]


def test_the_read_path_has_no_secret_volume_or_network_of_the_portal() -> None:
    for name in ("read-1", "read-2"):
        part = OURS[name]
        assert set(part["secrets"]) == {
            "cwg_reader_database_url",
            "cwg_read_session_secret",
            "cwg_read_oidc_client_secret",
        }
        assert [volume.split(":")[0] for volume in part["volumes"]] == ["release"]
        others = {*COMPOSE["services"]["portal-1"]["networks"], *OURS["worker"]["networks"]}
        assert not others & set(part["networks"])


@pytest.mark.parametrize("name", COMPOSE["networks"])
def test_each_edge_is_a_network_of_its_own(name: str) -> None:
    """Servers of one kind count as one, and so do the tasks that an operator calls."""
    on = {part for part, each in COMPOSE["services"].items() if name in each.get("networks", ())}
    kinds = {"tasks" if part in TASKS else re.sub(r"-[12]$", "", part) for part in on}

    if name.endswith("outside"):
        assert len(kinds) == 1
    else:
        assert COMPOSE["networks"][name]["internal"]
        assert len(kinds) == 2


def test_each_part_runs_without_privileges_on_a_root_that_it_cannot_write() -> None:
    for name, part in COMPOSE["services"].items():
        if name != "clamav":
            assert (part["read_only"], part["cap_drop"]) == (True, ["ALL"]), name
            assert part["security_opt"] == ["no-new-privileges:true"]
            assert part["user"].partition(":")[0] not in {"", "0", "root"}


def test_nginx_has_no_store_of_the_portal_and_the_maintenance_service_no_key() -> None:
    assert not any(volume.startswith("store:") for volume in COMPOSE["services"]["nginx"]["volumes"])
    assert not any(name.endswith("_key") or "session" in name for name in OURS["maintenance"]["secrets"])
    assert {volume for volume in OURS["backup"]["volumes"] if volume.startswith(("store", "release"))} == {
        *("store:/var/lib/cwg/store:ro", "release:/var/lib/cwg/release:ro"),
    }


def test_the_worker_reaches_the_database_of_the_read_path_as_its_role_and_not_its_servers() -> None:
    worker, database = OURS["worker"], COMPOSE["services"]["postgres-read"]
    assert set(worker["networks"]) & set(database["networks"]) == {"comparison"}
    assert COMPOSE["networks"]["comparison"] == {"internal": True}
    assert not set(worker["networks"]) & (set(OURS["read-1"]["networks"]) | set(OURS["read-2"]["networks"]))
    assert {each for each in worker["secrets"] if each.endswith("_url")} == {
        *("cwg_worker_database_url", "cwg_reader_database_url", "cwg_smtp_url"),
    }


def test_the_metrics_of_the_worker_are_not_on_the_network_of_the_read_paths_database() -> None:
    """PostgreSQL of the read path reaches the worker there; a process listens at one address of its own network."""
    host, _colon, port = OURS["worker"]["environment"]["CWG_METRICS"].rpartition(":")
    inside = OURS["worker"]["networks"]["worker-database"]
    assert (host, port) == (inside["ipv4_address"], "9100")
    (subnet,) = COMPOSE["networks"]["worker-database"]["ipam"]["config"]
    assert ip_address(host) in ip_network(subnet["subnet"])
    assert ip_address(host) not in ip_network(subnet["ip_range"]), "no other container is given it"


def test_each_private_key_is_given_to_the_part_that_signs_with_it() -> None:
    keys = {name: {each for each in part["secrets"] if each.endswith("_key")} for name, part in OURS.items()}
    assert keys == {
        "portal-1": {"cwg_receipt_key"},
        "portal-2": {"cwg_receipt_key"},
        "worker": {"cwg_release_key", "cwg_ledger_key"},
        "read-1": set(),
        "read-2": set(),
        "migrate": set(),
        "migrate-read": set(),
        "maintenance": set(),
        "backup": {"cwg_ledger_key"},
    }


def test_nginx_has_the_addresses_of_the_servers_and_every_name_of_its_templates() -> None:
    given = COMPOSE["services"]["nginx"]["environment"]
    templates = [path.read_text(encoding="utf-8") for path in (ROOT / "deploy" / "nginx").glob("*.conf.template")]
    assert set(given) == set(re.findall(r"\$\{(CWG_\w+)\}", "".join(templates)))
    at = {each["ipv4_address"] for name in SERVERS for each in OURS[name]["networks"].values() if each}
    assert {f"{address}:8000" for address in at} == {value for name, value in given.items() if "_AT" in name}


def test_secrets_are_read_from_files_unless_the_environment_sets_them(tmp_path, monkeypatch) -> None:
    (tmp_path / "cwg_session_secret").write_text("from a file\n")
    monkeypatch.setenv("CWG_SECRETS", str(tmp_path))
    assert Settings().session_secret.get_secret_value() == "from a file"
    monkeypatch.setenv("CWG_SESSION_SECRET", "from the environment")
    assert Settings().session_secret.get_secret_value() == "from the environment"
