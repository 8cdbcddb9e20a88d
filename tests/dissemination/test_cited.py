"""What released outputs cite: on their pages, as facets, in JSON and in the signed manifest; and pages of mandates."""

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
