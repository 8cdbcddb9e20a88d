"""The pack of a meeting: the files that it contains under their names, and what is new since an earlier pack."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.inspection.display_names import EXTENSIONS
from app.domain.briefings import queries
from app.domain.briefings.models import MeetingPack, PackFormat
from app.domain.briefings.rules import ChosenFile, PackDifference, choose_files, compare_packs
from app.domain.meetings.models import Meeting
from app.http.exports.zip_export import MAX_FILES, UniqueFileNames, fits_into_zip
from app.http.page_context import ReadContext
from app.web.views.documents.file_names import format_download_stem

DOCUMENTS_FOLDER = "documents"
LANGUAGES_OF_A_FILE = 6


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of a document in a pack. `path` stays when a revision replaces the file, which overwrites it then."""

    path: str
    file: ChosenFile

    @property
    def extension(self) -> str:
        """The kind of file, such as `PDF`."""
        return EXTENSIONS.get(self.file.media, "").removeprefix(".").upper()


@dataclass(frozen=True, slots=True)
class PackContents:
    """The files of a pack: all of them, or those that are new or changed `since` an earlier pack."""

    files: Sequence[PackedFile]
    since: MeetingPack | None = None

    @property
    def difference(self) -> PackDifference | None:
        """What changed since the earlier pack; None without one."""
        return compare_packs(self.since.files, self.digests) if self.since else None

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of each file by its path, also of those that have not changed."""
        return {each.path: each.file.sha256 for each in self.files}

    @property
    def sent(self) -> list[PackedFile]:
        """The files that are sent."""
        difference = self.difference
        return [each for each in self.files if difference is None or each.path in difference.news]

    @property
    def size(self) -> int:
        """The bytes of the files that are sent."""
        return sum(each.file.size for each in self.sent)

    @property
    def is_bounded(self) -> bool:
        """Whether the files may be sent as one ZIP."""
        return fits_into_zip([each.file.size for each in self.sent])

    def index_by_document(self) -> Mapping[UUID, list[PackedFile]]:
        """Map documents to their files."""
        found: dict[UUID, list[PackedFile]] = {}
        for each in self.files:
            found.setdefault(each.file.document_id, []).append(each)
        return found


def load_packed_files(context: ReadContext, meeting: Meeting, pack_format: PackFormat) -> list[PackedFile]:
    """Load the files of a pack as the actor may see them now, in the language of the page, else in the original one."""
    limit = LANGUAGES_OF_A_FILE * (MAX_FILES + 1)
    rows = queries.list_meeting_files(context.session, context.actor, meeting, limit=limit)
    return list(_name_files(choose_files(rows, context.language, pack_format)))


def _name_files(files: Iterable[ChosenFile]) -> Iterable[PackedFile]:
    names = UniqueFileNames()
    for file in files:
        name = names.unique_name(format_download_stem(file.symbol, file.language), EXTENSIONS.get(file.media, ""))
        yield PackedFile(f"{DOCUMENTS_FOLDER}/{name}", file)
