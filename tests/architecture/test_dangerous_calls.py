"""What no module, script or template of the application does, whatever is passed to it: run code or a shell, read
objects from bytes, draw secrets from a weak generator, put text into a page as markup."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_code import APP, FUNCTIONS, PROJECT_ROOT, Module, list_modules

CODE = {"builtins.eval", "builtins.exec", "builtins.compile", "builtins.__import__"}
SHELL = {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "pty"}
OBJECTS = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle", "yaml"}
TEMPLATES = {"jinja2.Template", "string.Template", "string.Formatter"}
XML = {f"xml.etree.ElementTree.{name}" for name in ("fromstring", "XML", "parse", "iterparse", "XMLParser")}
XML |= {"xml.dom", "xml.sax.make_parser", "xml.sax.parse", "xml.sax.parseString", "lxml"}
HASHES = {"hashlib.md5", "hashlib.sha1", "hashlib.new", "cryptography.hazmat.primitives.hashes.MD5"}
HASHES |= {"cryptography.hazmat.primitives.hashes.SHA1", "cryptography.hazmat.primitives.ciphers.modes"}
TRUST = {"ssl._create_unverified_context", "ssl.CERT_NONE", "urllib3.disable_warnings"}
DANGEROUS = CODE | SHELL | OBJECTS | TEMPLATES | XML | HASHES | TRUST | {"random"}
KEYWORDS = {("shell", True), ("verify", False), ("autoescape", False), ("check_hostname", False)}
ALLOWED = {
    ("app.web.floor.event_stream", "random.uniform"),  # so that listeners do not all ask at once
}
WITHOUT_DATABASE_COMMANDS = ("app.cli", "app.server", "app.backup", "app.embedded", "app.package")
SCRIPT_SINKS = re.compile(
    r"\.(inner|outer)HTML\s*\+?=[^=]|insertAdjacentHTML|document\.write|\beval\(|new Function"
    r"|set(Timeout|Interval)\(['\"]|postMessage|['\"]message['\"]|__proto__|sessionStorage|indexedDB|document\.cookie|javascript:|https?://"
)
MARKUP = re.compile(
    r"\|\s*safe\b|autoescape|\son[a-z]+\s*=|\sstyle\s*=|javascript:|<(object|embed|applet|base)\b|type=.password"
    r"|<(script|link|img|iframe)\b[^>]*(src|href)=.https?:|<script(?![^>]*\ssrc=)"
)


def find_dangerous_uses(module: Module) -> Iterator[str]:
    """Yield what a module refers to, imports or passes that no module of the application may."""
    own = {node.name for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            origin = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            names = [origin + each.name for each in node.names]
        elif isinstance(node, ast.Attribute):
            names = [name] if (name := dotted_name(module, node)) else []
        elif isinstance(node, ast.Name) and node.id not in own | module.imports.keys():
            names = [f"builtins.{node.id}"]
        elif isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant):
            if (node.arg, node.value.value) in KEYWORDS:
                yield ast.unparse(node)
            continue
        else:
            continue
        for name in names:
            parts = name.split(".")
            if any(".".join(parts[:count]) in DANGEROUS for count in range(1, len(parts) + 1)):
                yield name


def dotted_name(module: Module, node: ast.expr) -> str:
    """Return the name of an attribute with that of the module that it is of; empty if it is of no name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts, node = [node.attr, *parts], node.value
    return ".".join([module.imports.get(node.id, node.id), *parts]) if isinstance(node, ast.Name) else ""


def is_put_together(node: ast.expr) -> bool:
    """Whether a text is made of parts at run time."""
    return isinstance(node, ast.JoinedStr | ast.BinOp) or (isinstance(node, ast.Call) and "format" in ast.unparse(node))


