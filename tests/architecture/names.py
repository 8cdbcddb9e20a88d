"""Figures about the names and docstrings of the application: `python -m tests.architecture.names` prints the table.

Other trees can be measured next to this one, for instance an older commit:
`mkdir /tmp/old && git archive dd2e83c app | tar -x -C /tmp/old && python -m tests.architecture.names /tmp/old`.
"""

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT_ROOT = Path(__file__).parent.parent.parent
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class SourceTree:
    """The modules of the package `app` below a folder, parsed."""

    modules: Mapping[str, ast.Module]

    @classmethod
    def read(cls, root: Path) -> "SourceTree":
        """Parse every module; keys are paths relative to the folder."""
        paths = sorted((root / "app").rglob("*.py"))
        return cls({str(path.relative_to(root)): ast.parse(path.read_text(encoding="utf-8")) for path in paths})

    def functions(self) -> Iterator[tuple[str, FunctionNode]]:
        """The public functions at the top level of modules."""
        for path, node in self._top_level():
            if isinstance(node, FunctionNode):
                yield path, node

    def classes(self) -> Iterator[tuple[str, ast.ClassDef]]:
        """The public classes at the top level of modules."""
        for path, node in self._top_level():
            if isinstance(node, ast.ClassDef):
                yield path, node

    def methods(self) -> Iterator[tuple[str, FunctionNode]]:
        """The public methods of the public classes."""
        for path, owner in self.classes():
            for node in owner.body:
                if isinstance(node, FunctionNode) and not node.name.startswith("_"):
                    yield f"{path}:{owner.name}", node

    def _top_level(self) -> Iterator[tuple[str, ast.stmt]]:
        for path, tree in self.modules.items():
            yield from ((path, node) for node in tree.body if not getattr(node, "name", "_").startswith("_"))

    def shared_class_names(self) -> Mapping[str, Sequence[str]]:
        """Class names that stand for more than one class, with their modules."""
        found = defaultdict(list)
        for path, node in self.classes():
            found[node.name].append(path)
        return {name: paths for name, paths in found.items() if len(paths) > 1}

    def one_word_functions(self) -> Sequence[str]:
        """Public functions whose name is one bare word, as `path:name`."""
        return [f"{path}:{node.name}" for path, node in self.functions() if "_" not in node.name]

    def largest_folder(self) -> tuple[str, int]:
        """The folder with the most modules, without `__init__.py`, and their number."""
        files = (Path(path) for path in self.modules if not path.endswith("__init__.py"))
        return Counter(str(path.parent) for path in files).most_common(1)[0]

    def undocumented(self) -> Sequence[str]:
        """Public functions, classes and methods without a docstring; methods that override one are counted too."""
        everything = (*self.functions(), *self.classes(), *self.methods())
        return [f"{path}:{node.name}" for path, node in everything if not (ast.get_docstring(node) or _has_label(node))]

    def raising(self) -> Sequence[tuple[str, bool]]:
        """Public functions and methods whose own body raises, and whether their docstring says so."""
        return [
            (f"{path}:{node.name}", "raise" in (ast.get_docstring(node) or "").lower())
            for path, node in (*self.functions(), *self.methods())
            if any(isinstance(each, ast.Raise) and each.exc for each in _own_nodes(node))
        ]


def _has_label(node: FunctionNode | ast.ClassDef) -> bool:
    """Whether a sentence for people says what this is: of a rule in its decorator, of an event in its class."""
    is_event = any(
        isinstance(each, ast.AnnAssign | ast.Assign) and ast.unparse(each).startswith("words: ClassVar")
        for each in node.body
    )
    return is_event or any(ast.unparse(each).startswith("access_rule(") for each in node.decorator_list)


def _own_nodes(function: FunctionNode) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions and classes inside it, and of what a `try` may catch."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.Try) and node.handlers:
            waiting += [*node.handlers, *node.orelse, *node.finalbody]
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)


def measure(tree: SourceTree) -> Mapping[str, str]:
    """Return the figures of a tree by their label."""
    functions, classes, methods = (len(list(each())) for each in (tree.functions, tree.classes, tree.methods))
    shared, one_word, undocumented, raising = (
        tree.shared_class_names(),
        tree.one_word_functions(),
        tree.undocumented(),
        tree.raising(),
    )
    said, documented = sum(says for _, says in raising), functions + classes + methods - len(undocumented)
    folder, size = tree.largest_folder()
    return {
        "modules": str(len(tree.modules)),
        "public classes": str(classes),
        "class names that stand for several classes": f"{len(shared)} (for {sum(map(len, shared.values()))} classes)",
        "public functions of modules": str(functions),
        "of them of one bare word": f"{len(one_word)} ({len(one_word) / functions:.0%})",
        "modules in the largest folder": f"{size} (`{folder}`)",
        "public functions, classes, methods with docstring": f"{documented / (functions + classes + methods):.0%}",
        "functions and methods that raise, and say so": f"{said} of {len(raising)} ({said / len(raising):.0%})",
    }


def main(roots: Sequence[str]) -> None:
    """Print a table with one column for each tree, this one last."""
    figures = [measure(SourceTree.read(Path(root))) for root in (*roots, PROJECT_ROOT)]
    print("| figure |", " | ".join((*roots, "this tree")), "|")
    print("|---|" + "---|" * len(figures))
    for label in figures[-1]:
        print(f"| {label} |", " | ".join(each[label] for each in figures), "|")


if __name__ == "__main__":
    main(sys.argv[1:])
