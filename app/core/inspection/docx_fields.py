"""Rules for the fields of a DOCX: which start a program, and which bring in another file (ECMA-376 part 1, 17.16)."""

import re
from dataclasses import dataclass

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection.findings_collector import FindingsCollector
from app.core.inspection.links import LinkKind, classify_link, names_other_place

ACTIVE_FIELDS = {
    *("DDE", "DDEAUTO", "LINK", "DATABASE", "IMPORT", "EMBED"),
    *("CONTROL", "OCX", "HTMLCONTROL", "HTMLACTIVEX", "PRINT"),
}
INCLUDE_FIELDS = {"INCLUDETEXT", "INCLUDEPICTURE", "INCLUDE", "RD"}
TEXT_SWITCHES = ("\\l", "\\o", "\\t")  # of HYPERLINK: a text follows, which is no target (17.16.5.25)
# An argument in quotation marks of any kind, or without; a switch is a backslash and a letter without them.
ARGUMENT_PATTERN = re.compile(r"[\"“”„]([^\"“”„]*)[\"“”„]?|([^\s\"“”„]+)")
SWITCH_PATTERN = re.compile(r"\\[^\\/]")
MAX_FIELD_LENGTH = 20_000

PLAIN_TEXT_REMEDY = _(
    "In Word, select the field, press Ctrl+Shift+F9 to turn it into plain text, and save the document."
)
ALL_PLAIN_REMEDY = _(
    "In Word, press Ctrl+A, then Ctrl+Shift+F9 (on a Mac Cmd+A, Cmd+Shift+F9), which puts what is shown in the place of"
    " all fields and links, and save the document."
)


@dataclass(slots=True)
class OpenField:
    """A field that has begun: its instruction so far, and whether another field computes a part of it."""

    instruction: str = ""
    is_computed: bool = False
    in_result: bool = False


class FieldInspector:
    """Reads the fields of one part after the other; they may span many runs, and nest."""

    def __init__(self, collector: FindingsCollector) -> None:
        self.collector = collector
        self.part = ""
        self.open_fields: list[OpenField] = []

    def start_part(self, part: str) -> None:
        """Prepare for the next part."""
        self.part, self.open_fields = part, []

    def read_mark(self, kind: str) -> None:
        """Begin, divide or end a field."""
        if kind == "begin":
            self._note_nested()
            self.open_fields.append(OpenField())
        elif kind == "separate" and self.open_fields:
            self.open_fields[-1].in_result = True
        elif kind == "end" and self.open_fields:
            self._inspect(self.open_fields.pop())

    def read_simple(self, instruction: str) -> None:
        """Inspect a field that is one element."""
        self._note_nested()
        self._inspect(OpenField(instruction))

    def add_instruction(self, text: str) -> None:
        """Add text to the instruction of the innermost field."""
        if not self.open_fields:
            self.open_fields.append(OpenField())
        field = self.open_fields[-1]
        field.instruction = (field.instruction + text)[:MAX_FIELD_LENGTH]

    def end_all(self) -> None:
        """Inspect the fields that are still open."""
        while self.open_fields:
            self._inspect(self.open_fields.pop())

    def refuse(self, instruction: str, remedy: LazyText | None = None) -> None:
        """Add the refusal of a field, or of what fetches data as a field does."""
        self.collector.add_refusal(
            _("A field starts a program or fetches data from elsewhere: %(field)s", field=instruction),
            self.part,
            remedy or PLAIN_TEXT_REMEDY,
        )

    def _note_nested(self) -> None:
        """Note that the instruction of the innermost field has a field in it."""
        if self.open_fields and not self.open_fields[-1].in_result:
            self.open_fields[-1].is_computed = True

    def _inspect(self, field: OpenField) -> None:
        """Inspect the instruction of a field."""
        name, arguments = [*field.instruction.split(maxsplit=1), "", ""][:2]
        if name.upper() in ACTIVE_FIELDS:
            self.refuse(field.instruction)
        elif name.upper() in INCLUDE_FIELDS:
            self._inspect_include(field, arguments)
        elif name.upper() == "QUOTE" and self.open_fields:  # its result is part of the enclosing field
            self.add_instruction(evaluate_quote_field(field.instruction))
        elif name.upper() == "HYPERLINK":
            self._inspect_link(field, arguments)

    def _inspect_link(self, field: OpenField, arguments: str) -> None:
        """Refuse a link that starts something; report one that is dead or foreign."""
        targets = list_arguments(arguments, TEXT_SWITCHES)
        kinds = {classify_link(target.replace("\\\\", "\\")) for target in targets}  # a field doubles backslashes
        if LinkKind.STARTING in kinds:
            self.refuse(field.instruction)
        elif LinkKind.FOREIGN in kinds:
            self.collector.add_finding_to_decide(
                _("A link leads to a place that most readers cannot open: %(target)s", target=field.instruction),
                self.part,
                ALL_PLAIN_REMEDY,
            )

    def _inspect_include(self, field: OpenField, arguments: str) -> None:
        """Refuse a field whose file is on a server, at an address or in a folder, or has a name that is computed."""
        if field.is_computed or any(map(names_other_place, list_arguments(arguments))):
            self.collector.add_refusal(
                _("A field fetches a file when the document is opened: %(field)s", field=field.instruction),
                self.part,
                ALL_PLAIN_REMEDY,
            )
        else:
            self.collector.add_finding_to_decide(
                _("A field refers to another file: %(field)s", field=field.instruction), self.part, PLAIN_TEXT_REMEDY
            )


def list_arguments(text: str, text_switches: tuple[str, ...] = ()) -> list[str]:
    """Return the arguments of a field without its switches, and without the texts of those given."""
    found = []
    follows_switch = False
    for match in ARGUMENT_PATTERN.finditer(text):
        is_switch = match[2] is not None and SWITCH_PATTERN.match(match[2]) is not None
        if not is_switch and not follows_switch and (argument := match[1] or match[2]):
            found.append(argument)
        follows_switch = is_switch and match[2].lower() in text_switches
    return found


def evaluate_quote_field(instruction: str) -> str:
    """Return the result of a QUOTE field: texts, and characters by their numbers (17.16.5.49)."""
    words = instruction.split()[1:]
    return "".join(chr(int(word)) if word.isdecimal() and int(word) < 0x10FFFF else word.strip('"') for word in words)
