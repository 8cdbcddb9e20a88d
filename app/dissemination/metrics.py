"""Metrics of the catalogues that a process of the read path has: how current they are, and what is wrong in them.

Nothing in them is about a reader or about what was read. Of several processes of a server the worst value counts.
"""

from collections import Counter

from prometheus_client import CollectorRegistry, Gauge

from app.dissemination.state import ReadPathState
from app.domain.releases.queries.chain_verification import CatalogueFaultKind


class CatalogueMetrics:
    """The gauges of one process; `sample` sets them. Times are seconds since 1970, 0 before the first."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._confirmed_at = Gauge(
            "cwg_catalogue_confirmed_timestamp_seconds",
            "When the catalogue was last known to be current",
            registry=registry,
            multiprocess_mode="livemin",
        )
        self._read_at = Gauge(
            "cwg_catalogue_read_timestamp_seconds",
            "When the catalogue was last read, since something was released or withdrawn",
            registry=registry,
            multiprocess_mode="livemin",
        )
        self._faults = Gauge(
            "cwg_catalogue_faults",
            "Manifests that are not as they were signed",
            ("kind",),
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._damaged_files = Gauge(
            "cwg_catalogue_damaged_files",
            "Files that are not as they were signed, and were not repaired since",
            registry=registry,
            multiprocess_mode="livemax",
        )
        for kind in CatalogueFaultKind:
            self._faults.labels(to_label(kind))

    def sample(self, state: ReadPathState) -> None:
        """Set the gauges."""
        for gauge, moment in (
            (self._confirmed_at, state.refresher.confirmed_at),
            (self._read_at, state.refresher.read_at),
        ):
            gauge.set(moment.timestamp() if moment else 0)
        catalogues = state.refresher.current_catalogues or {}
        faults = Counter(fault.kind for catalogue in catalogues.values() for fault in catalogue.faults)
        for kind in CatalogueFaultKind:
            self._faults.labels(to_label(kind)).set(faults[kind])
        self._damaged_files.set(len(state.file_integrity.damaged))


def to_label(kind: CatalogueFaultKind) -> str:
    """Return the label of a kind of fault."""
    return kind.name.lower().replace("_", "-")
