"""Every verb says who does it and asks a permission; nothing is imported late or for types only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.rights import PERMISSIONS
from app.settings import Settings

APP = Path(__file__).parent.parent.parent / "app"
# The worker copies out what people decided, and checks their decisions instead of asking; it renders what came in,
# keeps what the virus scanner said and ends what lay too long; a receipt is given by a verb that has asked.
HOUSE_ACTS = {
    *(
        "release",
        "fail",
        "issue",
        "seal",
        "make_public",
        "seal_publicly",
        "seal_earlier",
        "take_turn",
        "clear",
        "begin_rendering",
        "keep_rendered",
        "give_back_try",
    ),
    *("extend", "sign_head", "insist_on_chain", "insist_on_signed", "add_cosignature", "note_refusal"),
    *("watch", "note_fixity", "note_verification", "note_backup", "note_restored", "note_exported", "reopen"),
    *("sweep", "note", "send_back_infected", "adopt_by_silence", "settle", "attach_position"),
}
MORE_VERBS = (
    "contributions/joint.py",
    "contributions/lateness.py",
    "contributions/registering.py",
    "meetings/sessions.py",
    "agendas/allocating.py",
    "agendas/releasing.py",
    "agendas/proposing.py",
    "floor/calling.py",
    "floor/speakers.py",
    "circulations/commenting.py",
    "reports/following.py",
    "reports/templating.py",
    "silence/stating.py",
    "silence/drafting.py",
    "outputs/releasing.py",
    "outputs/forwarding.py",
    "outputs/withdrawing.py",
    "outputs/translating.py",
    "outputs/completing.py",
    "releases/withdrawing.py",
)
# Questions and parts of verbs, named openly.
HELPERS = {
    "hand",
    "is_due",
    "due_at",
    "all_due",
    "end_all",
    "one_series",
    "take_number",
    "symbol",
    "slug",
    "largest_file",
    "waiting",
    "end",
    "what_it_was",
    "missing",
    "outcome",
    "insist_on_instant",
    "stop_for",  # the holder of a sealed key, who is no actor
}


# Verbs that hand on to a verb which asks.
HAND_ON = {"silence/drafting.py"}
# What touches a text that may be before the States goes through `silence.drafting`, which settles silence around it.
GUARDED = {
    "app.domain.outputs": {"change", "put_file", "remove_file", "adopt"},
    "app.domain.meetings": {"move"},
}


def modules() -> list[Path]:
    return sorted(APP.rglob("*.py"))


def verbs() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in (*sorted((APP / "domain").glob("*/actions.py")), *(APP / "domain" / each for each in MORE_VERBS)):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield str(path.relative_to(APP / "domain")), node


# Parts of verbs that several share, and that change something for an actor whom the verb has asked already.
PARTS = (
    *("agendas/turns.py", "floor/turns.py", "contributions/deposits.py", "outputs/attesting.py"),
    "silence/attesting.py",
)


def test_every_module_that_changes_something_for_somebody_is_looked_at() -> None:
    looked_at = {path for path, _ in verbs()} | set(PARTS)
    changing = set()
    for path in sorted((APP / "domain").rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            arguments = node.args.args if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") else []
            if [each.arg for each in arguments[:2]] == ["session", "actor"] and _writes(arguments[0]):
                changing.add(str(path.relative_to(APP / "domain")))

    assert changing <= looked_at


def _writes(argument: ast.arg) -> bool:
    return argument.annotation is not None and ast.unparse(argument.annotation) == "WriteSession"


def calls(node: ast.FunctionDef, module: dict[str, ast.FunctionDef]) -> set[str]:
    """Names of methods called in a verb and in the helpers of its own module."""
    found = set()
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            if isinstance(call.func, ast.Attribute):
                found.add(call.func.attr)
            elif isinstance(call.func, ast.Name) and call.func.id in module and call.func.id != node.name:
                found |= calls(module[call.func.id], module)
    return found


@pytest.mark.parametrize(("path", "verb"), [pytest.param(p, v, id=f"{p}:{v.name}") for p, v in verbs()])
def test_a_verb_takes_session_and_actor_and_asks(path: str, verb: ast.FunctionDef) -> None:
    if verb.name in HOUSE_ACTS | HELPERS and not path.startswith("agendas"):
        return
    tree = ast.parse((APP / "domain" / path).read_text())
    module = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}

    assert [argument.arg for argument in verb.args.args[:2]] == ["session", "actor"]
    if path in HAND_ON:
        assert calls(verb, module) & {name for names in GUARDED.values() for name in names}
    else:
        assert "require" in calls(verb, module)


def past_silence(tree: ast.Module) -> Iterator[str]:
    """Calls of verbs that only `silence.drafting` may call."""
    known: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in GUARDED:
            known |= {each.asname or each.name: GUARDED[node.module] for each in node.names if each.name == "actions"}
    for node in ast.walk(tree):
        is_of_name = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if is_of_name and node.attr in known.get(node.value.id, ()):
            yield ast.unparse(node)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(APP)))
def test_no_door_changes_a_text_past_its_silence_procedure(path: Path) -> None:
    found = list(past_silence(ast.parse(path.read_text())))

    assert bool(found) == (path == APP / "domain" / "silence" / "drafting.py")


def refusals_shown() -> Iterator[tuple[str, ast.Try]]:
    """Where a page is shown for what a verb refused: everything else that is refused undoes the whole request."""
    for path in sorted((APP / "web").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            caught = {each.id for handler in getattr(node, "handlers", ()) for each in named(handler.type)}
            if isinstance(node, ast.Try) and caught & {"Conflict", "Refusal", "Stale", "Unacceptable"}:
                yield f"{path.name}:{node.lineno}", node


def named(caught: ast.expr | None) -> list[ast.Name]:
    return [each for each in ast.walk(caught) if isinstance(each, ast.Name)] if caught else []


def acts_in(node: ast.AST, verbs: set[str]) -> Iterator[ast.Call]:
    """Calls of verbs, or of what a handler was given to do, that no `apart` undoes."""
    if isinstance(node, ast.With) and any("apart" in ast.unparse(each.context_expr) for each in node.items):
        return
    if isinstance(node, ast.Call):
        is_verb = isinstance(node.func, ast.Attribute) and node.func.attr in verbs
        if is_verb or (isinstance(node.func, ast.Name) and node.func.id in {"act", "call", "do"}):
            yield node
    for child in ast.iter_child_nodes(node):
        yield from acts_in(child, verbs)


@pytest.mark.parametrize("shown", [pytest.param(node, id=name) for name, node in refusals_shown()])
def test_what_a_verb_did_before_it_refused_is_undone_where_a_page_says_so(shown: ast.Try) -> None:
    names = {verb.name for _, verb in verbs()}

    assert [ast.unparse(call) for part in shown.body for call in acts_in(part, names)] == []


def test_there_are_verbs_to_look_at() -> None:
    assert len(list(verbs())) > 25


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(APP)))
def test_nothing_is_imported_for_types_only_and_only_settings_read_the_environment(path: Path) -> None:
    tree = ast.parse(path.read_text())
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    reads = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
    }

    assert "TYPE_CHECKING" not in names
    # Prometheus' library, and our own further processes, are told their folder in no other way.
    assert not reads & {"environ", "getenv"} or path in (APP / "settings.py", APP / "core" / "meters.py")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(APP)))
def test_every_module_says_what_lives_there(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_described(name: str) -> None:
    assert (Settings.model_fields[name].description or "").endswith(".")


def test_every_permission_in_the_rules_is_in_the_table_of_rights() -> None:
    declared = set()
    for path in (APP / "domain").glob("*/*rules.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Permission":
                name = node.args[0]
                assert isinstance(name, ast.Constant)
                declared.add(name.value)

    assert declared == set(PERMISSIONS)
