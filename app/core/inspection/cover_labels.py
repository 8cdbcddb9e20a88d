"""Labels of a cover in the six languages, and the values behind them: `Source: Kenya`, or a label and what follows."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

COVER_LABELS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "title": ("title", "titre", "título", "название", "заголовок", "العنوان", "عنوان", "标题", "题目"),
        "source": ("source", "sources", "origine", "origen", "fuente", "источник", "المصدر", "来源", "文稿来源"),
        "abstract": (
            *("abstract", "summary", "executive summary", "résumé", "résumé analytique", "resumen", "sumario"),
            *("resumen ejecutivo", "резюме", "краткое содержание", "аннотация", "ملخص", "الملخص", "ملخص تنفيذي"),
            *("خلاصة", "موجز", "摘要", "概要", "内容提要", "内容摘要"),
        ),
        "action": (
            *("action", "action required", "action requested", "action requested of the meeting"),
            *("action by the meeting", "action required from the council", "action to be taken"),
            *("suite à donner", "suite demandée à la réunion"),
            *("mesure demandée", "mesures demandées", "suite que la réunion est invitée à donner", "acción solicitada"),
            *("acción requerida", "medidas solicitadas", "medida solicitada", "medida solicitada a la reunión"),
            *("требуемые действия", "необходимые действия", "действие, запрашиваемое у собрания", "الإجراء المطلوب"),
            *("الإجراء المطلوب من الاجتماع", "الإجراءات المطلوبة", "要求采取的行动", "需采取的行动"),
            *("请会议采取的行动", "所需行动"),
        ),
        "contact": (
            *("contact", "contacts", "contact person", "contact information", "personne à contacter", "contacto"),
            *("persona de contacto", "контакт", "контакты", "контактное лицо", "для контактов", "جهة الاتصال"),
            *("للاتصال", "للتواصل", "联系", "联系人", "联系方式", "联系信息"),
        ),
        "purpose": ("purpose", "objet", "objeto", "finalidad", "назначение", "цель", "الغرض", "目的"),
        "item": (
            *("agenda item", "point de l’ordre du jour", "punto del orden del día", "пункт повестки дня"),
            *("بند جدول الأعمال", "议项"),
        ),
        "": (
            *("group", "groupe", "grupo", "группа", "الفريق", "工作组"),
            *("meeting", "réunion", "reunión", "собрание", "الاجتماع", "会议", "document", "documento", "документ"),
            *("الوثيقة", "文件", "date", "fecha", "дата", "التاريخ", "日期", "references", "reference", "références"),
            *("referencias", "ссылки", "المراجع", "参引文件", "keywords", "mots clés", "palabras clave"),
            *("ключевые слова", "关键词", "question", "study group", "introduction", "introducción", "введение"),
            *("مقدمة", "引言", "proposal", "proposals", "proposition", "propositions", "propuesta", "propuestas"),
            *("предложение", "предложения", "المقترح", "المقترحات", "提案"),
        ),
    }
)
"""Labels by the field of the cover that they name, in small letters; those of no field end the value before them."""

FIELDS_BY_LABEL: Final = MappingProxyType({label: field for field, labels in COVER_LABELS.items() for label in labels})
MAX_LABEL_LENGTH: Final = max(map(len, FIELDS_BY_LABEL))
UNFILLED_PATTERN: Final = re.compile(r"\[[^\[\]]*\]")
"""A text in square brackets alone is what a template says in place of a value."""
ONE_PARAGRAPH_FIELDS: Final = ("title", "source", "purpose", "item")
MAX_VALUE_LENGTH: Final = 6_000


def split_label(text: str) -> tuple[str | None, str]:
    """Return the field that a paragraph begins with the label of, and what is behind it; None if there is no label."""
    text = text.strip()
    head, colon, _rest = text[: MAX_LABEL_LENGTH + 4].replace("：", ":").partition(":")
    if not colon and len(text) > MAX_LABEL_LENGTH:
        return None, ""
    label = " ".join(head.split()).casefold().replace("'", "’")
    return FIELDS_BY_LABEL.get(label), text[len(head) + 1 :].strip()


def is_unfilled(text: str) -> bool:
    """Tell whether a text is what a template says in place of a value."""
    return UNFILLED_PATTERN.fullmatch(text.strip()) is not None


class LabelReader:
    """Collects the values behind labels from the paragraphs of a document; the first value of a field counts."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.field = ""
        self.value = ""

    def read_paragraph(self, text: str, *, is_heading: bool = False, is_in_table: bool = False) -> None:
        """Read the next paragraph. A heading, an empty paragraph or another label ends the value before it; in a table
        only the end of the row and another label do."""
        field, rest = split_label(text)
        if field is not None:
            self.end_value()
            self.field, self.value = field, rest
            if rest and not is_in_table:
                self.end_value()
        elif self.field and (is_heading or not text.strip()):
            if self.value and not is_in_table:
                self.end_value()
        elif self.field and len(self.value) < MAX_VALUE_LENGTH:
            self.value = f"{self.value}\n{text}" if self.value else text
            if self.field in ONE_PARAGRAPH_FIELDS:
                self.end_value()

    def end_value(self) -> None:
        """Keep the value that ends here, unless the template was not filled in."""
        if self.field and self.value.strip() and not is_unfilled(self.value):
            self.values.setdefault(self.field, self.value)
        self.field = self.value = ""
