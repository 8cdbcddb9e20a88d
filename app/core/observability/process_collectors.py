"""Collectors of the version that runs, and of memory, processor and open files of each process of a server."""

from collections.abc import Iterator
from pathlib import Path
from platform import python_version

from prometheus_client import ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry
from prometheus_client.samples import Sample


class BuildInfoCollector(Collector):
    """Always 1: the labels name what runs, so that two versions at once are seen."""

    def __init__(self, version: str, revision: str) -> None:
        self._labels = {"version": version, "revision": revision, "python": python_version()}

    def collect(self) -> Iterator[Metric]:
        """Yield the gauge (the interface of prometheus_client)."""
        gauge = GaugeMetricFamily("cwg_build_info", "What runs: version, revision, Python", labels=list(self._labels))
        gauge.add_metric(list(self._labels.values()), 1)
        yield gauge


class ProcessesCollector(Collector):
    """The usual metrics `process_…` of each process that writes metrics to a folder, with its number as label `pid`.

    The client library's own collector knows only the process that answers, which is the supervisor of the others.
    Linux only, as that.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of all processes that live (the interface of prometheus_client)."""
        families: dict[str, Metric] = {}
        for number in sorted({path.stem.rpartition("_")[2] for path in self._folder.glob("*_*.db")}):
            for each in _collect_process(int(number)):
                family = families.setdefault(each.name, Metric(each.name, each.documentation, each.type))
                family.samples += [_add_label(sample, number) for sample in each.samples]
        yield from families.values()


def _collect_process(number: int) -> list[Metric]:
    """Return the metrics of one process; none if it has ended."""
    return list(ProcessCollector(pid=lambda: number, registry=CollectorRegistry()).collect())


def _add_label(sample: Sample, number: str) -> Sample:
    return sample._replace(labels={**sample.labels, "pid": number})
