"""The cover is read from an uploaded file: its styles and labels, and nothing that its reader does not see."""

import io
import json

import docx
import pytest
import weasyprint
from docx.document import Document
from docx.shared import Pt

from app.core.inspection import CoverReading, InspectionLimits, InspectionReport, ProposalReading
from app.core.inspection.classify import inspect_stream
from app.core.inspection.cover_labels import COVER_LABELS
from app.core.inspection.cover_reading import MAX_LINE_LENGTH, MAX_PROSE_LENGTH, MAX_READ_PROPOSALS
from app.core.inspection.report_schema import parse_report
from tests.files import make_docx, with_body_xml

LONG = "Many words. " * 5_000
HIDDEN = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>Source: Brazil</w:t></w:r>"
INSTRUCTION = '<w:r><w:fldChar w:fldCharType="begin"/><w:t>Source: Chad</w:t><w:fldChar w:fldCharType="end"/></w:r>'
DELETED = '<w:del w:author="a"><w:r><w:delText>Source: </w:delText></w:r><w:r><w:t>Source: Peru</w:t></w:r></w:del>'


def read_cover(data: bytes) -> CoverReading:
    """Inspect a file, and read its report back as that of a confined process is."""
    return inspect_and_parse(data).reading


def inspect_and_parse(data: bytes) -> InspectionReport:
    report = inspect_stream(io.BytesIO(data), InspectionLimits())
    return parse_report(json.dumps(report.to_json()).encode())


def save(document: Document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_title_source_and_proposals_are_read_from_the_styles_of_itu() -> None:
    document = docx.Document()
    for style in ("Source", "Title 1", "Proposal"):
        document.styles.add_style(style, 1)
    for text, style in (
        ("Document 5", "Normal"),
        ("Kenya", "Source"),
        ("Costs of fibre", "Title 1"),
        ("MOD\tKEN/5/1", "Proposal"),
        ("Resolution 102 (Rev. Bucharest, 2022)", "Heading 2"),
        ("The Council should report.", "Normal"),
        ("SUP\tResolution 133", "Proposal"),
        ("NOC", "Normal"),
    ):
        document.add_paragraph(text, style)

    assert read_cover(save(document)) == CoverReading(
        title="Costs of fibre",
        source="Kenya",
        proposals=(
            ProposalReading("Resolution 102 (Rev. Bucharest, 2022)", "MOD"),
            ProposalReading("Resolution 133", "SUP"),
        ),
    )


def test_labels_of_a_table_and_headings_are_read() -> None:
    document = docx.Document()
    table = document.add_table(3, 2)
    for row, (label, value) in enumerate(
        (("Source:", "Kenya"), ("Title:", "Costs of fibre"), ("Contact:", "A. Person"))
    ):
        table.cell(row, 0).text, table.cell(row, 1).text = label, value
    table.cell(2, 1).add_paragraph("person@example.org")
    for text, style in (
        ("Summary", "Heading 1"),
        ("Fibre is dear.", "Normal"),
        ("It could be cheaper.", "Normal"),
        ("Introduction", "Heading 1"),
        ("Source: World Bank", "Normal"),
    ):
        document.add_paragraph(text, style)

    assert read_cover(save(document)) == CoverReading(
        title="Costs of fibre",
        source="Kenya",
        abstract="Fibre is dear.\nIt could be cheaper.",
        contact="A. Person\nperson@example.org",
    )


@pytest.mark.parametrize("label", COVER_LABELS["abstract"])
def test_the_abstract_is_found_under_its_name_in_each_language(label: str) -> None:
    assert read_cover(make_docx(label.capitalize(), "Words.", "", "More.")).abstract == "Words."


def test_the_title_is_what_the_first_page_shows() -> None:
    """Properties are often left over from another document."""
    document = docx.Document()
    document.core_properties.title = "Invitation to dinner"
    document.add_paragraph("Costs of fibre", "Heading 1")
    with_heading = save(document)
    large = docx.Document(io.BytesIO(make_docx("Text.", title="")))
    large.add_paragraph().add_run("Costs of fibre").font.size = Pt(18)

    assert inspect_and_parse(with_heading).title == read_cover(with_heading).title == "Costs of fibre"
    assert read_cover(save(large)).title == "Costs of fibre"
    in_properties = read_cover(make_docx("Text.", title="Costs of fibre"))
    assert (in_properties.title, in_properties.title_is_property) == ("Costs of fibre", True)
    assert not any(
        read_cover(each).title_is_property for each in (with_heading, save(large), make_docx("Text.", title=""))
    )


@pytest.mark.parametrize("unseen", [HIDDEN, DELETED, INSTRUCTION])
def test_nothing_is_read_that_its_reader_does_not_see(unseen: str) -> None:
    seen = "<w:p><w:r><w:t>Source: Kenya</w:t></w:r></w:p>"

    assert read_cover(with_body_xml(f"<w:p>{unseen}</w:p>{seen}")).source == "Kenya"


def test_hostile_values_are_cut_and_cleaned() -> None:
    marks = "\u202eeviF\u202c\u200b\ue000"
    reading = read_cover(make_docx(f"Title: {marks} {LONG}", f"Source: {marks}", "Abstract", LONG + marks, LONG))
    many = read_cover(make_docx(*(f"ADD\tKEN/5/{n}" if n % 2 else f"{LONG}{n}" for n in range(400))))

    assert reading.title == "eviF " + LONG[: MAX_LINE_LENGTH - 6].rstrip() + "…"
    assert reading.source == "eviF"
    assert reading.abstract is not None
    assert (reading.abstract[:11], reading.abstract[-1]) == ("Many words.", "…")
    assert len(reading.abstract) <= MAX_PROSE_LENGTH
    assert len(many.proposals) == MAX_READ_PROPOSALS
    assert {len(each.title) <= MAX_LINE_LENGTH for each in many.proposals} == {True}


def test_a_report_with_too_much_is_not_believed() -> None:
    report = inspect_stream(io.BytesIO(make_docx()), InspectionLimits()).to_json()
    assert parse_report(json.dumps(report).encode()).reading == CoverReading(title="Report", title_is_property=True)
    for wrong in ({"title": "x" * 301}, {"contact": "x" * 4_001}, {"proposals": [{"title": ""}]}, {"more": "x"}):
        with pytest.raises(ValueError, match="validation error"):
            parse_report(json.dumps(report | {"reading": wrong}).encode())


def test_the_first_page_of_a_pdf_is_read() -> None:
    page = (
        "<title>Microsoft Word - final2.docx</title><style>h1 { font-size: 18pt }</style><h1>Costs of fibre</h1>"
        "<table><tr><td>Source:<td>Kenya<tr><td>Abstract:<td>Fibre is dear.<tr><td>Contact:<td>A. Person</table>"
        "<p>We propose much.<h1>Another heading</h1>"
    )

    reading = read_cover(weasyprint.HTML(string=page).write_pdf())

    assert reading == CoverReading(title="Costs of fibre", source="Kenya", abstract="Fibre is dear.")
    unshown = read_cover(weasyprint.HTML(string="<title>Invitation to dinner</title><p>Costs.").write_pdf())
    assert (unshown.title, unshown.title_is_property) == ("Invitation to dinner", True)
