"""The list of Member States: its members, their printed names, and their order."""

import pytest
from babel import Locale

from app.domain.member_states import (
    LANGUAGES,
    MEMBER_STATES,
    RES99_CODES,
    EntityName,
    find_states,
    get_state_name,
    order_by_name,
    order_by_protocol,
)

EVERYBODY = (*MEMBER_STATES, *RES99_CODES)

# In each language, the forms printed by the United Nations where everyday usage (and CLDR) differs.
OFFICIAL = {
    "BOL": (
        "Bolivia (Plurinational State of)",
        "Bolivie (État plurinational de)",
        "Bolivia (Estado Plurinacional de)",
        "Боливия (Многонациональное Государство)",
        "بوليفيا (دولة - المتعددة القوميات)",
        "多民族玻利维亚国",
    ),
    "COD": (
        "Democratic Republic of the Congo",
        "République démocratique du Congo",
        "República Democrática del Congo",
        "Демократическая Республика Конго",
        "جمهورية الكونغو الديمقراطية",
        "刚果民主共和国",
    ),
    "IRN": (
        "Iran (Islamic Republic of)",
        "Iran (République islamique d')",
        "Irán (República Islámica del)",
        "Иран (Исламская Республика)",
        "إيران (جمهورية - الإسلامية)",
        "伊朗伊斯兰共和国",
    ),
    "KOR": (
        "Republic of Korea",
        "République de Corée",
        "República de Corea",
        "Республика Корея",
        "جمهورية كوريا",
        "大韩民国",
    ),
    "NLD": (
        "Netherlands (Kingdom of the)",
        "Pays-Bas (Royaume des)",
        "Países Bajos (Reino de los)",
        "Нидерланды (Королевство)",
        "هولندا (مملكة -)",
        "荷兰王国",
    ),
    "PRK": (
        "Democratic People's Republic of Korea",
        "République populaire démocratique de Corée",
        "República Popular Democrática de Corea",
        "Корейская Народно-Демократическая Республика",
        "جمهورية كوريا الشعبية الديمقراطية",
        "朝鲜民主主义人民共和国",
    ),
    "TUR": ("Türkiye", "Türkiye", "Türkiye", "Турция", "تركيا", "土耳其"),
    "USA": (
        "United States of America",
        "États-Unis d'Amérique",
        "Estados Unidos de América",
        "Соединенные Штаты Америки",
        "الولايات المتحدة الأمريكية",
        "美利坚合众国",
    ),
    "PSE": (
        "State of Palestine",
        "État de Palestine",
        "Estado de Palestina",
        "Государство Палестина",
        "دولة فلسطين",
        "巴勒斯坦国",
    ),
}

# Where CLDR follows everyday usage, its name must not appear in any language.
COLLOQUIAL = """
    BOL BRN COD COG FSM GBR IRN KOR LAO MDA MMR NLD PRK RUS SYR TZA USA VAT VEN
"""
# CLDR agrees here with the United Nations.
AGREED = {("es", "COD"), ("es", "COG"), ("ru", "KOR"), ("zh", "MMR")}


def test_there_are_194_member_states_each_with_both_codes_and_a_region() -> None:
    assert len(MEMBER_STATES) == 194
    assert len({state.alpha2 for state in MEMBER_STATES.values()}) == 194
    assert all(len(code) == 3 and code == state.code for code, state in MEMBER_STATES.items())
    regions = [state.region for state in MEMBER_STATES.values()]
    assert {region: regions.count(region) for region in sorted(set(regions))} == {
        "A": 35,
        "B": 33,
        "C": 22,
        "D": 54,
        "E": 50,
    }


def test_the_alpha_2_code_belongs_to_the_alpha_3_code() -> None:
    english = Locale.parse("en").territories

    for code in ("CHE", "CHN", "GNQ", "PRK", "KOR", "SVK", "SVN", "AUS", "AUT", "NER", "NGA"):
        assert english[MEMBER_STATES[code].alpha2].split()[0] in {*get_state_name(code, "en").split(), "North", "South"}


