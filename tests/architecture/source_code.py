"""The functions of the application and what they refer to, read from the syntax trees without importing anything.

A reference is more than a call: a function that is handed on, as in `partial(adopt_output, …)`, counts too. Names are
resolved through the imports of their module, so that two functions of one name are never taken for each other.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

PROJECT_ROOT = Path(__file__).parent.parent.parent
APP = PROJECT_ROOT / "app"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Module:
    """A module of the application: its dotted name and its syntax tree."""

    name: str
    path: Path
    tree: ast.Module

    @cached_property
    def imports(self) -> Mapping[str, str]:
        """The dotted name behind each imported name."""
        found = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
            elif isinstance(node, ast.Import):
                found |= {each.asname: each.name for each in node.names if each.asname}
        return found

    @cached_property
    def functions(self) -> Mapping[str, ast.FunctionDef | ast.AsyncFunctionDef]:
        """The functions at the top level, by name."""
        return {node.name: node for node in self.tree.body if isinstance(node, FUNCTIONS)}

    def resolve(self, node: ast.AST) -> str | None:
        """Return the dotted name of what a name or an attribute refers to; None for locals and builtins."""
        if isinstance(node, ast.Attribute):
            owner = self.resolve(node.value)
            return f"{owner}.{node.attr}" if owner else None
        if not isinstance(node, ast.Name):
            return None
        return self.imports.get(node.id) or (f"{self.name}.{node.id}" if node.id in self.functions else None)

    def references(self, node: ast.AST) -> Iterator[str]:
        """Return the dotted names of what a node refers to, without dependencies: FastAPI calls those before the
        handler."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Depends":
            return
        if name := self.resolve(node):
            yield name
        for child in ast.iter_child_nodes(node):
            yield from self.references(child)


def read_module(path: Path, root: Path = PROJECT_ROOT) -> Module:
    """Parse one module; `root` is the folder that contains the package `app`."""
    name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    return Module(name, path, ast.parse(path.read_text(encoding="utf-8")))


@cache
def list_modules(folder: Path = APP) -> tuple[Module, ...]:
    """Parse every module below a folder of the application."""
    return tuple(read_module(path) for path in sorted(folder.rglob("*.py")))


@cache
def users_by_name() -> Mapping[str, frozenset[tuple[str, str]]]:
    """Return, for each dotted name, who refers to it: the module, and the function or class at its top level."""
    found = defaultdict(set)
    for module in list_modules():
        for node in module.tree.body:
            if not isinstance(node, (ast.Import, ast.ImportFrom)):
                for name in module.references(node):
                    found[name].add((module.name, getattr(node, "name", "")))
    return {name: frozenset(users) for name, users in found.items()}
