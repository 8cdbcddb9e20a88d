"""All that is released of one output, read once under the lock of its row and handed down."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.db import LocalizedText, ReadSession
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output, OutputFile, OutputTranslation, ReleasePlan
from app.domain.outputs.queries import outputs, translations
from app.domain.outputs.rules import texts
from app.domain.outputs.rules.texts import OutputText
from app.domain.silence import queries as silence
from app.domain.silence.models import OutputStatement


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseBundle:
    """An output with all that is released with it, as it is in the tables: nothing of it is checked yet.

    `digest` is computed from the rows, so it is that of the adopted text only if nothing was altered. `approvers`
    approved exactly the adopted text. `plan` is the release plan that counts; releases from before plans have none.
    """

    output: Output
    body: Body
    meeting: Meeting
    files: Sequence[OutputFile]
    translations: Sequence[OutputTranslation]
    digest: str
    approvers: frozenset[UUID]
    plan: ReleasePlan | None
    statements: Sequence[OutputStatement]

    @property
    def sole_plan(self) -> ReleasePlan | None:
        """The release plan, if one person released exactly the adopted text alone by it."""
        return self.plan if texts.is_sole_decision(self.plan, self.output) else None

    @property
    def addressees(self) -> list[str]:
        """To whom the output is released."""
        return texts.addressees_of_plan(self.plan)

    @property
    def releasable_translations(self) -> list[OutputTranslation]:
        """The translations of the adopted text that a second person approved as they are now."""
        return [each for each in self.translations if texts.is_releasable_translation(each, self.output)]

    @property
    def planned_texts(self) -> list[OutputText]:
        """The adopted files and approved translations in the languages of the plan; those that are missing are not in
        it. A plan without languages is from before translations existed: all adopted files."""
        available = texts.order_texts(self.files, self.releasable_translations)
        return [text for text in available if text.language in self.planned_languages]

    @property
    def planned_languages(self) -> list[str]:
        """The languages of the release."""
        return (self.plan.languages if self.plan else []) or [file.language for file in self.files]

    @property
    def released_texts(self) -> list[OutputText]:
        """The texts that readers have: the adopted files and the translations that are marked as released."""
        return texts.order_texts(self.files, [each for each in self.translations if each.released_at is not None])

    def titles_with(self, released: Sequence[OutputText]) -> LocalizedText:
        """Return the adopted titles, and those of translations among these texts."""
        return texts.merge_titles(self.output, released)


def load_release_bundle(session: ReadSession, output: Output) -> ReleaseBundle:
    """Load all that is released of an output. The caller has locked its row: texts, approvals and plans change under
    that lock only."""
    files = outputs.list_output_files(session, output)
    documents, decisions = outputs.list_source_ids(session, output), outputs.list_decision_ids(session, output)
    return ReleaseBundle(
        output=output,
        body=session.get_one(Body, output.body_id),
        meeting=session.get_one(Meeting, output.meeting_id),
        files=files,
        translations=translations.list_translations(session, output),
        digest=texts.digest_of_text(output, files, documents=documents, decisions=decisions),
        approvers=outputs.list_approvers(session, output),
        plan=outputs.find_current_release_plan(session, output),
        statements=silence.list_statements(session, output),
    )
