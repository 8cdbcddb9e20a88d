"""The functions by which templates translate, compared with those of Jinja itself."""

import pytest
from jinja2 import Environment

from app.core.i18n import LANGUAGES, load_translations
from app.http.jinja.environment import build_environment
from app.http.server_state import TEMPLATE_FOLDER

WRITTEN = (
    '{{ _("Skip to the main content") }}',
    '{{ _("100 %% of %(what)s", what=typed) }} {{ gettext("<b>100 %%</b>") }}',
    "{% trans what=typed %}<b>{{ what }}</b>{% endtrans %}",
    "{% for each in [typed] %}{% trans %}{{ each }} in a loop{% endtrans %}{{ _(each) }}{% endfor %}",
    "{% trans count=3 %}{{ count }} document{% pluralize %}{{ count }} documents{% endtrans %}",
    '{% trans num=1 %}one{% pluralize %}{{ num }}{% endtrans %}{{ ngettext("%(num)s x", "%(num)s y", 2) }}',
    '{{ pgettext("text", "Save the draft") }}{{ pgettext("floor", "%(context)s of %(what)s", what=typed) }}',
    '{{ npgettext("a", "%(num)s of %(context)s", "%(num)s from %(context)s", 2) }}',
    '{% macro part(text) %}<i>{{ text }}{{ _("Help") }}</i>{% endmacro %}{{ part(typed) }}{{ part(text=_("Help")) }}',
    '{% macro box() %}<i>{{ caller() }}</i>{% endmacro %}{% call box() %}{{ _("Search") }}{{ typed }}{% endcall %}',
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("source", WRITTEN)
def test_a_message_is_translated_and_its_values_are_escaped_as_by_jinja(language: str, source: str) -> None:
    jinja = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    vars(jinja)["install_gettext_translations"](load_translations(language), newstyle=True)
    ours = build_environment(TEMPLATE_FOLDER, language, {})
    typed = "<script>'&'</script>"
    assert ours.from_string(source).render(typed=typed) == jinja.from_string(source).render(typed=typed)
