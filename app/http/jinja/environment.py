"""The Jinja environment of one language."""

from collections.abc import Callable, Mapping, MutableMapping
from functools import lru_cache
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

from app.core.i18n import LANGUAGES, load_translations
from app.core.search.highlighting import PassagePieces
from app.http.jinja.messages import build_message_functions
from app.http.localization import Localizer

MACRO_CACHE_SIZE = 2_000  # entries of the cache of rendered macros, for each language
PLAIN_CALLABLES = frozenset({FunctionType, MethodType, BuiltinFunctionType, type(lru_cache(len))})


class _CodeGenerator(CodeGenerator):
    """Code that is the same for every language: no filter of a constant is computed when a template is compiled."""

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> str:
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return super()._output_child_to_const(node, frame, finalize)


class _Context(Context):
    """Context that calls macros and plain functions at once: Jinja asks each several times whether it takes a context,
    and a page calls a hundred."""

    def call(self, callee: Callable[..., Any], /, *args: Any, **values: Any) -> Any:
        """Call what a template calls, as the base class does."""
        kind = type(callee)
        if kind is Macro:
            arguments: tuple[Any, ...] = (self.eval_ctx, *args)
        elif kind in PLAIN_CALLABLES and not hasattr(callee, "jinja_pass_arg"):
            arguments = args
        else:
            return super().call(callee, *args, **values)
        if values:
            values.pop("_loop_vars", None)
            values.pop("_block_vars", None)
        return callee(*arguments, **values)


class _Environment(Environment):
    """Environment that shares one globals dictionary: Jinja reads all globals at every import of a template."""

    code_generator_class = _CodeGenerator
    context_class = _Context

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


class CompiledTemplates(BytecodeCache):
    """Compiled templates in memory, shared by the environments of all languages, so that each is compiled once."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._code[bucket.key, bucket.checksum] = bucket.code


compiled_templates = CompiledTemplates()


def build_environment(folder: Path, language: str, always: Mapping[str, object]) -> Environment:
    """Build the environment of a language for the templates of a folder, in which these values are always known."""
    environment = _Environment(
        bytecode_cache=compiled_templates,
        optimized=False,  # for the same reason as `_CodeGenerator`: the optimizer computes constants within expressions
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    vars(environment)["newstyle_gettext"] = True  # `trans` hands the values to the function that translates
    environment.globals.update(always)
    environment.globals.update(build_message_functions(load_translations(language)))
    environment.globals["languages_own_first"] = sorted(LANGUAGES, key=lambda code: code != language)
    environment.filters["passage"] = render_passage
    for name, call in Localizer(language).template_functions().items():
        environment.globals[name] = environment.filters[name] = call
    environment.globals["render_once"] = lru_cache(MACRO_CACHE_SIZE)(_render_macro)
    return environment


def _render_macro(macro: Callable[..., str], *values: object) -> str:
    """Render a macro; in templates `render_once(macro, …)` caches the result by macro and values.

    Only for macros whose output depends on their values alone; all values must be hashable.
    """
    return macro(*values)


def render_passage(pieces: PassagePieces) -> Markup:
    """Render a passage of a text as HTML, with the search hits in `<mark>`.

    The pieces are escaped in one call, joined by NUL, the one character that no text in PostgreSQL contains.
    """
    escaped = str(escape("\0".join(piece.text for piece in pieces))).split("\0")
    marked = (f"<mark>{text}</mark>" if piece.is_match else text for text, piece in zip(escaped, pieces, strict=False))
    return Markup("".join(marked))  # noqa: S704 - escaped above
