"""Record a release or a completion: its receipt (docs/receipts.md), and its events in the journal."""

from datetime import datetime

from app.core import journal
from app.core.db import WriteSession
from app.domain.outputs.models import CompletionPlan
from app.domain.outputs.rules.receipts import build_output_facts, build_text_facts
from app.domain.outputs.rules.texts import OutputTexts
from app.domain.receipts import actions as receipts
from app.domain.receipts.models import Receipt, ReceiptKind
from app.domain.releases import events
from app.domain.releases.actions.manifest_signing import SignedManifest, SignedManifests
from app.domain.releases.models import Audience
from app.domain.releases.queries.release_bundles import ReleaseBundle


def record_release(session: WriteSession, bundle: ReleaseBundle, moment: datetime, signed: SignedManifests) -> None:
    """Issue the receipt of a release and record it: of an advance version, if languages are still to come."""
    output, manifest, public = bundle.output, signed[Audience.MEMBERS], signed.get(Audience.PUBLIC)
    receipt = _issue_release_receipt(session, bundle, bundle.planned, moment, manifest)
    facts, to_come = (output.id, bundle.digest, *manifest, receipt.digest), " ".join(output.still_to_come)
    event = events.AdvanceVersionReleased(*facts, to_come) if to_come else events.OutputReleased(*facts)
    journal.record_event(session, None, event, body=output.body_id)
    if public:
        journal.record_event(session, None, events.OutputMadePublic(output.id, *public), body=output.body_id)


def record_completion(
    session: WriteSession, bundle: ReleaseBundle, plan: CompletionPlan, signed: SignedManifests, *, completes: str
) -> None:
    """Issue the receipt of a completion and record it, with the digest of the manifest that it completes."""
    output, manifest, public = bundle.output, signed[Audience.MEMBERS], signed.get(Audience.PUBLIC)
    assert output.completed_at
    receipt = _issue_release_receipt(session, bundle, bundle.complete, output.completed_at, manifest)
    event = events.OutputCompleted(output.id, plan.text, *manifest, receipt.digest, completes)
    journal.record_event(session, None, event, body=output.body_id)
    if public:
        journal.record_event(session, None, events.OutputMadePublic(output.id, *public), body=output.body_id)


def _issue_release_receipt(
    session: WriteSession, bundle: ReleaseBundle, texts: OutputTexts, moment: datetime, signed: SignedManifest
) -> Receipt:
    """Issue the receipt with every text that readers now have. Of an advance version, the missing languages are
    named."""
    output = bundle.output
    facts = build_output_facts(output, bundle.body, bundle.meeting, bundle.files) | {
        "files": list(map(build_text_facts, texts.texts)),
        "manifest": {"number": signed.number, "sha256": signed.digest},
        "titles": texts.titles,
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
        at=moment,
    )
