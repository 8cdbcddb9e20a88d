"""The Word templates of a contribution pass the inspection, and what a delegate fills in is read back exactly."""

import io
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement as Element

from app.core.file_service.client import FileServiceOptions
from app.core.i18n import LANGUAGES, text_direction
from app.core.inspection import (
    DOCX,
    CoverReading,
    FindingCode,
    FindingLevel,
    InspectionLimits,
    InspectionReport,
    ProposalReading,
)
from app.core.inspection.classify import inspect_stream
from app.core.inspection.cover_labels import split_label
from app.core.inspection.sandbox import inspect_in_sandbox
from app.core.rendering.child import make_contribution_template
from app.core.rendering.contribution_template import MARKS
from app.core.rendering.template_filling import render_docx_to_pdf
from app.web.views.contributions.word_template import build_contribution_template, list_template_words

SOFFICE = shutil.which("soffice") or ""
FILLED: Mapping[str, dict[str, str]] = {
    "en": {
        "title": "School connectivity: what a kilometre of fibre costs",
        "source": "Kenya",
        "abstract": "Fibre is dear.\nIt could be cheaper for schools.",
        "action": "The meeting is invited to note the costs.",
        "contact": "A. Person, Nairobi\nperson@example.org",
        "provision": "Resolution 102, paragraph 3",
        "proposal": "Report on the costs of fibre",
    },
    "fr": {
        "title": "Connectivité des écoles : le coût d’un kilomètre de fibre",
        "source": "Côte d’Ivoire",
        "abstract": "La fibre est chère.\nElle pourrait l’être moins pour les écoles.",
        "action": "La réunion est invitée à prendre note des coûts.",
        "contact": "Mme Générale, Abidjan",
        "provision": "Résolution 102, paragraphe 3",
        "proposal": "Rapport sur le coût de la fibre",
    },
    "es": {
        "title": "Conectividad de las escuelas: ¿cuánto cuesta un kilómetro de fibra?",
        "source": "España",
        "abstract": "La fibra es cara.\nPodría ser más barata para las escuelas.",
        "action": "Se invita a la reunión a tomar nota de los costos.",
        "contact": "Sra. Muñoz, Madrid",
        "provision": "Resolución 102, párrafo 3",
        "proposal": "Informe sobre el costo de la fibra",
    },
    "ru": {
        "title": "Подключение школ: сколько стоит километр волокна",
        "source": "Кыргызстан",
        "abstract": "Волокно стоит дорого.\nДля школ оно могло бы стоить дешевле.",
        "action": "Собранию предлагается принять к сведению эти расходы.",
        "contact": "Г-н Ёлкин, Бишкек",
        "provision": "Резолюция 102, пункт 3",
        "proposal": "Отчет о стоимости волокна",
    },
    "ar": {
        "title": "توصيل المدارس: تكلفة كيلومتر من الألياف البصرية",
        "source": "الإمارات العربية المتحدة",
        "abstract": "تكلفة الألياف مرتفعة.\nويمكن أن تكون أقل للمدارس.",
        "action": "يُدعى الاجتماع إلى الإحاطة علماً بالتكاليف.",
        "contact": "السيدة مريم، أبوظبي",
        "provision": "القرار 102، الفقرة 3",
        "proposal": "تقرير عن تكاليف الألياف",
    },
    "zh": {
        "title": "学校连通：一公里光纤的费用",
        "source": "中国",
        "abstract": "光纤价格昂贵。\n学校所付的费用可以更低。",
        "action": "请会议注意相关费用。",
        "contact": "王女士，北京",
        "provision": "第102号决议第3段",
        "proposal": "关于光纤费用的报告",
    },
}


IN_EACH_RUN = ("ar", "en")  # the others differ by their words alone


@pytest.fixture(
    params=[each if each in IN_EACH_RUN else pytest.param(each, marks=pytest.mark.thorough) for each in LANGUAGES]
)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def make_template(language: str) -> bytes:
    """Make the template in this process, as a confined one does."""
    words = json.dumps(asdict(list_template_words(language))).encode()
    return make_contribution_template(io.BytesIO(), words)


def inspect_template(data: bytes) -> InspectionReport:
    return inspect_stream(io.BytesIO(data), InspectionLimits())


def iter_controls(document: Element) -> Iterator[tuple[str, Element]]:
    """Yield each content control with the name of its field."""
    for control in document.iter(qn("w:sdt")):
        yield control.find(f".//{qn('w:tag')}").get(qn("w:val")).removeprefix("contribution-"), control


def fill_in(data: bytes, values: Mapping[str, str], *, keeps_controls: bool = True, keeps_sign: bool = False) -> bytes:
    """Type values into the fields as Word does: it takes off the sign of the placeholder, and begins lines with
    breaks. Some programs keep no content controls."""
    document = docx.Document(io.BytesIO(data))
    for name, control in list(iter_controls(document.element)):
        run = control.find(f".//{qn('w:r')}")
        if name in values:
            properties = control.find(qn("w:sdtPr"))
            if not keeps_sign:
                properties.remove(properties.find(qn("w:showingPlcHdr")))
            run.remove(run.find(qn("w:rPr")))
            run.text = values[name]
        if not keeps_controls:
            control.addprevious(run)
            control.getparent().remove(control)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def fill_all(language: str) -> dict[str, str]:
    """Return a value for each field of the template: its purpose as chosen from the list, an item, anything else."""
    words = list_template_words(language)
    chosen = {"purpose": words.purposes[0], "item": "4"}
    return dict.fromkeys(words.placeholders, "…") | FILLED[language] | chosen


