"""deploy/monitoring: the alerts fire when they should, and all that is named there is exported and documented."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry, ProcessCollector

from app.core.observability.metrics import ProcessMetrics
from app.core.observability.process_collectors import BuildInfoCollector
from app.dissemination.metrics import CatalogueMetrics
from app.domain.monitoring.rules.alarms import AlarmKind, HealthMetrics
from app.settings import Settings
from app.worker.prometheus_collector import build_gauges

ROOT = Path(__file__).parents[2]
HERE = ROOT / "deploy" / "monitoring"
RULES = [
    rule
    for group in yaml.safe_load((HERE / "rules.yaml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((HERE / "dashboard.json").read_text(encoding="utf-8"))
SCRAPED = yaml.safe_load((HERE / "prometheus.yaml").read_text(encoding="utf-8"))
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
TARGETS = {target for job in SCRAPED["scrape_configs"] for each in job["static_configs"] for target in each["targets"]}
EVERYTHING = HealthMetrics(
    *(1.0, 1, 1.0, 1, {"store": 1.0}, True, 1.0, True, {"files": True}, 1.0, 1, 1.0, 1, 1.0, 1.0),
    **{"witnesses_behind": {"w": 1.0}, "witnesses_refusing": {"w": False}, "backup_age": 1.0, "check_age": 1.0},
    **{"check_faults": 0, "read_databases": {}, "comparison_ages": {"r": 1.0}, "files_damaged": 0, "key_age": 1.0},
)


def list_exported() -> dict[str, set[str]]:
    """The labels of each metric that some part exports, by the names of its samples."""
    registry, meters = CollectorRegistry(), ProcessMetrics()
    registry.register(BuildInfoCollector("1", "a"))
    CatalogueMetrics(meters.registry)
    families = [*registry.collect(), *ProcessCollector(registry=CollectorRegistry()).collect()]
    families += build_gauges(EVERYTHING, Settings().alarm_thresholds)
    exported = {
        f"{metric._name}{suffix}": {*metric._labelnames, "le"}
        for metric in meters.registry._collector_to_names
        for suffix in ("", "_total", "_count", "_sum", "_bucket")
    }
    for family in families:
        for sample in family.samples:
            exported.setdefault(sample.name, set()).update({*sample.labels, "pid"})
    return exported


def list_expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in RULES)
    yield from (target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ()))


def test_each_metric_of_rules_and_dashboard_is_exported_with_its_labels() -> None:
    exported = list_exported()
    for expression in list_expressions():
        named = re.findall(r"\b((?:cwg|process)_[a-z_]+)(?:\{([^}]*)\})?", expression)
        assert named or "up{" in expression
        assert {metric for metric, _ in named} <= exported.keys()
        for metric, matchers in named:
            assert set(re.findall(r"(\w+)\s*[=!]", matchers)) <= exported[metric] | {"job", "instance"}, expression
        known = {"job", "instance"}.union(*(exported[metric] for metric, _ in named))
        for grouping in re.findall(r"\bby \(([^)]*)\)", expression):
            assert {label.strip() for label in grouping.split(",")} <= known, expression


def test_each_alert_says_how_urgent_it_is_in_a_sentence_and_names_its_section() -> None:
    operating = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"^### (\S+)$", operating, re.M))
    for rule in RULES:
        assert rule["alert"] in sections
        assert rule["annotations"]["section"] == f"docs/operating.md#{rule['alert']}"
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert re.fullmatch(r"\S.{20,}[.}]", rule["annotations"]["summary"])


def test_each_alarm_of_the_worker_is_an_alert() -> None:
    asked = set(re.findall(r'cwg_alarm\{alarm="([a-z-]+)"\}', "".join(rule["expr"] for rule in RULES)))
    assert asked | {"worker-silent"} == {kind.value for kind in AlarmKind}
    assert {kind.value for kind in AlarmKind} <= {rule["alert"] for rule in RULES}


def test_each_server_and_worker_is_asked_where_it_says_something() -> None:
    speaking = {name for name, part in COMPOSE["services"].items() if "CWG_METRICS" in part.get("environment", {})}
    assert {f"{name}:9100" for name in speaking} == TARGETS
    jobs = {job["job_name"] for job in SCRAPED["scrape_configs"]}
    assert set("|".join(re.findall(r'job=~?"([a-z|]+)"', "".join(list_expressions()))).split("|")) <= jobs


def test_the_prometheus_of_the_example_reaches_each_part_and_adds_no_way_between_them() -> None:
    (prometheus,) = yaml.safe_load((HERE / "compose.yaml").read_text(encoding="utf-8"))["services"].values()
    for name in (target.partition(":")[0] for target in TARGETS):
        assert set(prometheus["networks"]) & set(COMPOSE["services"][name]["networks"])
    assert (prometheus["read_only"], prometheus["cap_drop"]) == (True, ["ALL"])
    assert prometheus["ports"] == ["127.0.0.1:9090:9090"]


def test_the_dashboard_is_one_that_can_be_imported_and_says_what_each_panel_shows() -> None:
    panels = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
    assert {each["name"] for each in DASHBOARD["__inputs"]} == {"DS_PROMETHEUS"}
    assert all(panel["description"] for panel in panels)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    taken = [
        (column, line)
        for place in (panel["gridPos"] for panel in DASHBOARD["panels"])
        for column in range(place["x"], place["x"] + place["w"])
        for line in range(place["y"], place["y"] + place["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(column for column, _ in taken) < 24


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
@pytest.mark.parametrize(
    "command", ["check rules rules.yaml", "check config prometheus.yaml", "test rules rules_test.yaml"]
)
def test_promtool_accepts_the_rules_and_each_alert_fires_when_it_should(command: str) -> None:
    done = subprocess.run(["promtool", *command.split()], cwd=HERE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
