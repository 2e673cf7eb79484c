"""What a pack is told of a kind of licence before anything is applied."""

from pathlib import Path

import pytest

from gusu.packkit.load import check, load
from gusu.packkit.rooms import gather
from gusu.services.licences import queries
from gusu.site.wiring import PACK_ROOMS

PACKAGED = Path(queries.__file__).parents[2] / "packs" / "citizen_services"
AS_COPIED = "there is one for 'residence_permit' already"
MANIFEST = "name: spoiled\nversion: '1'\ntitle: {zh: 坏, en: Spoiled}\nneeds: [foundation, suzhou, citizen_services]\n"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The shipped residence permit once more under another name, to be spoiled."""
    folder = tmp_path / "spoiled"
    (folder / "licences").mkdir(parents=True)
    (folder / "pack.yaml").write_text(MANIFEST, encoding="utf-8")
    text = (PACKAGED / "licences" / "residence_permit.yaml").read_text(encoding="utf-8")
    text = text.replace("licence: residence_permit", "licence: another")
    (folder / "licences" / "another.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("item: residence_permit", "item: residence_permits", "did you mean 'residence_permit'"),
        ("issuer: public_security", "issuer: public_securety", "did you mean 'public_security'"),
        ("element: person.sex", "element: person.sax", "did you mean 'person.sex'"),
        ("code: 11320500DEM8338848001", "code: 11320500DEM8338849001", "no unified social credit code"),
        ("code: 11320500DEM8338848001", "code: 11320500DEM8338848", "is not written like"),
        ("element: person.sex", "element: person.health_record", "unknown name in residence_permit"),
        ("months: 12", "until_age: {born: person.death_date, years: 60}", "unknown name in residence_permit"),
        ("months: 12", "months: -1", "the value should be >= 0"),
        ("months: 12", "months: 12\ncolour: red", "colour"),
    ],
)
def test_a_spoiled_kind_is_found_with_its_line(copied: Path, old: str, new: str, said: str) -> None:
    file = copied / "licences" / "another.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")

    [finding] = [one for one in check(load(gather(PACK_ROOMS), paths=[copied])) if AS_COPIED not in one.en]

    lines = file.read_text(encoding="utf-8").splitlines()
    assert said in finding.en
    assert (finding.file, finding.line) == (
        file,
        next(n for n, line in enumerate(lines, 1) if new.splitlines()[-1] in line),
    )
