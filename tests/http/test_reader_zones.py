"""The zone of a reader: chosen, else of the browser, else of the State, else of Geneva."""

import pytest

from app.domain.member_states import MEMBER_STATES, RES99_CODES
from app.http.reader_zones import REGION_LABELS, ReaderZone, ZoneSource, find_reader_zone
from app.http.time_zones import SELECTABLE_ZONES, ZONE_REGIONS

KENYA, PARIS = "KEN", "Europe/Paris"


@pytest.mark.parametrize(
    ("chosen", "browser", "entity", "zone", "source"),
    [
        ("Asia/Tokyo", PARIS, KENYA, "Asia/Tokyo", ZoneSource.CHOSEN),
        (None, PARIS, KENYA, PARIS, ZoneSource.BROWSER),
        (None, "Asia/Calcutta", KENYA, "Asia/Calcutta", ZoneSource.BROWSER),
        (None, None, KENYA, "Africa/Nairobi", ZoneSource.STATE),
        (None, "UTC", KENYA, "Africa/Nairobi", ZoneSource.STATE),  # a browser that hides its zone
        (None, "<script>", KENYA, "Africa/Nairobi", ZoneSource.STATE),
        (None, None, "USA", "America/New_York", ZoneSource.STATE),
        (None, None, "LANTERN-TELECOM", "Europe/Zurich", ZoneSource.SEAT),
        (None, None, "", "Europe/Zurich", ZoneSource.SEAT),
    ],
)
def test_the_zone_of_a_reader(
    chosen: str | None, browser: str | None, entity: str, zone: str, source: ZoneSource
) -> None:
    found = find_reader_zone(chosen=chosen, browser=browser, entity=entity)

    assert found.source == source
    assert ReaderZone(zone, source) == found or found.zone.split("/")[1] in {"Kolkata", "Calcutta"}


@pytest.mark.parametrize("code", sorted({*MEMBER_STATES, *RES99_CODES}))
def test_every_state_has_a_zone(code: str) -> None:
    found = find_reader_zone(chosen=None, browser=None, entity=code)

    assert found.source == ZoneSource.STATE
    assert found.zone in SELECTABLE_ZONES


def test_every_region_of_a_zone_has_a_name() -> None:
    assert {zone.split("/")[0] for zone in SELECTABLE_ZONES} == ZONE_REGIONS == REGION_LABELS.keys()
