"""The Chinese catalogue, kept by Babel so that no gettext binary is needed.

python -m gusu.kernel.looks.translations          compile django.po to django.mo where it is newer
python -m gusu.kernel.looks.translations extract  add new English msgids from code and templates, drop unused ones
python -m gusu.kernel.looks.translations check    exit 1 and list what has no Chinese, is fuzzy, missing or unused
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parents[2]
CATALOGUE = PACKAGE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
SOURCES = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"silent": "false", "newstyle_gettext": "true"}}
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}


def compile_catalogue(source: Path = CATALOGUE) -> bool:
    """Write the .mo beside the .po unless it is there and newer; True when written."""
    compiled = source.with_suffix(".mo")
    if compiled.exists() and compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns:
        return False
    beside = compiled.with_suffix(".mo.new")
    with beside.open("wb") as file:
        write_mo(file, read_catalogue(source))
    beside.replace(compiled)
    return True


def extract(source: Path = CATALOGUE, package: Path = PACKAGE) -> Catalog:
    """Bring the .po up to date with the msgids in use; the Chinese already there is kept."""
    catalogue, in_use = read_catalogue(source), msgids_in_use(package)
    in_use.creation_date = catalogue.creation_date
    catalogue.update(in_use, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with source.open("wb") as file:
        write_po(file, catalogue, width=110, sort_by_file=True, include_lineno=False)
    return catalogue


def faults(source: Path = CATALOGUE, package: Path = PACKAGE) -> list[str]:
    """One line per msgid that a reader of Chinese would meet in English or broken, and per one no page uses."""
    catalogue, in_use = read_catalogue(source), msgids_in_use(package)
    known = {_key(message) for message in catalogue if message.id}
    used = {_key(message) for message in in_use if message.id}
    missing = [f"missing (run extract): {key[1]}" for key in sorted(used - known)]
    unused = [f"unused (run extract): {key[1]}" for key in sorted(known - used)]
    return missing + unused + [fault for message in catalogue if message.id for fault in _faults_of(message, catalogue)]


def msgids_in_use(package: Path = PACKAGE) -> Catalog:
    """What `_()` and `{% trans %}` say in every .py file and template of the package."""
    found = Catalog()
    for name, line, msgid, comments, context in extract_from_dir(package, SOURCES, OPTIONS, KEYWORDS):
        found.add(msgid, None, [(Path(name).as_posix(), line)], auto_comments=comments, context=context)
    return found


def read_catalogue(source: Path) -> Catalog:
    with source.open("rb") as file:
        return read_po(file, locale="zh_Hans", domain="django")


def main(argv: list[str]) -> int:
    match argv:
        case []:
            print("compiled" if compile_catalogue() else "up to date")
            return 0
        case ["extract"]:
            print(f"{len(extract())} msgids in {CATALOGUE}")
            return 0
        case ["check"]:
            found = faults()
            print("\n".join(found) or "every msgid has its Chinese")
            return 1 if found else 0
    print(__doc__, file=sys.stderr)
    return 2


def _faults_of(message: Message, catalogue: Catalog) -> Iterator[str]:
    said = message.string if isinstance(message.string, tuple | list) else (message.string,)
    if not all(said):
        yield f"untranslated: {_key(message)[1]}"
    elif message.fuzzy:
        yield f"fuzzy: {_key(message)[1]}"
    else:
        yield from (f"broken: {_key(message)[1]}: {error}" for error in message.check(catalogue))


def _key(message: Message) -> tuple[str, str]:
    return message.context or "", message.id[0] if isinstance(message.id, tuple | list) else message.id


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