def expect_reading(values: Mapping[str, str]) -> CoverReading:
    fields = ("title", "source", "purpose", "item", "abstract", "action", "contact")
    own = {name: values[name] for name in fields if name in values}
    proposals = tuple(ProposalReading(values["proposal"], mark, values["provision"]) for mark in MARKS)
    return CoverReading(**own, proposals=proposals)


def test_the_placeholders_of_a_template_are_no_values_and_a_finding(language: str) -> None:
    report = inspect_template(make_template(language))
    placeholders = list_template_words(language).placeholders

    (finding,) = report.findings
    assert (finding.level, finding.code) == (FindingLevel.DECIDE, FindingCode.UNFILLED)
    assert str(finding.what.values["fields"]).startswith(f"{placeholders['group']}; {placeholders['meeting']}; ")
    assert (report.kind, report.title, report.language, report.reading) == (DOCX, None, language, CoverReading())


def test_what_a_delegate_fills_in_is_read_back_exactly(language: str) -> None:
    values = fill_all(language)
    report = inspect_template(fill_in(make_template(language), values))

    assert report.reading == expect_reading(values)
    assert (report.title, report.language, report.findings) == (FILLED[language]["title"], language, ())


def test_a_template_counts_no_pages_and_names_no_program_of_its_library() -> None:
    """Who fills it in would be asked whether the number of its pages is right."""
    with ZipFile(io.BytesIO(make_template("en"))) as archive:
        assert "word/document.xml" in archive.namelist()
        assert not {"docProps/app.xml", "docProps/thumbnail.jpeg"} & set(archive.namelist())


def test_the_fields_that_were_left_are_named_in_a_finding() -> None:
    values = fill_all("en")
    del values["contact"], values["date"]

    report = inspect_template(fill_in(make_template("en"), values))

    assert [finding.what.values for finding in report.findings] == [
        {"fields": "Date of the document; Name, position, telephone number and e-mail address"}
    ]


def test_the_service_makes_the_templates_and_takes_them_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "contribution.docx"
    for language in FILLED:
        values = fill_all(language)
        path.write_bytes(fill_in(build_contribution_template(language), values))

        report = inspect_in_sandbox(path, path.name)

        assert (report.reading, report.findings) == (expect_reading(values), ())


def test_labels_and_styles_are_enough_where_a_program_drops_the_fields(language: str) -> None:
    template = make_template(language)

    assert inspect_template(fill_in(template, {}, keeps_controls=False)).reading == CoverReading()
    filled = inspect_template(fill_in(template, FILLED[language], keeps_controls=False)).reading
    assert filled == expect_reading(FILLED[language])


def test_a_field_that_is_not_filled_in_has_no_value(language: str) -> None:
    """Also where a program takes off the sign of the placeholder without a text in its place."""
    template, placeholders = make_template(language), list_template_words(language).placeholders
    unfilled = {name: f"[{placeholders[name]}]" for name in FILLED[language]}

    assert inspect_template(fill_in(template, unfilled)).reading == CoverReading()
    assert inspect_template(fill_in(template, {"title": FILLED[language]["title"]})).reading == CoverReading(
        title=FILLED[language]["title"]
    )


def test_what_word_shows_in_a_field_that_was_emptied_is_no_value() -> None:
    words = dict.fromkeys(FILLED["en"], "Click or tap here to enter text.")

    emptied = fill_in(make_template("en"), words, keeps_sign=True)

    assert inspect_template(emptied).reading == CoverReading()


def test_every_label_of_the_templates_is_known(language: str) -> None:
    labels = list_template_words(language).labels

    found = {name: split_label(label)[0] for name, label in labels.items() if name != "reasons"}
    assert found == {
        "source": "source",
        "purpose": "purpose",
        "item": "item",
        "action": "action",
        "abstract": "abstract",
        "contact": "contact",
    }


def test_a_template_runs_in_the_direction_of_its_language(language: str) -> None:
    document = docx.Document(io.BytesIO(make_template(language)))
    normal = document.styles["Normal"].element

    is_rtl = text_direction(language) == "rtl"
    assert (normal.find(f".//{qn('w:bidi')}") is not None) == is_rtl
    assert {table._tbl.tblPr.find(qn("w:bidiVisual")) is not None for table in document.tables} == {is_rtl}
    assert {style.name for style in document.styles} >= {f"Proposal {mark}" for mark in MARKS}


@pytest.mark.skipif(not SOFFICE, reason="there is no soffice on this machine")
def test_the_pdf_of_a_filled_template_shows_its_cover() -> None:
    filled = fill_in(make_template("es"), FILLED["es"])

    pdf = render_docx_to_pdf(filled, FileServiceOptions(soffice=SOFFICE))

    reading = inspect_template(pdf).reading
    assert (reading.title, reading.source) == (FILLED["es"]["title"], FILLED["es"]["source"])
    assert reading.abstract == FILLED["es"]["abstract"].replace("\n", " ")