def find_built_expressions(module: Module) -> Iterator[str]:
    """Yield statements, patterns and paths that a function puts together out of parts before it runs them."""
    for function in (node for node in ast.walk(module.tree) if isinstance(node, FUNCTIONS)):
        for node in (each for each in ast.walk(function) if isinstance(each, ast.Call) and each.args):
            called = dotted_name(module, node.func) or getattr(node.func, "attr", "")
            is_sql = called.rpartition(".")[2] in {"text", "exec_driver_sql"}
            is_pattern = called in {
                f"re.{name}" for name in ("compile", "search", "match", "fullmatch", "sub", "split")
            }
            is_path = called.rpartition(".")[2] == "xpath"
            if (is_sql or is_pattern or is_path) and is_put_together(node.args[0]):
                yield ast.unparse(node)


def of_the_application() -> tuple[Module, ...]:
    return tuple(each for each in list_modules() if not each.name.startswith("app.demo"))


def made_of(source: str) -> Module:
    return Module("app.invented", Path("invented.py"), ast.parse(source))


def test_no_module_does_what_is_dangerous_whatever_is_passed() -> None:
    found = {(module.name, name) for module in of_the_application() for name in find_dangerous_uses(module)}
    imported = {(name, "random") for name, _ in ALLOWED}

    assert found - ALLOWED - imported == set()
    assert found >= ALLOWED  # the list of exceptions only becomes shorter


@pytest.mark.parametrize(
    "source",
    [
        "eval('1')",
        "import os\nos.system('ls')",
        "from os import system as run",
        "import subprocess\nsubprocess.run('ls', shell=True)",
        "from pickle import loads",
        "from jinja2 import Template",
        "from xml.etree import ElementTree as Xml\nXml.fromstring('<a/>')",
        "import hashlib\nhashlib.md5(b'')",
        "import random\nrandom.choice('ab')",
        "import ssl\nssl.CERT_NONE",
        "connect(verify=False)",
    ],
)
def test_each_kind_is_found(source: str) -> None:
    assert list(find_dangerous_uses(made_of(source))) != []
    assert list(find_dangerous_uses(made_of("import re\nre.compile('a')\nconnect(verify=True)"))) == []


def test_no_function_builds_a_statement_a_pattern_or_a_path_of_what_it_was_given() -> None:
    modules = [each for each in of_the_application() if not each.name.startswith(WITHOUT_DATABASE_COMMANDS)]

    assert [(module.name, built) for module in modules for built in find_built_expressions(module)] == []
    for built in ("text(f'SELECT {a}')", "re.compile('^' + a)", "node.xpath(f'//{a}')", "text('{}'.format(a))"):
        assert list(find_built_expressions(made_of(f"def find(a):\n    {built}"))) == [ast.unparse(ast.parse(built))]


def test_no_script_puts_text_into_a_page_as_markup_or_takes_messages() -> None:
    scripts = {path.name: path.read_text(encoding="utf-8") for path in (APP / "static").glob("*.js")}

    assert len(scripts) >= 5
    assert {name: hit[0] for name, text in scripts.items() if (hit := SCRIPT_SINKS.search(text))} == {
        "portal.js": "document.cookie"  # the time zone of the browser; the server accepts the names of zones alone
    }
    # uploads that can be continued; whether the chair uses single keys
    assert {name for name, text in scripts.items() if "localStorage" in text} == {"uploads.js", "floor_chair.js"}
    for sink in ("a.innerHTML = b", "document.write(a)", "addEventListener('message', f)", "setTimeout('a()', 1)"):
        assert SCRIPT_SINKS.search(sink)


def test_no_template_has_a_script_of_its_own_a_password_or_text_that_is_not_escaped() -> None:
    folder = PROJECT_ROOT / "templates"
    pages = {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*.html")}
    ours = {name: text for name, text in pages.items() if not name.startswith("demo/")}

    assert len(ours) > 100
    assert {name: hit[0] for name, text in ours.items() if (hit := MARKUP.search(text))} == {}
    for markup in ("{{ a | safe }}", '<p onclick="a()">', "<script>a()</script>", '<input type="password">'):
        assert MARKUP.search(markup)
    assert not MARKUP.search('<script type="module" src="{{ asset("portal.js") }}"></script>')
