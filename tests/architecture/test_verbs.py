"""Every verb asks a permission for its actor, what does not ask is not for people, and a refused verb is undone.

Verbs are the public functions of `app/domain/*/actions.py` and `actions/`. None is named here: what a function does is
read from its syntax tree and from who refers to it (`source_code.py`).
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache

import pytest

from app.core import errors
from app.domain.rights import PERMISSIONS
from tests.architecture.source_code import FUNCTIONS, Module, list_modules, users_by_name

# What acts by itself, or at the command of an operator: no person asks it for anything over HTTP.
SYSTEM = ("app.worker", "app.cli", "app.backup", "app.package", "app.demo", "app.server", "app.record_verification")
ACTOR_TYPES = {"Actor", "ReadContext", "WriteContext"}
# What changes a text that may be under silence goes through `draft_texts`, which ends a due procedure first.
DRAFT_TEXTS = "app.domain.silence.actions.draft_texts"
ONLY_FROM_DRAFT_TEXTS = {
    "app.domain.outputs.actions.drafting.replace_draft_output_cover",
    "app.domain.outputs.actions.drafting.put_output_file",
    "app.domain.outputs.actions.drafting.remove_output_file",
    "app.domain.outputs.actions.drafting.adopt_output",
    "app.domain.meetings.actions.life_cycle.change_meeting_life",
}
# These call what they are given inside a savepoint.
UNDOING_CALLS = {"app.web.forms.actions.try_action", "app.web.forms.actions.submit_form"}
UNDOING_BLOCKS = {"app.core.journal.savepoint", "app.core.db.transaction"}


@dataclass(frozen=True)
class Action:
    """A function of an `actions` module, private ones included."""

    module: Module
    node: ast.FunctionDef | ast.AsyncFunctionDef

    @property
    def name(self) -> str:
        return f"{self.module.name}.{self.node.name}"

    @property
    def package(self) -> str:
        return ".".join(self.module.name.split(".")[:3])

    @property
    def is_public(self) -> bool:
        return not self.node.name.startswith("_")


def is_actions(module: str) -> bool:
    return module.startswith("app.domain.") and module.split(".")[3:4] == ["actions"]


@cache
def list_actions() -> tuple[Action, ...]:
    modules = (module for module in list_modules() if is_actions(module.name))
    return tuple(Action(module, node) for module in modules for node in module.functions.values())


def is_require(call: ast.Call) -> bool:
    """Whether this is `PERMISSION.require(actor, …)`; of a table of moves, `move.permission.require(actor, …)`."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "require":
        return False
    permission = ast.unparse(call.func.value).rpartition(".")[2]
    return (permission.isupper() or permission == "permission") and ast.unparse(call.args[0]) == "actor"


