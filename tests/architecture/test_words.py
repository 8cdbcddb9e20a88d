"""The catalogues: what the tool finds, writes and names as wrong."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.cli.catalogues import extract_messages, update_translation_catalogues
from app.core.i18n import LANGUAGES, load_translations

CODE = """
REASON = _("The meeting %(name)s is over.", name=_("inner"))
def refuse(): raise ValueError(_("Two "
    "parts"))
DECLINE = _p("floor", "Decline")
"""
PAGE = """
{{ _("Plain words") }} {{ _("Named %(day)s", day=d) }} {{ pgettext("invitation", "Decline") }}
{% trans count=n %}One day{% pluralize %}{{ count }} days{% endtrans %}
{% trans %}
  Read <b>this</b>
{% endtrans %}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app" / "core").mkdir(parents=True)
    (tmp_path / "templates" / "web").mkdir(parents=True)
    (tmp_path / "app" / "core" / "some.py").write_text(CODE)
    (tmp_path / "templates" / "web" / "some.html").write_text(PAGE)
    assert update_translation_catalogues(check=False, root=tmp_path) == 0
    return tmp_path


def catalogue(project: Path, language: str) -> Path:
    return project / "app" / "locale" / f"{language}.po"


def replace(project: Path, language: str, old: str, new: str) -> None:
    path = catalogue(project, language)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def complaints(project: Path, capsys: pytest.CaptureFixture[str], language: str = "en") -> list[str]:
    capsys.readouterr()
    update_translation_catalogues(check=True, root=project)
    return [line for line in capsys.readouterr().out.splitlines() if line.startswith(f"{language}: ")]


def test_every_marked_sentence_is_found_in_code_and_templates(project: Path) -> None:
    messages = [message for message in extract_messages(project) if message.id]
    found = {message.id for message in messages if not message.context}

    assert {(message.context, message.id) for message in messages if message.context} == {
        ("floor", "Decline"),
        ("invitation", "Decline"),
    }
    assert found == {
        "The meeting %(name)s is over.",
        "inner",
        "Two parts",
        "Plain words",
        "Named %(day)s",
        ("One day", "%(count)s days"),
        "Read <b>this</b>",
    }


def test_english_is_filled_in_and_the_others_wait_with_their_plural_forms(project: Path) -> None:
    forms = {}
    for language in LANGUAGES:
        with catalogue(project, language).open("rb") as source:
            entry = read_po(source).get("One day")
        assert entry
        forms[language] = tuple(entry.string or ())

    assert forms["en"] == ("One day", "%(count)s days")
    assert {language: len(form) for language, form in forms.items()} == {
        "ar": 6,
        "zh": 1,
        "en": 2,
        "fr": 2,
        "ru": 3,
        "es": 2,
    }
    assert not any(any(form) for language, form in forms.items() if language != "en")


def test_writing_twice_changes_nothing_and_writes_no_locations_or_dates(project: Path) -> None:
    before = {language: catalogue(project, language).read_bytes() for language in LANGUAGES}
    update_translation_catalogues(check=False, root=project)

    assert before == {language: catalogue(project, language).read_bytes() for language in LANGUAGES}
    assert b"some." not in before["en"]
    assert b"Date" not in before["en"]


def test_translations_are_kept_and_unused_messages_are_dropped(project: Path) -> None:
    replace(project, "fr", 'msgid "Plain words"\nmsgstr ""', 'msgid "Plain words"\nmsgstr "Des mots"')
    (project / "app" / "core" / "some.py").write_text('_("New")')
    update_translation_catalogues(check=False, root=project)
    text = catalogue(project, "fr").read_text()

    assert 'msgid "Plain words"\nmsgstr "Des mots"' in text
    assert 'msgid "New"\nmsgstr ""' in text
    assert "inner" not in text


def test_a_complete_catalogue_has_no_complaint(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert complaints(project, capsys) == []
    assert "ar: empty: Plain words" in complaints(project, capsys, "ar")
    assert update_translation_catalogues(check=True, root=project) == 1


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('msgid "inner"\nmsgstr "inner"', "", "missing: inner"),
        ('msgstr "inner"', 'msgstr ""', "empty: inner"),
        ('msgid "inner"', '#, fuzzy\nmsgid "inner"', "fuzzy: inner"),
        ('msgstr[1] "%(count)s days"', 'msgstr[1] ""', "a plural form is missing: One day / %(count)s days"),
        ('msgstr[1] "%(count)s days"', 'msgstr[1] "days"', "placeholders or tags differ: One day / %(count)s days"),
        ('msgstr "Named %(day)s"', 'msgstr "Named"', "placeholders or tags differ: Named %(day)s"),
        ('msgstr "Named %(day)s"', 'msgstr "Named %(days)s"', "placeholders or tags differ: Named %(day)s"),
        ('msgstr "Named %(day)s"', 'msgstr "Named %(day)s, 5 %"', "placeholders or tags differ: Named %(day)s"),
        ('msgstr "Read <b>this</b>"', 'msgstr "Read <a>this</b>"', "placeholders or tags differ: Read <b>this</b>"),
        ('msgid "inner"\n', 'msgid "gone"\nmsgstr "gone"\n\nmsgid "inner"\n', "obsolete: gone"),
        ('msgid "inner"\n', '#~ msgid "gone"\n#~ msgstr "gone"\n\nmsgid "inner"\n', "obsolete: gone"),
        ('msgctxt "floor"\nmsgid "Decline"\nmsgstr "Decline"', "", "missing: floor / Decline"),
        (
            'msgid "inner"\n',
            'msgctxt "gone"\nmsgid "inner"\nmsgstr "inner"\n\nmsgid "inner"\n',
            "obsolete: gone / inner",
        ),
    ],
)
def test_each_kind_of_fault_is_reported(
    project: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, complaint: str
) -> None:
    assert complaints(project, capsys) == []
    replace(project, "en", old, new)

    assert complaints(project, capsys) == [f"en: {complaint}"]


def test_checking_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue(project, "es").unlink()

    assert "es: missing: inner" in complaints(project, capsys, "es")
    assert not catalogue(project, "es").exists()


def test_one_message_has_a_translation_for_each_context(project: Path) -> None:
    for context, translation in (("floor", "拒绝"), ("invitation", "谢绝")):
        replace(
            project,
            "zh",
            f'msgctxt "{context}"\nmsgid "Decline"\nmsgstr ""',
            f'msgctxt "{context}"\nmsgid "Decline"\nmsgstr "{translation}"',
        )
    update_translation_catalogues(check=False, root=project)

    with catalogue(project, "zh").open("rb") as source:
        saved = read_po(source)
    assert [str(saved.get("Decline", context).string) for context in ("floor", "invitation")] == ["拒绝", "谢绝"]


def test_the_six_catalogues_of_the_portal_can_be_read() -> None:
    for language in LANGUAGES:
        assert load_translations(language).gettext("") is not None
