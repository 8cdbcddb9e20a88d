"""The list of real files is well-formed, and the page says what it says."""

import re

from tests.real_files import BEGIN, END, LIST, ORDINARY, PAGE, RIGHT, name_family, read_list, render_figures


def test_each_file_of_the_list_is_there_once_with_all_that_finds_it_again() -> None:
    files = read_list()

    assert len(files) >= 1_400
    assert [each.place for each in files] == sorted({each.place for each in files})
    assert len({each.sha256 for each in files}) == len(files)
    for each in files:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", each.repository), each
        assert re.fullmatch("[0-9a-f]{40}", each.commit), each
        assert re.fullmatch("[0-9a-f]{64}", each.sha256), each
        assert each.size.isdecimal(), each
        assert each.cpu_ms.isdecimal(), each
        assert each.kind in {"pdf", "docx"}, each


def test_every_refused_file_was_judged_and_has_a_reason() -> None:
    for each in read_list():
        is_refused = each.verdict == "refused"
        assert each.verdict in {"accepted", "check", "refused"}, each
        assert bool(each.reason) == is_refused, each
        assert each.judgement in ({ORDINARY, RIGHT} if is_refused else {""}), each


def test_the_list_shows_what_is_promised() -> None:
    files = read_list()
    ordinary = sum(each.judgement == ORDINARY for each in files)

    assert len({name_family(each.producer) for each in files if each.producer}) >= 20
    assert ordinary < 0.005 * (sum(each.verdict != "refused" for each in files) + ordinary)


def test_the_page_has_the_figures_of_the_list() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert render_figures(read_list()) == page.partition(BEGIN)[2].partition(END)[0], "python -m tests.real_files"
    assert LIST.name in page


def test_a_producer_is_named_without_its_version() -> None:
    assert {name_family(name) for name in ("Microsoft® Word 2016", "Microsoft Word 12.0000")} == {"microsoft word"}
    assert name_family("GPL Ghostscript 9.26") == "gpl ghostscript"