def always_evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of an expression that are evaluated whatever their values are."""
    yield node
    if isinstance(node, ast.Lambda):
        return
    first_only = {ast.IfExp: "test", ast.BoolOp: "values"}.get(type(node))
    parts = getattr(node, first_only) if first_only else list(ast.iter_child_nodes(node))
    for part in parts[:1] if isinstance(node, ast.BoolOp) else parts if isinstance(parts, list) else [parts]:
        yield from always_evaluated(part)


def ends_with_raise(body: Sequence[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Raise)


def asks(body: Iterable[ast.stmt], is_asking: Callable[[ast.Call], bool]) -> bool:
    """Whether every way through these statements asks; a loop that runs for nothing changes nothing."""

    def evaluates(node: ast.AST) -> bool:
        return any(isinstance(part, ast.Call) and is_asking(part) for part in always_evaluated(node))

    def statement_asks(node: ast.stmt) -> bool:
        if isinstance(node, FUNCTIONS):
            return False
        if isinstance(node, ast.If):
            branches = [branch for branch in (node.body, node.orelse) if not ends_with_raise(branch)]
            return evaluates(node.test) or all(asks(branch, is_asking) for branch in branches)
        if isinstance(node, ast.For):
            return evaluates(node.iter) or asks(node.body, is_asking)
        if isinstance(node, ast.With):
            return any(evaluates(item.context_expr) for item in node.items) or asks(node.body, is_asking)
        if isinstance(node, ast.Try):
            return asks(node.body, is_asking)
        return evaluates(node)

    return any(statement_asks(node) for node in body)


def names_of_asking(actions: Iterable[Action]) -> Set[str]:
    """The functions that ask, themselves or by calling one that does."""
    actions, found = tuple(actions), frozenset[str]()
    while found != (more := frozenset(each.name for each in actions if asks_given(each, found))):
        found = more
    return found


def asks_given(action: Action, known: Set[str]) -> bool:
    """Whether an action asks, if these are known to ask."""
    return asks(action.node.body, lambda call: is_require(call) or action.module.resolve(call.func) in known)


@cache
def asking() -> Set[str]:
    return names_of_asking(list_actions())


def public_actions() -> list[Action]:
    return [action for action in list_actions() if action.is_public]


def test_there_are_verbs_to_look_at() -> None:
    assert len(public_actions()) > 200
    assert len([action for action in public_actions() if action.name in asking()]) > 140


# The tests of this module go over all actions themselves: as parameters, every process of a run would have to find
# them, and each would be a test.


def test_a_verb_that_asks_says_first_in_which_session_and_for_whom() -> None:
    others = {
        action.name
        for action in public_actions()
        if action.name in asking() and [each.arg for each in action.node.args.args[:2]] != ["session", "actor"]
    }
    assert others == set()


def knows_an_actor(node: ast.AST) -> bool:
    """Whether a function, or a method of a class, is for a signed-in person: by its route, or by what it is given."""
    routes = [ast.unparse(each) for part in ast.walk(node) for each in getattr(part, "decorator_list", ())]
    if any(route.startswith("router.") and "AllowAnyone()" not in route for route in routes):
        return True
    given = [part.annotation for part in ast.walk(node) if isinstance(part, ast.arg) and part.annotation]
    return bool(ACTOR_TYPES & {part.id for each in given for part in ast.walk(each) if isinstance(part, ast.Name)})


@cache
def top_level_of(module: str) -> dict[str, ast.stmt]:
    """The functions and classes of a module by name; under the empty name, what else it contains."""
    tree = next(each.tree for each in list_modules() if each.name == module)
    return {getattr(node, "name", ""): node for node in tree.body}


def with_an_actor(name: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Who refers to a function, directly or through others, and knows an actor; actions and the system aside."""
    for module, user in users_by_name().get(name, ()):
        user_name = f"{module}.{user}"
        if user_name in seen or is_actions(module) or module.startswith(SYSTEM):
            continue
        if not user or knows_an_actor(top_level_of(module)[user]):
            yield user_name
        else:
            yield from with_an_actor(user_name, seen | {user_name})


@cache
def packages_with_permissions() -> Set[str]:
    return {".".join(module.name.split(".")[:3]) for module, _ in declared_permissions()}


def test_what_does_not_ask_is_part_of_a_verb_or_an_act_of_the_system_or_precedes_the_actor() -> None:
    """A package without permissions, as that of scans, has nothing to ask."""
    users = {
        action.name: sorted(with_an_actor(action.name))
        for action in public_actions()
        if action.name not in asking() and action.package in packages_with_permissions()
    }
    assert len(users) > 30
    assert {name: who for name, who in users.items() if who} == {}


def is_read_session(action: Action) -> bool:
    return any(
        argument.annotation is not None and ast.unparse(argument.annotation) == "ReadSession"
        for argument in action.node.args.args
    )


def test_a_question_that_others_have_is_in_queries() -> None:
    """Actions may read for themselves. What asks is no question: it is the check ahead of a verb."""
    questions = [action for action in public_actions() if is_read_session(action)]
    others = {
        action.name: module
        for action in questions
        for module, _ in users_by_name()[action.name]
        if action.name not in asking() and not module.startswith(f"{action.package}.actions")
    }
    assert questions
    assert others == {}


@pytest.mark.parametrize("name", sorted(ONLY_FROM_DRAFT_TEXTS))
def test_no_other_module_changes_a_text_past_its_silence_procedure(name: str) -> None:
    own_module = name.rpartition(".")[0]

    assert {module for module, _ in users_by_name()[name]} - {own_module} == {DRAFT_TEXTS}


# A verb that refuses


ERRORS = (each for each in vars(errors).values() if isinstance(each, type))
REFUSALS = {each.__name__ for each in ERRORS if issubclass(each, errors.DomainError)}


def web_modules() -> list[Module]:
    return [module for module in list_modules() if module.name.startswith("app.web.")]


