"""The Chinese catalogue is complete, compiles without gettext, and survives a new extraction."""

import gettext
from pathlib import Path

import pytest

from gusu.kernel.looks import translations

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: nplurals=1; plural=0;\\n"\n\n'


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A package with one sentence in Python, one in a template, and an empty catalogue."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "pages.py").write_text("from x import gettext as _\nsaid = _('Received %(n)s rows')\n")
    (tmp_path / "templates" / "a.html").write_text("{% trans %}Quarantine{% endtrans %}")
    (tmp_path / "django.po").write_text(HEADER)
    return tmp_path


def test_the_looks_own_words_have_their_chinese() -> None:
    ours = {message for message in _of_looks() if message}

    assert [fault for fault in translations.faults() if fault.split(": ", 1)[1] in ours] == []


def test_extraction_finds_python_and_templates_and_check_names_what_is_missing(room: Path) -> None:
    po = room / "django.po"
    assert translations.faults(po, room) == [
        "missing (run extract): Quarantine",
        "missing (run extract): Received %(n)s rows",
    ]

    translations.extract(po, room)

    assert sorted(translations.faults(po, room)) == ["untranslated: Quarantine", "untranslated: Received %(n)s rows"]


def test_a_second_extraction_keeps_the_chinese_and_changes_nothing(room: Path) -> None:
    po = room / "django.po"
    translations.extract(po, room)
    filled(po, {"Quarantine": "隔离", "Received %(n)s rows": "已接收 %(n)s 行"})

    translations.extract(po, room)
    once = po.read_text()
    translations.extract(po, room)

    assert translations.faults(po, room) == []
    assert po.read_text() == once


def test_a_lost_placeholder_is_a_fault(room: Path) -> None:
    po = room / "django.po"
    translations.extract(po, room)
    filled(po, {"Quarantine": "隔离", "Received %(n)s rows": "已接收若干行 %(m)s"})

    assert [fault.split(":")[0] for fault in translations.faults(po, room)] == ["broken"]


def test_a_sentence_nobody_uses_is_a_fault_until_extraction_drops_it(room: Path) -> None:
    po = room / "django.po"
    translations.extract(po, room)
    (room / "templates" / "a.html").write_text("")

    assert "unused (run extract): Quarantine" in translations.faults(po, room)
    assert [message.id for message in translations.extract(po, room) if message.id] == ["Received %(n)s rows"]


def test_compiling_twice_writes_once_and_the_result_speaks_chinese(room: Path) -> None:
    po = room / "django.po"
    translations.extract(po, room)
    filled(po, {"Quarantine": "隔离", "Received %(n)s rows": "已接收 %(n)s 行"})

    assert translations.compile_catalogue(po) is True
    assert translations.compile_catalogue(po) is False

    with po.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Quarantine") == "隔离"


def filled(po: Path, chinese: dict[str, str]) -> None:
    text = po.read_text()
    for msgid, msgstr in chinese.items():
        text = text.replace(f'msgid "{msgid}"\nmsgstr ""', f'msgid "{msgid}"\nmsgstr "{msgstr}"')
    po.write_text(text)


def _of_looks() -> list[str]:
    found = translations.msgids_in_use(translations.PACKAGE / "kernel" / "looks")
    return [message.id if isinstance(message.id, str) else message.id[0] for message in found]
