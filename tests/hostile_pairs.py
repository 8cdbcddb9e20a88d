"""All pairs of files, of which one is hostile and the other differs from it in one thing, as the page lists them."""

from tests.hidden_docx_twins import HIDDEN_IN_DOCX
from tests.hidden_pdf_twins import HIDDEN_IN_PDF
from tests.hostile_twins import HOSTILE_TO_VIEWERS, ORDINARY, PROTECTED_PDF, WATCHING_DOCX, Pair

PAIRS: dict[str, Pair] = WATCHING_DOCX | HOSTILE_TO_VIEWERS | ORDINARY | PROTECTED_PDF | HIDDEN_IN_DOCX | HIDDEN_IN_PDF