def shows_refusals(node: ast.AST) -> bool:
    """Whether a `try` catches what a verb refuses; a tuple of errors may be a parameter."""
    caught = [handler.type for handler in node.handlers] if isinstance(node, ast.Try) else []
    names = {part.id for each in caught if each for part in ast.walk(each) if isinstance(part, ast.Name)}
    return None in caught or bool(names & REFUSALS) or any(name.islower() for name in names)


def not_undone(node: ast.AST, module: Module, acting: Set[str], local: Set[str]) -> Iterator[str]:
    """Calls of what acts, and closures that act and are handed on, that no savepoint and no transaction surrounds."""
    if isinstance(node, FUNCTIONS):
        return  # a closure counts where it is called or handed on
    if isinstance(node, ast.With) and any(
        isinstance(item.context_expr, ast.Call) and module.resolve(item.context_expr.func) in UNDOING_BLOCKS
        for item in node.items
    ):
        return
    if isinstance(node, ast.Call) and module.resolve(node.func) in UNDOING_CALLS:
        return
    if isinstance(node, ast.ExceptHandler):
        return  # done because of the refusal, and meant to last: a rejected upload is discarded
    if (isinstance(node, (ast.Name, ast.Attribute))) and module.resolve(node) in acting:
        yield ast.unparse(node)
    elif isinstance(node, ast.Name) and node.id in local and isinstance(node.ctx, ast.Load):
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from not_undone(child, module, acting, local)


def callables_of(function: ast.FunctionDef | ast.AsyncFunctionDef, module: Module, acting: Set[str]) -> Set[str]:
    """The parameters of a function that are functions, and its closures that act."""
    arguments = (*function.args.args, *function.args.kwonlyargs)
    given = {each.arg for each in arguments if each.annotation and ast.unparse(each.annotation).startswith("Callable")}
    closures = {
        node.name
        for node in ast.walk(function)
        if isinstance(node, FUNCTIONS) and node is not function and any(body_acts(node, module, acting, given))
    }
    return given | closures


def body_acts(
    function: ast.FunctionDef | ast.AsyncFunctionDef, module: Module, acting: Set[str], local: Set[str]
) -> Iterator[str]:
    for node in function.body:
        yield from not_undone(node, module, acting, local)


@cache
def acting_in_web() -> Set[str]:
    """The actions, and the functions of the portal that call one outside of a savepoint."""
    found: Set[str] = {action.name for action in public_actions()}
    before: Set[str] = set()
    while found != before:
        before = found
        found = before | {
            f"{module.name}.{name}"
            for module in web_modules()
            for name, node in module.functions.items()
            if any(body_acts(node, module, before, callables_of(node, module, before)))
        }
    return found


def shown_refusals() -> Iterator[tuple[Module, ast.FunctionDef | ast.AsyncFunctionDef, ast.Try]]:
    for module in web_modules():
        for function in ast.walk(module.tree):
            if isinstance(function, FUNCTIONS):
                yield from ((module, function, node) for node in ast.walk(function) if shows_refusals(node))


def undoing_calls() -> Iterator[ast.Call]:
    """The places where a page leaves it to a helper to undo and show what a verb refuses."""
    for module in web_modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and module.resolve(node.func) in UNDOING_CALLS:
                yield node


def test_what_a_verb_did_before_it_refused_is_undone_where_a_page_says_so() -> None:
    """Everything else that is refused undoes the whole request."""
    acting = acting_in_web()
    lasting = {
        f"{module.name}:{shown.lineno}": call
        for module, function, shown in shown_refusals()
        for node in shown.body
        for call in not_undone(node, module, acting, callables_of(function, module, acting))
    }
    assert lasting == {}


def test_there_are_refused_verbs_to_look_at() -> None:
    assert len(list(shown_refusals())) > 15
    assert len(list(undoing_calls())) > 40
    assert {"Conflict", "Stale", "BadRequest"} <= REFUSALS
    assert any(module.name == "app.web.forms.actions" for module, _, _ in shown_refusals())
    assert {f"{module.name}.{name}" for module in web_modules() for name in module.functions} >= UNDOING_CALLS


# Permissions


def declared_permissions() -> Iterator[tuple[Module, str]]:
    for module in list_modules():
        if module.name.startswith("app.domain.") and module.name.split(".")[3:4] == ["rules"]:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Permission":
                    name = node.args[0]
                    assert isinstance(name, ast.Constant)
                    yield module, str(name.value)


def test_every_permission_in_the_rules_is_in_the_table_of_rights() -> None:
    assert {name for _, name in declared_permissions()} == set(PERMISSIONS)
