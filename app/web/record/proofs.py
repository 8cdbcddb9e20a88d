"""The page of one entry of the activity log, with the proof that the ledger holds it, and how to check that."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from app.core import journal
from app.core.canonical_json import to_canonical_json
from app.core.clock import SEAT_ZONE
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.i18n import lazy_gettext as _
from app.domain.audit_trail import rules
from app.domain.audit_trail.queries.lines import get_visible_line
from app.domain.ledger.models import LedgerHead
from app.domain.ledger.queries import ledger
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import TILE_WIDTH, hash_leaf
from app.http.authentication import SignedInGuard
from app.http.downloads import attachment_response
from app.http.page_context import ReadContext
from app.web.record.ledger import format_tile_path
from app.web.views.record.lines import build_record_lines

router = APIRouter(dependencies=[Depends(SignedInGuard(rules.SEE))])

LineNumber = Annotated[int, Path(ge=1, le=2**62)]


@dataclass(frozen=True, slots=True)
class EntryProof:
    """The proof of an entry by a head: the entry as text, its hash, the tile with that hash, and the hashes that lead
    from it to the root of the head, in base64."""

    entry: str
    leaf: str
    tile: str
    path: list[str]
    head: LedgerHead


@router.get("/record/{seq}.json")
def download_journal_line_proof(context: ReadContext, seq: LineNumber) -> Response:
    """Download the line and its proof of inclusion, as a receipt has it in `log` (docs/ledger.md). Raises NotFound
    if no head holds it yet."""
    line = get_visible_line(context.session, context.actor, seq)
    inclusion = ledger.find_inclusion_proof(context.session, ledger.get_journal_line(context.session, line.seq))
    if inclusion is None:
        raise NotFound(_("This entry is not yet covered by a signed head of the ledger. Try again in a minute."))
    return attachment_response(to_canonical_json(inclusion.as_dict), "application/json", f"line-{seq}.json")


@router.get("/record/{seq}")
def show_journal_line(context: ReadContext, seq: LineNumber) -> Response:
    """Show one line with its proof. Raises NotFound if the actor may not see it."""
    line = get_visible_line(context.session, context.actor, seq)
    built = build_record_lines(context.session, context.actor, [line], context.localizer)[0]
    return context.render(
        "web/record/show.html",
        line=built,
        digest_of_line=line.digest,
        previous=line.previous,
        rows=line.rows,
        proof=find_entry_proof(context.session, line),
        zone=SEAT_ZONE,
    )


def find_entry_proof(session: ReadSession, line: journal.JournalLine) -> EntryProof | None:
    """Find the proof of a visible line; None while no head covers it."""
    head = ledger.find_covering_head(session, line.seq)
    if head is None:
        return None
    row = ledger.get_journal_line(session, line.seq)
    index, hashes, _checkpoint = signed_notes.parse_inclusion_proof(
        ledger.get_inclusion_proof_text(session, line.seq - 1, head)
    )
    entry = journal.canonical_line(row)
    width = min(TILE_WIDTH, head.size - index // TILE_WIDTH * TILE_WIDTH)
    return EntryProof(
        entry=entry.decode(),
        leaf=signed_notes.encode_base64(hash_leaf(entry)),
        tile=f"/ledger/tile/0/{format_tile_path(index // TILE_WIDTH, width)}",
        path=[signed_notes.encode_base64(each) for each in hashes],
        head=head,
    )
