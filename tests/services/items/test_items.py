"""Items as a city keeps them: by version, found by words and facets; and what a pack is told before."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction
from msgspec.structs import replace
from tests.services.items.declared import CLEAN, item

from gusu.kernel import clock
from gusu.kernel.actor import house
from gusu.kernel.errors import NotFound
from gusu.kernel.packs import Label
from gusu.packkit.apply import apply, plan
from gusu.packkit.load import check, load
from gusu.packkit.plan import Difference
from gusu.packkit.rooms import gather
from gusu.packkit.situations import run
from gusu.services.items import queries
from gusu.services.items.models import ItemVersion
from gusu.services.items.pack import Items
from gusu.services.items.queries import Asked
from gusu.services.items.spec import ItemPiece, Result, read
from gusu.site.wiring import PACK_ROOMS

BY = house("test")
OTHER = replace(
    CLEAN,
    item="boat_licence",
    code=CLEAN.code[:-1] + "2",
    title=Label("游船证", "Boat licence"),
    summary=Label("在河上摇船，先领游船证。", "For rowing on the canal."),
    result=Result(Label("游船证", "Boat licence"), "licence"),
    materials=[],
    audiences=["2"],
    topics_person=[],
    life_events=[],
    also_called=["摇橹"],
    organisation="oars",
)
PACKAGED = Path(queries.__file__).parents[2] / "packs" / "citizen_services"


def keep(*pieces: ItemPiece) -> None:
    Items().apply(list(pieces), by=BY)


def versions(of: str = CLEAN.item) -> list[tuple[int, bool]]:
    """(number, whether in force) of an item's versions."""
    rows = ItemVersion.objects.filter(item__item=of).order_by("number")
    return [(row.number, row.until_at is None) for row in rows]


@pytest.mark.django_db
def test_what_is_declared_is_kept_and_the_same_again_makes_no_version() -> None:
    keep(CLEAN, OTHER)
    keep(CLEAN, OTHER)

    assert Items().kept() == {CLEAN.item: CLEAN, OTHER.item: OTHER}
    assert versions() == [(1, True)]


@pytest.mark.django_db
def test_a_changed_declaration_is_a_further_version_that_begins_when_the_last_one_ends() -> None:
    changed = item(visits=2)
    keep(CLEAN)

    with clock.frozen(clock.now() + timedelta(days=1)):
        keep(changed)

    first, second = ItemVersion.objects.order_by("number")
    assert versions() == [(1, False), (2, True)]
    assert first.until_at == second.from_at
    assert read(first.declaration) == CLEAN
    assert queries.guide_of(CLEAN.item).piece == changed


@pytest.mark.django_db
def test_an_item_that_ends_and_comes_back_goes_on_counting() -> None:
    keep(CLEAN)

    Items().retire([CLEAN.item], by=BY)
    ended = queries.guide_of(CLEAN.item)

    assert (Items().kept(), queries.items()) == ({}, ([], 0))
    assert ended.until_at is not None
    keep(CLEAN)
    assert versions() == [(1, False), (2, True)]
    assert Items().kept() == {CLEAN.item: CLEAN}


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["declaration", "number", "from_at"])
def test_the_database_refuses_to_write_over_a_version(field: str) -> None:
    keep(CLEAN)
    other = {"declaration": "{}", "number": 7, "from_at": clock.now()}

    with pytest.raises(DatabaseError, match="never written over"), transaction.atomic():
        ItemVersion.objects.update(**{field: other[field]})
    with pytest.raises(DatabaseError, match="never written over"), transaction.atomic():
        ItemVersion.objects.all()._raw_delete("default")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (Asked(), ["bicycle_permit", "boat_licence"]),
        (Asked("通行"), ["bicycle_permit"]),
        (Asked("摇橹"), ["boat_licence"]),
        (Asked("bicycle"), ["bicycle_permit"]),
        (Asked("行通"), []),
        (Asked(audience="2"), ["bicycle_permit", "boat_licence"]),
        (Asked(audience="1"), ["bicycle_permit"]),
        (Asked(event="job"), ["bicycle_permit"]),
        (Asked(organisation="oars"), ["boat_licence"]),
        (Asked("证", "1", "job", "oars"), []),
    ],
)
def test_items_are_found_by_words_and_facets(asked: Asked, found: list[str]) -> None:
    keep(CLEAN, OTHER)

    assert [each.item for each in queries.items(asked)[0]] == found


