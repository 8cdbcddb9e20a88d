"""What released outputs cite: on their pages, as facets, in JSON and in the signed manifest; and pages of
mandates. What a withdrawn one cited, and of whom there are statements."""

import pytest

from tests.dissemination.read_path_site import ReaderSite

RES_75 = {"code": "wtsa-res-75", "names": {"en": "WTSA Resolution 75", "fr": "Résolution 75 (AMNT)"}}
CLAUSE = {"code": "wtsa-res-75/2008-resolves-1", "names": {"en": "WTSA Resolution 75 (2008), resolves 1"}}
C5 = {"code": "C5", "names": {"en": "Building confidence"}}
WITH_IT = ("/mandates/wtsa-res-75", "/action-lines/C5", "/outputs?mandate=wtsa-res-75", "/outputs?action_line=C5")


def test_a_mandate_and_an_action_line_have_pages_with_the_outputs_that_cite_them(reader_site: ReaderSite) -> None:
    reader_site.release(1, mandates=[RES_75, CLAUSE], action_lines=[C5])
    reader_site.release(2)
    reader = reader_site.browser("academia")

    for address in WITH_IT:
        page = reader.get(address)
        assert page.status_code == 200
        assert ("22/OUT/1" in page.text, "22/OUT/2" in page.text) == (True, False)
    assert "Résolution 75 (AMNT)</h1>" in reader.get("/mandates/wtsa-res-75?lang=fr").text
    assert "C5 – Building confidence</h1>" in reader.get("/action-lines/C5").text
    for nothing in ("/mandates/pp-res-102", "/mandates/x", "/action-lines/C2", "/action-lines/x"):
        assert reader.get(nothing).status_code == 404


def test_an_output_names_what_it_cites_on_its_page_in_json_and_in_its_manifest(reader_site: ReaderSite) -> None:
    address = reader_site.release(1, mandates=[RES_75, CLAUSE], action_lines=[C5])
    without = reader_site.release(2)
    reader = reader_site.browser("academia")
    page = reader.get(address).text

    assert '<a href="/mandates/wtsa-res-75">WTSA Resolution 75 (2008), resolves 1</a>' in page
    assert '<a href="/mandates/wtsa-res-75">WTSA Resolution 75</a>' not in page  # the clause names it
    assert '<a href="/action-lines/C5">C5 – Building confidence</a>' in page
    assert reader.get(f"{address}.json").json()["mandates"] == [RES_75, CLAUSE]
    statement = reader.get(f"{address}.manifest.json").json()["statement"]
    assert (statement["mandates"], statement["action_lines"]) == ([RES_75, CLAUSE], [C5])
    assert not {"mandates", "action_lines"} & reader.get(f"{without}.manifest.json").json()["statement"].keys()


Q6 = {"code": "Q6/3", "names": {"en": "Charging and accounting", "fr": "Taxation"}}
CITED = {"mandates": [RES_75, CLAUSE], "action_lines": [C5], "questions": [Q6]}
STATEMENT = {"kind": "explanation", "text": "As it stands.", "language": "en"}


def test_an_output_names_the_questions_of_its_sources_and_is_found_by_them(reader_site: ReaderSite) -> None:
    address = reader_site.release(1, questions=[Q6])
    without = reader_site.release(2)
    reader = reader_site.browser("academia")

    assert '<a href="/outputs?question=Q6%2F3">Q6/3 – Charging and accounting</a>' in reader.get(address).text
    assert "Q6/3 – Taxation" in reader.get(f"{address}?lang=fr").text
    assert "Q6/3" not in reader.get(without).text
    listed = reader.get("/outputs?question=Q6/3").text
    assert ("22/OUT/1" in listed, "22/OUT/2" in listed) == (True, False)
    assert [reader.get(f"/outputs?question={code}").status_code for code in ("Q6", "Q6/x", "Q8/3")] == [422, 422, 200]
    assert reader.get(f"{address}.json").json()["questions"] == [Q6]
    assert reader.get(f"{address}.manifest.json").json()["statement"]["questions"] == [Q6]
    assert "questions" not in reader.get(f"{without}.manifest.json").json()["statement"]


@pytest.mark.parametrize("query", ["mandate=wtsa-res-75", "action_line=C5", "question=Q6/3"])
def test_a_withdrawn_output_is_found_by_what_it_cited(reader_site: ReaderSite, query: str) -> None:
    address = reader_site.release(1, **CITED)
    reader_site.release(2)
    reader_site.withdraw(1)
    reader_site.withdraw(2)
    reader = reader_site.browser("academia")

    codes = {"mandates": ["wtsa-res-75", CLAUSE["code"]], "action_lines": ["C5"], "questions": ["Q6/3"]}
    tombstone = reader.get(f"{address}.json").json()
    assert {name: tombstone[name] for name in codes} == codes
    statement = reader.get(f"{address}.manifest.json").json()["statement"]
    assert {name: statement["output"][name] for name in codes} == codes
    listed = reader.get(f"/outputs?{query}").text
    assert ("22/OUT/1" in listed, "22/OUT/2" in listed) == (True, False)
    assert [each["symbol"] for each in reader.get(f"/withdrawn.json?{query}").json()] == ["CWG-Internet 22/OUT/1"]


def test_the_party_of_a_statement_is_named_in_the_language_of_the_reader(reader_site: ReaderSite) -> None:
    names = {"en": "Example Telecom", "fr": "Télécom Exemple"}
    statements = [STATEMENT | {"state": "EXAMPLE-TEL", "names": names}, STATEMENT | {"state": "KEN"}]
    address = reader_site.release(1, statements=statements)
    reader = reader_site.browser("academia")

    for language, name in (("en", "Example Telecom"), ("fr", "Télécom Exemple"), ("ar", "Example Telecom")):
        page = reader.get(f"{address}?lang={language}").text
        assert name in page
        assert "EXAMPLE-TEL" not in page
        assert name in reader.get(f"/outputs?lang={language}").text
    assert "كينيا" in reader.get(f"{address}?lang=ar").text
    said = {each["state"]: each.get("names") for each in reader.get(f"{address}.json").json()["statements"]}
    assert said == {"EXAMPLE-TEL": names, "KEN": None}
    signed = reader.get(f"{address}.manifest.json").json()["statement"]["statements"]
    assert {each["state"]: each.get("names") for each in signed} == said
