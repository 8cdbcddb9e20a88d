"""Time zones are named by places in the reader's language, under whichever of its names the zone is stored."""

import pytest

from app.http.localization import Localizer
from app.http.time_zones import SELECTABLE_ZONES


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["Geneva (Switzerland)", "Kolkata (India)", "Kolkata (India)", "Buenos Aires (Argentina)", "UTC"]),
        ("fr", ["Genève (Suisse)", "Calcutta (Inde)", "Calcutta (Inde)", "Buenos Aires (Argentine)", "UTC"]),
        ("ar", ["جنيف (سويسرا)", "كالكتا (الهند)", "كالكتا (الهند)", "بوينوس أيرس (الأرجنتين)", "UTC"]),
    ],
)
def test_a_zone_is_named_by_its_place(language: str, names: list[str]) -> None:
    zones = ("Europe/Zurich", "Asia/Kolkata", "Asia/Calcutta", "America/Argentina/Buenos_Aires", "UTC")

    assert [Localizer(language).time_zone_name(zone) for zone in zones] == names


def test_selectable_zones_have_distinct_names_and_none_is_a_path() -> None:
    names = [Localizer("en").time_zone_name(zone) for zone in SELECTABLE_ZONES]

    assert len(names) == len(set(names)) > 300
    assert [name for name in names if "/" in name or "_" in name] == []
