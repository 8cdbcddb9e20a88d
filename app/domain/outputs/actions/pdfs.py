"""Make the PDF of a text part of it, before the text is adopted or approved; never afterwards. The system acts here,
without an actor."""

from app.core import journal
from app.core.clamav import ScanState, ScanVerdict
from app.core.db import WriteSession
from app.domain.files import actions as file_actions
from app.domain.files import queries as file_queries
from app.domain.files.models import RenditionState
from app.domain.outputs import events
from app.domain.outputs.models import Output, OutputTranslation
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules import texts as rules


def add_pdfs(session: WriteSession, output: Output, *, is_under_silence: bool, awaits_scan: bool = False) -> int:
    """Add to each text of an output that may still change its PDF, if that was made; return how many.

    The caller has locked the row of the output, under which texts are adopted and approved. A draft under silence gets
    none: States decide on the text that was put before them. If a PDF `awaits_scan`, it is neither adopted nor approved
    before the virus scanner found it clean.
    """
    drafts = () if is_under_silence else outputs.list_output_files(session, output)
    candidates = rules.order_texts(drafts, outputs.list_translations(session, output))
    texts = [text for text in candidates if rules.may_get_pdf(text, output)]
    renditions = file_queries.lock_renditions(session, [text.sha256 for text in texts])
    added = 0
    for text in texts:
        made = renditions.get(text.sha256)
        if made is None or made.pdf is None or made.state == RenditionState.WAITING:
            continue
        text.pdf, text.pdf_size = made.pdf, made.pdf_size
        if awaits_scan:
            file_actions.save_scan_verdict(session, made.pdf, ScanVerdict(ScanState.WAITING))
        if isinstance(text, OutputTranslation):
            text.digest = rules.compute_translation_digest(text)
        event = events.OutputPdfAdded(output.id, text.language, text.sha256, made.pdf)
        journal.record_event(session, None, event, body=output.body_id)
        added += 1
    return added
