"""Instants, days, ranges and durations in six languages: the meeting's zone first, then the reader's."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from app.core.clock import now
from app.http.localization import Localizer
from app.http.moments import MomentFormats, TemplateMoments, count_seconds_left, write_for_zone

DUE = datetime(2027, 1, 27, 22, 59, 59, tzinfo=UTC)
GENEVA, NAIROBI, NEW_YORK = "Europe/Zurich", "Africa/Nairobi", "America/New_York"
LANGUAGES = ("en", "fr", "es", "ar", "zh", "ru")
THIN_SPACES = re.compile(r"[\u2009\u202f\xa0]")
RANGES = (
    (date(2026, 12, 22), date(2026, 12, 24)),
    (date(2026, 11, 30), date(2026, 12, 2)),
    (date(2026, 12, 30), date(2027, 1, 2)),
    (date(2026, 12, 22), date(2026, 12, 22)),
)


def plain(text: str) -> str:
    return THIN_SPACES.sub(" ", text)


def functions(language: str) -> dict[str, Callable[..., object]]:
    return Localizer(language).template_functions()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Wednesday 27 January 2027, 23:59 in Geneva (Thursday, 01:59 in Nairobi)"),
        ("fr", "mercredi 27 janvier 2027 à 23:59, Genève (jeudi à 01:59, Nairobi)"),
        ("es", "miércoles, 27 de enero de 2027, 23:59, hora de Ginebra (jueves, 01:59, hora de Nairobi)"),
        (
            "ar",
            "الأربعاء، 27 يناير 2027، الساعة 23:59 بتوقيت جنيف (الخميس، الساعة 01:59 بتوقيت نيروبي)",
        ),
        ("zh", "日内瓦时间2027年1月27日星期三 23:59（内罗毕时间星期四 01:59）"),
        ("ru", "среда, 27 января 2027 года, 23:59 (Женева); четверг, 01:59 (Найроби)"),
    ],
)
def test_the_time_of_the_meeting_is_followed_by_that_of_the_reader(language: str, words: str) -> None:
    assert plain(Localizer(language, NAIROBI).format_instant(DUE, GENEVA)) == words


def test_the_time_of_the_reader_is_left_out_where_it_says_nothing_new() -> None:
    there = "Wednesday 27 January 2027, 23:59 in Geneva"

    assert Localizer("en").format_instant(DUE, GENEVA) == there
    assert Localizer("en", "Europe/Paris").format_instant(DUE, GENEVA) == there
    assert Localizer("en", NEW_YORK).format_instant(DUE, GENEVA) == f"{there} (17:59 in New York)"


def test_an_exact_instant_has_its_difference_from_utc_and_no_other_zone() -> None:
    formats = Localizer("en", NAIROBI)

    assert formats.format_exact_instant(DUE, GENEVA) == "Wednesday 27 January 2027, 23:59:59 in Geneva (UTC+1)"
    assert formats.format_exact_instant(DUE, "Asia/Kolkata").endswith("in Kolkata (UTC+5:30)")
    assert formats.format_exact_instant(DUE, "America/St_Johns").endswith("in St John’s (UTC-3:30)")
    assert formats.format_exact_instant(DUE, "UTC") == "Wednesday 27 January 2027, 22:59:59 UTC"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("22–24 December 2026", "30 November – 2 December 2026", "30 December 2026 – 2 January 2027")),
        ("fr", ("22–24 décembre 2026", "30 novembre – 2 décembre 2026", "30 décembre 2026 – 2 janvier 2027")),
        (
            "es",
            (
                "22–24 de diciembre de 2026",
                "30 de noviembre – 2 de diciembre de 2026",
                "30 de diciembre de 2026 – 2 de enero de 2027",
            ),
        ),
        ("ar", ("22–24 ديسمبر 2026", "30 نوفمبر – 2 ديسمبر 2026", "30 ديسمبر 2026 – 2 يناير 2027")),
        ("zh", ("2026年12月22日至24日", "2026年11月30日至12月2日", "2026年12月30日至2027年1月2日")),
        (
            "ru",
            ("22–24 декабря 2026 года", "30 ноября – 2 декабря 2026 года", "30 декабря 2026 года – 2 января 2027 года"),
        ),
    ],
)
def test_days_are_a_range_within_a_month_and_over_months_and_years(language: str, words: tuple[str, ...]) -> None:
    formats = Localizer(language)

    assert [plain(formats.format_day_range(*days)) for days in RANGES[:3]] == list(words)
    assert formats.format_day_range(*RANGES[3]) == formats.format_day(RANGES[3][0], weekday=False)


def test_a_list_has_short_days_and_times_with_the_year_if_it_is_another_one() -> None:
    this_year = now().replace(month=6, day=10, hour=12, minute=5)
    formats = Localizer("en")

    assert formats.format_short_instant(this_year, "UTC") == "10 Jun, 12:05"
    assert formats.format_short_instant(this_year.replace(year=2019), "UTC") == "10 Jun 2019, 12:05"
    assert formats.format_short_instant(this_year, GENEVA, with_place=True) == "10 Jun, 14:05 in Geneva"
    assert plain(formats.format_day_range(*RANGES[1], short=True)) == "30 Nov – 2 Dec 2026"


def test_a_text_is_kept_for_one_language_one_reader_and_one_year(monkeypatch: pytest.MonkeyPatch) -> None:
    instant = now().replace(month=6, day=10, hour=12, minute=5)
    readers = (("en", None), ("fr", None), ("en", NAIROBI), ("en", NEW_YORK))
    texts = {Localizer(language, zone).format_instant(instant, GENEVA) for language, zone in readers}
    with write_for_zone("Asia/Tokyo"):
        texts.add(Localizer("en").format_instant(instant, GENEVA))
    short = Localizer("en").format_short_instant(instant, GENEVA)
    monkeypatch.setattr("app.core.clock.now", lambda: instant.replace(year=instant.year + 1))

    assert len(texts) == len(readers) + 1
    assert short == "10 Jun, 14:05"
    assert Localizer("en").format_short_instant(instant, GENEVA) == f"10 Jun {instant.year}, 14:05"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, ("0 min", "0 мин", "0分钟")),
        (45, ("45 min", "45 мин", "45分钟")),
        (90, ("1 h 30 min", "1 ч 30 мин", "1小时30分钟")),
        (1080, ("18 h", "18 ч", "18小时")),
    ],
)
def test_durations_are_in_hours_and_minutes(minutes: int, words: tuple[str, ...]) -> None:
    assert tuple(plain(Localizer(language).format_minutes(minutes)) for language in ("en", "ru", "zh")) == words


def test_what_is_left_comes_before_the_date() -> None:
    instant = now() + timedelta(days=13, minutes=1)

    for due in (Localizer("en").format_due(instant, GENEVA), Localizer("en").format_short_due(instant, GENEVA)):
        assert due[0] == "in 13 days"
        assert due[1].endswith("in Geneva")


def test_seconds_left_never_fall_below_zero() -> None:
    assert count_seconds_left(now() - timedelta(days=1)) == 0
    assert 30 <= count_seconds_left(now() + timedelta(seconds=60)) <= 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_templates_get_an_element_that_keeps_its_direction(language: str) -> None:
    """An Arabic page isolates it from the text around it, whose direction may be another one."""
    written = functions(language)
    elements = [
        written["when"](DUE, GENEVA),
        written["short_when"](DUE, GENEVA),
        written["exact_when"](DUE, GENEVA),
        written["hours"](DUE, DUE + timedelta(hours=3), GENEVA),
        written["day_range"](*RANGES[0]),
    ]

    for element in map(str, elements):
        assert element.startswith('<time datetime="202')
        assert ('dir="rtl"' in element) == (language == "ar")


def test_a_short_time_has_the_full_one_as_its_title_in_the_zone_of_the_page() -> None:
    short, hours = functions("en")["short_when"], functions("en")["hours"]
    with write_for_zone(NAIROBI):
        element, span = str(short(DUE, GENEVA)), str(hours(DUE, DUE + timedelta(minutes=30), GENEVA))

    assert 'datetime="2027-01-27T22:59:59+00:00"' in element
    assert 'title="Wednesday 27 January 2027, 23:59 in Geneva (Thursday, 01:59 in Nairobi)"' in element
    assert ">23:59–00:29 (Thursday, 01:59–02:29 in Nairobi)<" in re.sub("</?bdi[^>]*>", "", span)
    assert "Nairobi" not in str(short(DUE, GENEVA))


def test_a_date_that_ends_a_russian_sentence_brings_no_stop_of_its_own() -> None:
    formats = Localizer("ru")
    written: Iterator[str] = (formats.format_day(date(2026, 6, 2), weekday=weekday) for weekday in (True, False))

    assert all(each.endswith("года") for each in written)


@pytest.mark.parametrize(("language", "direction"), [("en", ""), ("ar", ' dir="rtl"')])
def test_hours_stay_together_on_one_line_in_the_direction_of_the_script(language: str, direction: str) -> None:
    begins = datetime(2027, 2, 8, 9, tzinfo=UTC)
    moments = TemplateMoments(MomentFormats(language, "Africa/Nairobi"))

    rendered = moments.render_hours(begins, begins + timedelta(hours=3), "Europe/Zurich")

    for hours in ("10:00–13:00", "12:00–15:00"):
        assert f'<bdi class="nowrap"{direction}>{hours}</bdi>' in rendered
