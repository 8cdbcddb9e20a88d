"""All that is released of one output, read once under the lock of its row and handed down."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.db import ReadSession
from app.domain.addressees.models import OutputAddressee
from app.domain.addressees.queries import list_addressee_rows
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import ApprovalCheckOutcome as Checked
from app.domain.outputs.models import (
    Output,
    OutputFile,
    OutputTranslation,
    ReleaseAddressee,
    ReleasePlan,
)
from app.domain.outputs.queries import approvals, outputs
from app.domain.outputs.queries.translation_approvals import COUNTING_OUTCOMES, find_translation_approvals
from app.domain.outputs.rules import texts as rules
from app.domain.outputs.rules.outputs import APPROVALS_NEEDED
from app.domain.outputs.rules.texts import OutputTexts
from app.domain.silence.models import OutputStatement
from app.domain.silence.queries.positions import list_statements


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseBundle:
    """An output with all that is released with it, as it is in the tables: nothing of it is checked yet.

    `addressed` are the rows of its addressees. `digest` is computed from the rows, so it is that of the adopted text
    only if nothing was altered. `all_approvers` approved exactly the adopted text, or gave an approval that the
    worker refused; `verified_approvers` approved it with a sign-in that the worker verified, or before approvals
    had one; `bound_approvers` are those of them who approved it under the symbol and the day of adoption that it
    has now. `sole_plan` is the release plan if one person released that text alone by it.
    `planned` are the texts in the languages of the plan as far as they can be released, `released` those that readers
    have, `complete` those together with `added`: the approved translations that readers do not have yet, without those
    whose verified approval is about something else now. `unverified_languages` are those of translations whose approval
    the worker has not verified.
    """

    output: Output
    body: Body
    meeting: Meeting
    files: Sequence[OutputFile]
    addressed: Sequence[OutputAddressee]
    digest: str
    all_approvers: frozenset[UUID]
    verified_approvers: frozenset[UUID]
    bound_approvers: frozenset[UUID]
    sole_plan: ReleasePlan | None
    addressees: Sequence[str]
    planned_languages: Sequence[str]
    promised_languages: Sequence[str]
    planned: OutputTexts
    released: OutputTexts
    complete: OutputTexts
    added: Sequence[OutputTranslation]
    unverified_languages: frozenset[str]
    statements: Sequence[OutputStatement]

    @property
    def is_adopted_and_approved(self) -> bool:
        """Whether the text is the adopted one, and two others approved it as it is now or one person released it alone;
        and whether it was adopted for the public if it is released to the public."""
        output = self.output
        others = self.bound_approvers - {output.adopted_by}
        is_decided = len(others) >= APPROVALS_NEEDED or self.sole_plan is not None
        has_allowed_audience = ReleaseAddressee.PUBLIC not in self.addressees or (
            output.for_public and not output.for_addressees_only
        )
        is_adopted = self.digest == output.text_digest and output.symbol and output.adopted_on
        return bool(is_adopted and is_decided and has_allowed_audience)

    @property
    def awaits_verified_approvals(self) -> bool:
        """Whether two others approved the text, and their sign-ins were not verified yet, or could not be; or that of a
        planned translation."""
        others = self.all_approvers - {self.output.adopted_by}
        verified = self.verified_approvers - {self.output.adopted_by}
        is_text_unverified = self.sole_plan is None and len(verified) < APPROVALS_NEEDED <= len(others)
        return is_text_unverified or bool(self.unverified_languages.intersection(self.planned.translated_languages))

    @property
    def awaits_verified_translations(self) -> bool:
        """Whether the sign-in behind the approval of a translation to add, or of one that counts as released, was not
        verified yet."""
        return bool(self.unverified_languages.intersection(self.complete.translated_languages))

    @property
    def has_planned_languages(self) -> bool:
        """Whether there is a text that can be released in each language of the plan."""
        return 0 < len(self.planned.texts) == len(self.planned_languages)


def load_release_bundle(session: ReadSession, output: Output) -> ReleaseBundle:
    """Load all that is released of an output. The caller has locked its row: texts, approvals and plans change under
    that lock only."""
    body, meeting = session.get_one(Body, output.body_id), session.get_one(Meeting, output.meeting_id)
    files, plan = outputs.list_output_files(session, output), outputs.find_current_release_plan(session, output)
    documents, decisions = (
        outputs.list_source_document_ids(session, output),
        outputs.list_source_decision_ids(session, output),
    )
    addressed = list_addressee_rows(session, output)
    approvers = approvals.list_approvers(session, output)
    all_translations = outputs.list_translations(session, output)
    statements = list_statements(session, output)
    translated = find_translation_approvals(session, output)
    unbound = {
        code for code, (given, outcome) in translated.items() if outcome == Checked.VERIFIED and not given.is_bound
    }
    approved = [
        each
        for each in all_translations
        if rules.is_releasable_translation(each, output) and each.language not in unbound
    ]
    released = [each for each in approved if each.released_at is not None]
    added = [each for each in approved if each.released_at is None]
    # A plan without languages is from before translations existed: all adopted files.
    planned_languages = (plan.languages if plan else []) or [file.language for file in files]
    return ReleaseBundle(
        output=output,
        body=body,
        meeting=meeting,
        files=files,
        addressed=addressed,
        digest=rules.digest_of_text(output, files, documents=documents, decisions=decisions, addressees=addressed),
        all_approvers=approvers | approvals.list_checked_approvers(session, output, Checked.REFUSED),
        verified_approvers=approvers
        & approvals.list_checked_approvers(session, output, Checked.VERIFIED, Checked.BEFORE),
        bound_approvers=approvals.list_bound_approvers(session, output),
        sole_plan=plan if rules.is_sole_decision(plan, output) else None,
        addressees=rules.addressees_of_plan(plan, output),
        planned_languages=planned_languages,
        promised_languages=plan.still_to_come if plan else [],
        planned=rules.collect_texts(
            output,
            [file for file in files if file.language in planned_languages],
            [each for each in approved if each.language in planned_languages],
        ),
        released=rules.collect_texts(output, files, released),
        complete=rules.collect_texts(output, files, [*released, *added]),
        added=added,
        unverified_languages=frozenset(
            code for code, (_given, outcome) in translated.items() if outcome not in COUNTING_OUTCOMES
        ),
        statements=statements,
    )
