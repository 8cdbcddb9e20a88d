"""Word templates of a body: opening one to fill it, what a failure says, and what the page of a template shows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import BinaryIO

from app.core.errors import Unavailable
from app.core.file_service.client import open_bytes
from app.core.i18n import LazyText
from app.core.rendering.template_filling import RenderingBusy, RenderingError
from app.http.portal_state import PortalState
from app.web.forms.template_files import BUSY_MESSAGE


@dataclass(frozen=True, slots=True)
class WordTemplatePage:
    """What the page of a template says of it: its address, title and description, what an upload applies to, and the
    fields and styles that it may contain. `languages` are those that have templates of their own: address, name and
    whether it is shown."""

    here: str
    title: LazyText
    standfirst: LazyText
    hint: LazyText
    fields: Mapping[str, LazyText]
    styles: Mapping[str, LazyText]
    languages: Sequence[tuple[str, str, bool]] = ()

    @property
    def field_rows(self) -> list[tuple[str, LazyText]]:
        """The fields as they are written in a template."""
        return [(f"{{{{ {name} }}}}", words) for name, words in self.fields.items()]


@contextmanager
def explain_rendering_failures(failed: LazyText) -> Iterator[None]:
    """Context manager: raise Unavailable if rendering is busy or fails; `failed` says what to do then."""
    try:
        yield
    except RenderingBusy as fault:
        raise Unavailable(BUSY_MESSAGE) from fault
    except RenderingError as fault:
        raise Unavailable(failed) from fault


@contextmanager
def open_template(portal: PortalState, sha256: str | None, build_default: Callable[[], bytes]) -> Iterator[BinaryIO]:
    """Context manager: open a temporary file with a template, or with the default one if there is no digest. Raises
    Unavailable."""
    if not sha256:
        with open_bytes(build_default()) as template:
            yield template
        return
    with TemporaryFile() as template:
        template.writelines(portal.store.iter_chunks(sha256))
        template.seek(0)
        yield template
