"""Every cookie that the application sets: for TLS alone, not for scripts, and not sent for forms of other sites."""

import ast

from tests.architecture.source_code import list_modules

NAMED_WITH_PREFIX = ("cookie_name(", "session_cookie_name(", "_cookie_name(", "self.language_cookie", "name")
"""Each of these puts `__Host-` in front (of the hint of the sign-out `__Secure-`), which tests of the sign-in show."""


def test_every_cookie_is_for_tls_and_not_for_scripts() -> None:
    calls = [
        node
        for module in list_modules()
        if not module.name.startswith("app.demo")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"set_cookie", "delete_cookie"}
    ]

    assert len(calls) >= 10
    for call in calls:
        options = {each.arg: ast.unparse(each.value) for each in call.keywords}
        assert options["httponly"] == "True", ast.unparse(call)
        assert options["samesite"] in ("'lax'", "'strict'"), ast.unparse(call)
        assert options["secure"].endswith(("is_secure", "self._secure", "self.secure")), ast.unparse(call)
        assert "domain" not in options
        assert any(each in ast.unparse(call.args[0]) for each in NAMED_WITH_PREFIX), ast.unparse(call)
