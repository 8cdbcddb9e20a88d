"""Rules for the fields of a DOCX: which start a program, and which bring in another file (ECMA-376 part 1, 17.16)."""

import re
from dataclasses import dataclass

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection.findings import FindingCode
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
FORMAT_SWITCHES = ("\\*", "\\#", "\\@")  # a word of a format follows, with or without a space (17.16.4)
# A name ends at white space, at a quotation mark or at a switch; it may be in quotation marks itself.
NAME_PATTERN = re.compile(r"\s*[\"“”„]?(=|[^\s\"“”„\\]*)")
MAX_FIELD_LENGTH = 20_000

PLAIN_TEXT_REMEDY = _(
    "In Word, select the field, press Ctrl+Shift+F9 to turn it into plain text, and save the document."
)
ALL_PLAIN_REMEDY = _(
    "In Word, press Ctrl+A, then Ctrl+Shift+F9 (on a Mac: Cmd+A, Cmd+Shift+F9) to replace all fields and links "
    "with the text they show, then save the document."
)


@dataclass(slots=True)
class OpenField:
    """A field that has begun: its instruction so far, and whether another field computes a part of it or its name."""

    instruction: str = ""
    is_computed: bool = False
    has_computed_name: bool = False
    in_result: bool = False


class FieldInspector:
    """Reads the fields of one part after the other; they may span many runs, and nest."""

    def __init__(self, collector: FindingsCollector) -> None:
        self.collector = collector
        self.part = ""
        self.open_fields: list[OpenField] = []
        self.around: list[tuple[list[OpenField], OpenField | None]] = []
        self.outer: OpenField | None = None  # the field around the branch at hand

    def start_part(self, part: str) -> None:
        """Prepare for the next part, which continues no field of the one before."""
        self.end_all()
        self.part, self.open_fields, self.around, self.outer = part, [], [], None

    def enter(self, *, is_story: bool) -> None:
        """Enter a story of its own (a text box), or a branch, which programs may leave out (part 3, 7)."""
        self.around.append((self.open_fields, self.outer))
        self.outer = None if is_story else self.open_fields[-1] if self.open_fields else self.outer
        self.open_fields = []

    def leave(self, *, is_story: bool) -> None:
        """Leave a story or a branch. A field that goes on after a branch is refused: who leaves the branch out reads
        another field."""
        if self.open_fields and not is_story:
            self.refuse(self.open_fields[-1].instruction)
        self.end_all()
        self.open_fields, self.outer = self.around.pop()

    @property
    def is_in_instruction(self) -> bool:
        """Whether text at hand is part of an instruction, in whatever element it is."""
        field = self.open_fields[-1] if self.open_fields else self.outer
        return field is not None and not field.in_result

    def read_mark(self, kind: str) -> None:
        """Begin, divide or end a field."""
        if kind == "begin":
            self._note_nested()
            self.open_fields.append(OpenField())
        elif not self.open_fields and self.outer:
            self.refuse(self.outer.instruction)
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
        if not self.open_fields and self.outer:
            if not text.isspace():
                self.refuse(self.outer.instruction + text)
            return
        if not self.open_fields:
            self.open_fields.append(OpenField())
        field = self.open_fields[-1]
        whole = (field.instruction + text).lstrip()
        field.is_computed |= len(whole) > MAX_FIELD_LENGTH  # what is cut off is not known
        field.instruction = whole[:MAX_FIELD_LENGTH]

    def end_all(self) -> None:
        """Inspect the fields that are still open. Programs drop a mark without an end, which old ones left behind."""
        while self.open_fields:
            field = self.open_fields.pop()
            field.has_computed_name = False
            self._inspect(field)

    def refuse(self, instruction: str, remedy: LazyText | None = None) -> None:
        """Add the refusal of a field, or of what fetches data as a field does."""
        self.collector.add_refusal(
            _("A field starts a program or fetches data from elsewhere: %(field)s", field=instruction),
            self.part,
            remedy or PLAIN_TEXT_REMEDY,
        )

    def _note_nested(self) -> None:
        """Note that the instruction of the innermost field has a field in it."""
        field = self.open_fields[-1] if self.open_fields else self.outer
        if field and not field.in_result:
            field.is_computed = True
            field.has_computed_name |= is_part_of_name(field.instruction)

    def _inspect(self, field: OpenField) -> None:
        """Inspect the instruction of a field."""
        name, arguments = split_name(field.instruction)
        if name in ACTIVE_FIELDS or field.has_computed_name:
            self.refuse(field.instruction)
        elif name in INCLUDE_FIELDS:
            self._inspect_include(field, arguments)
        elif name == "HYPERLINK":
            self._inspect_link(field, arguments)

    def _inspect_link(self, field: OpenField, arguments: str) -> None:
        """Refuse a link that starts something; report one that is dead or foreign."""
        targets = list_arguments(arguments, TEXT_SWITCHES)
        kinds = {classify_link(target.replace("\\\\", "\\")) for target in targets}  # a field doubles backslashes
        if LinkKind.STARTING in kinds:
            self.refuse(field.instruction)
        elif LinkKind.FOREIGN in kinds or field.is_computed:
            self.collector.add_finding_to_decide(
                FindingCode.LINK,
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
                FindingCode.OTHER_FILE,
                _("A field refers to another file: %(field)s", field=field.instruction),
                self.part,
                PLAIN_TEXT_REMEDY,
            )


def split_name(instruction: str) -> tuple[str, str]:
    """Return the name of a field in capitals, and what follows it."""
    match = NAME_PATTERN.match(instruction)
    return (match[1].upper(), instruction[match.end() :]) if match else ("", instruction)


def is_part_of_name(instruction: str) -> bool:
    """Return whether what follows may complete the name of a field that starts something or fetches a file."""
    name, rest = split_name(instruction)
    return not rest and any(known.startswith(name) for known in ACTIVE_FIELDS | INCLUDE_FIELDS)


def list_arguments(text: str, text_switches: tuple[str, ...] = ()) -> list[str]:
    """Return the arguments of a field without its switches, and without the texts of those given.

    A switch is two characters; what follows it without a space is an argument too.
    """
    found = []
    follows_switch = ""
    for match in ARGUMENT_PATTERN.finditer(text):
        word = match[2] or ""
        switch = word[:2].lower() if SWITCH_PATTERN.match(word) else ""
        argument = match[1] or word[len(switch) :]
        is_text = switch in FORMAT_SWITCHES or (switch or follows_switch) in text_switches
        if argument and not is_text:
            found.append(argument)
        follows_switch = switch if switch and not argument else ""
    return found
