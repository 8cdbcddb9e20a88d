"""The source that a file names is compared with the State that submits it, in the words of six languages."""

import pytest

from app.core.inspection import FindingLevel
from app.domain.contributions.inputs import SECRETARIAT_ENTITY
from app.domain.contributions.rules.sources import list_source_findings
from app.domain.member_states import LANGUAGES, MEMBER_STATES, RES99_CODES, get_state_name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_is_known_by_its_name_and_another_state_is_noticed(language: str) -> None:
    for code in (*MEMBER_STATES, *RES99_CODES):
        other = "BRA" if code != "BRA" else "KEN"
        name = get_state_name(code, language)

        assert list_source_findings(name, code) == (), name
        assert [finding.level for finding in list_source_findings(name, other)] == [FindingLevel.DECIDE], name


@pytest.mark.parametrize(
    ("source", "entity"),
    [
        ("Republic of Kenya, Brazil", "KEN"),
        ("Contribution de l’Égypte", "EGY"),
        ("الأردن والبرازيل", "BRA"),
        ("肯尼亚、巴西", "BRA"),
        ("PAPUA NEW GUINEA", "PNG"),
        ("Dem. Rep. of the Congo", "COD"),
        ("African Common Proposals", "KEN"),
        ("Brazil", SECRETARIAT_ENTITY),
        (None, "KEN"),
    ],
)
def test_a_source_that_names_the_state_or_none_is_no_finding(source: str | None, entity: str) -> None:
    assert list_source_findings(source, entity) == ()


@pytest.mark.parametrize(("source", "entity"), [("Guinea-Bissau", "GIN"), ("Nigeria", "NER"), ("几内亚比绍", "GIN")])
def test_a_state_whose_name_has_another_name_in_it_is_another_state(source: str, entity: str) -> None:
    (finding,) = list_source_findings(source, entity)

    assert str(finding.what) == f"The file names another State as its source: {source}."