@pytest.mark.django_db
def test_a_facet_counts_what_there_would_be_with_the_other_facets_as_they_are() -> None:
    keep(CLEAN, OTHER)

    assert queries.facets(Asked()) == {
        "audience": {"1": 1, "2": 2},
        "event": {"job": 1},
        "organisation": {"oars": 1, "wheels": 1},
    }
    assert queries.facets(Asked(audience="1")) == {
        "audience": {"1": 1, "2": 2},
        "event": {"job": 1},
        "organisation": {"wheels": 1},
    }


@pytest.mark.django_db
def test_pages_of_items_follow_each_other_and_hold_every_item_once() -> None:
    keep(*(replace(CLEAN, item=f"item{n}", code=f"{CLEAN.code[:-3]}{n:03}") for n in range(queries.PAGE + 2)))

    first, after = queries.items()
    second, end = queries.items(after=after)

    assert (len(first), len(second), end) == (queries.PAGE, 2, 0)
    assert len({each.item for each in [*first, *second]}) == queries.PAGE + 2


@pytest.mark.django_db
def test_an_organisation_is_given_the_mean_of_its_items() -> None:
    keep(CLEAN, replace(OTHER, places=[], organisation="wheels"))

    [given] = queries.scores()

    assert (given.organisation, given.items) == ("wheels", {"bicycle_permit": 100, "boat_licence": 98})
    assert given.mean == 99


@pytest.mark.django_db
def test_an_item_is_known_by_its_name_and_by_its_code_and_an_unknown_one_is_refused() -> None:
    keep(CLEAN)

    assert queries.guide_of(CLEAN.code).item.item == CLEAN.item
    with pytest.raises(NotFound):
        queries.guide_of("nothing")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The shipped pack once more under another name, with the residence permit alone, to be spoiled."""
    folder = tmp_path / "spoiled"
    (folder / "items").mkdir(parents=True)
    manifest = "name: spoiled\nversion: '1'\ntitle: {zh: 坏, en: Spoiled}\nneeds: [foundation, suzhou]\n"
    (folder / "pack.yaml").write_text(manifest, encoding="utf-8")
    text = (PACKAGED / "items" / "residence_permit.yaml").read_text(encoding="utf-8")
    text = text.replace("item: residence_permit", "item: another").replace("709012000", "709012001")
    (folder / "items" / "another.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("organisation: public_security", "organisation: public_securety", "did you mean 'public_security'"),
        ("code: 11320500DEM8338848", "code: 11320500DEM454067E", "unknown name in public_security"),
        ('type: "07"', 'type: "77"', "unknown name in service.type '77'"),
        ("life_events: [settling, job]", "life_events: [setling, job]", "did you mean 'settling'"),
        ("person.insurance_state]", "person.insurance_stat]", "did you mean 'person.insurance_state'"),
        ("complaint_phone: 0512-00000202", "complaint_phone: 0512-00000201", "[two_phones]"),
        ("review: beforehand", "review: immediate", "[instant_at_once]"),
        ("days: 5, unit: working", "days: 15, unit: working", "[promise_within_law]"),
        ("decided_by: person", "decided_by: person\ndecided_at: noon", "decided_at"),
    ],
)
def test_a_spoiled_item_is_found_with_its_line(copied: Path, old: str, new: str, said: str) -> None:
    file = copied / "items" / "another.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")

    [finding] = check(load(gather(PACK_ROOMS), paths=[copied], only=["spoiled"]))

    wanted = next(
        n for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if new.splitlines()[-1] in line
    )
    assert said in finding.en
    assert (finding.file, finding.line) == (file, wanted)


@pytest.mark.django_db
def test_a_pack_that_promises_less_time_is_planned_as_that_difference_and_makes_a_version(copied: Path) -> None:
    rooms = gather(PACK_ROOMS)
    apply(load(rooms, paths=[copied], only=["spoiled"]), by=BY)
    file = copied / "items" / "another.yaml"
    text = file.read_text(encoding="utf-8").replace("promised: { days: 5", "promised: { days: 3")
    file.write_text(text, encoding="utf-8")
    packs = load(rooms, paths=[copied], only=["spoiled"])

    [line] = plan(packs).to_do
    apply(packs, by=BY)

    assert line.changes == (Difference("promised.days", 5, 3),)
    assert versions("another") == [(1, False), (2, True)]


@pytest.mark.django_db
def test_the_packs_situations_hold() -> None:
    packs = load(gather(PACK_ROOMS), only=["citizen_services"])
    apply(packs, by=BY)

    own = [outcome for outcome in run(packs) if outcome.pack == "citizen_services"]
    assert len(own) > 1
    assert [str(outcome) for outcome in own if not outcome.held] == []