def test_those_who_are_not_member_states_are_not_listed() -> None:
    assert "VAT" in MEMBER_STATES
    assert RES99_CODES == ("PSE",)
    assert not {"PSE", "TWN", "HKG", "MAC", "ESH", "COK", "NIU", "GIB", "PRI", "ATA"} & set(MEMBER_STATES)
    with pytest.raises(KeyError):
        get_state_name("TWN", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_a_unique_name(language: str) -> None:
    names = [get_state_name(code, language) for code in EVERYBODY]

    assert all(text and text == text.strip() for text in names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("code", OFFICIAL)
def test_names_are_the_forms_of_the_united_nations(code: str) -> None:
    assert tuple(get_state_name(code, language) for language in LANGUAGES) == OFFICIAL[code]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_is_an_everyday_form(language: str) -> None:
    territories = Locale.parse(language).territories
    everyday = {
        territories[MEMBER_STATES[code].alpha2] for code in COLLOQUIAL.split() if (language, code) not in AGREED
    }

    names = {get_state_name(code, language) for code in EVERYBODY}

    assert not names & everyday
    for text in names:
        for mark in ("&", "Burma", "Birman", "Бирма", "بورما", "Kinshasa", "St. ", "о-ва", "’", "\N{NO-BREAK SPACE}"):
            assert mark not in text


def test_delegations_are_ordered_by_their_french_names() -> None:
    codes = ["ZAF", "DEU", "EGY", "USA", "ERI", "SLV", "EST", "ETH", "ESP", "ARE", "ECU", "FJI"]

    assert order_by_protocol(codes) == [
        "ZAF",  # Afrique du Sud
        "DEU",  # Allemagne
        "EGY",  # Égypte
        "SLV",  # El Salvador
        "ARE",  # Émirats arabes unis
        "ECU",  # Équateur
        "ERI",  # Érythrée
        "ESP",  # Espagne
        "EST",  # Estonie
        "USA",  # États-Unis d'Amérique
        "ETH",  # Éthiopie
        "FJI",  # Fidji
    ]


def test_french_order_is_word_by_word_and_a_hyphen_separates_words() -> None:
    assert order_by_protocol(["LCA", "VCT", "SMR", "KNA"]) == ["KNA", "SMR", "VCT", "LCA"]
    assert order_by_protocol(["GNQ", "GNB", "GIN"]) == ["GIN", "GNB", "GNQ"]
    assert order_by_protocol(["NGA", "NER", "SSD", "SDN"]) == ["NER", "NGA", "SDN", "SSD"]


def test_english_and_spanish_order_ignores_accents() -> None:
    assert order_by_name(["TUV", "TUR", "TUN", "TKM"], "en") == ["TUN", "TUR", "TKM", "TUV"]
    assert order_by_name(["ETH", "EST", "ESP", "SVN"], "es") == ["SVN", "ESP", "EST", "ETH"]


def test_russian_order_is_that_of_its_alphabet() -> None:
    assert order_by_name(["JAM", "IND", "YEM", "AUT", "ISL"], "ru") == ["AUT", "IND", "ISL", "YEM", "JAM"]


def test_arabic_order_ignores_the_article() -> None:
    # بيلاروس، الجزائر، جيبوتي، مصر، اليابان
    assert order_by_name(["JPN", "EGY", "DJI", "DZA", "BLR"], "ar") == ["BLR", "DZA", "DJI", "EGY", "JPN"]
    # أذربيجان، الأرجنتين، الأردن: the forms of alif are one letter
    assert order_by_name(["JOR", "AZE", "ARG"], "ar") == ["AZE", "ARG", "JOR"]


def test_chinese_order_is_by_pinyin() -> None:
    # Āfùhàn, Bālín, Bìlǔ, Cháoxiǎn, Fǎguó, Fàndìgāng, Fěijì, Fēilǜbīn, Zhōngguó
    assert order_by_name(["CHN", "PER", "VAT", "FRA", "AFG", "BHR", "PRK"], "zh") == [
        "AFG",
        "BHR",
        "PER",
        "PRK",
        "FRA",
        "VAT",
        "CHN",
    ]
    assert order_by_name(["NOR", "NRU", "NAM"], "zh") == ["NAM", "NRU", "NOR"]  # Nà, Nǎo, Nuó


@pytest.mark.parametrize("language", LANGUAGES)
def test_sorting_keeps_every_state_and_does_not_depend_on_the_input_order(language: str) -> None:
    forwards = order_by_name(EVERYBODY, language)

    assert sorted(forwards) == sorted(EVERYBODY)
    assert order_by_name(reversed(EVERYBODY), language) == forwards


@pytest.mark.parametrize(
    ("words", "language", "codes"),
    [
        ("Brazil", "en", ["BRA"]),
        (" bRÉSIL ", "en", ["BRA"]),
        ("bra", "fr", ["BRA"]),
        ("br", "zh", ["BRA"]),
        ("cote d ivoire", "fr", ["CIV"]),
        ("Côte d’Ivoire", "fr", ["CIV"]),
        ("Кот‑д’Ивуар", "ru", ["CIV"]),
        ("Lao People’s Democratic Republic", "en", ["LAO"]),
        ("Tanzania", "en", ["TZA"]),
        ("Niger", "en", ["NER"]),
        ("البرازيل", "ar", ["BRA"]),
        ("برازيل", "ar", ["BRA"]),
        ("巴西", "zh", ["BRA"]),
        ("玻利维亚", "zh", ["BOL"]),
        ("Бразилия", "ru", ["BRA"]),
        ("Korea", "en", ["PRK", "KOR"]),
        ("Atlantis", "en", []),
        ("-", "en", []),
        ("", "en", []),
    ],
)
def test_a_state_is_found_by_code_or_name_in_every_script(words: str, language: str, codes: list[str]) -> None:
    assert sorted(find_states(words, language)) == sorted(codes)


def test_every_state_is_found_by_each_of_its_names_alone() -> None:
    names = [(code, name) for code in EVERYBODY for name in (get_state_name(code, each) for each in LANGUAGES)]

    assert [name for code, name in names if find_states(name, "en") != [code]] == []


def test_the_union_is_named_in_the_language_of_the_reader() -> None:
    names = {
        language: EntityName("ITU", {"otherwise": "ITU"}).translate(language)
        for language in ("en", "fr", "es", "ru", "ar", "zh")
    }
    assert names == {"en": "ITU", "fr": "UIT", "es": "UIT", "ru": "МСЭ", "ar": "الاتحاد", "zh": "国际电联"}
