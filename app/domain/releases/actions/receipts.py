"""Issue the receipt of a release: which texts readers have, under which manifest (docs/receipts.md)."""

from datetime import datetime

from app.core.db import WriteSession
from app.domain.outputs.rules.receipts import build_output_facts
from app.domain.receipts import actions as receipts
from app.domain.receipts.models import Receipt, ReceiptKind
from app.domain.receipts.rules import build_file_facts
from app.domain.releases.actions.manifest_signing import SignedManifest
from app.domain.releases.queries.release_bundles import ReleaseBundle


def issue_release_receipt(
    session: WriteSession, bundle: ReleaseBundle, at: datetime, signed: SignedManifest
) -> Receipt:
    """Issue the receipt of a release or completion, with every text that readers now have.

    Of an advance version, the missing languages are named.
    """
    output, texts = bundle.output, bundle.released_texts
    facts = build_output_facts(output, bundle.body, bundle.meeting, bundle.files) | {
        "files": [build_file_facts(text) for text in texts],
        "manifest": {"number": signed.number, "sha256": signed.digest},
        "titles": bundle.titles_with(texts),
    }
    if output.still_to_come:
        facts["still_to_come"] = list(output.still_to_come)
    return receipts.issue_receipt(
        session,
        None,
        ReceiptKind.RELEASE,
        facts,
        subject_id=output.id,
        version=output.version,
        body_id=output.body_id,
        at=at,
    )
