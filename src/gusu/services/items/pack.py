"""What a pack may say about service items: `items/*.yaml`, one item a file; and what its situations may ask."""

from collections.abc import Iterable, Iterator

from gusu.kernel.actor import Actor
from gusu.kernel.packs import Known, Problem, Section
from gusu.services.items import actions, queries
from gusu.services.items.linting import faults
from gusu.services.items.spec import ItemPiece


class Items(Section[ItemPiece]):
    name = "items"
    schema = ItemPiece
    needs = ("organisations", "elements", "codelists")

    def key(self, piece: ItemPiece) -> str:
        return piece.item

    def check(self, piece: ItemPiece, known: Known) -> Iterable[Problem]:
        """References, and the errors of the linter; its warnings stop nobody and count in the score."""
        yield from _unknown(piece, known)
        for fault in faults(piece):
            if fault.rule.severity == "error":
                yield Problem(fault.text.zh, fault.text.en, fault.at)

    def kept(self) -> dict[str, ItemPiece]:
        return queries.declarations()

    def apply(self, pieces: list[ItemPiece], *, by: Actor) -> None:
        actions.write_items(pieces)

    def retire(self, keys: list[str], *, by: Actor) -> None:
        actions.end_items(keys)


def _unknown(piece: ItemPiece, known: Known) -> Iterator[Problem]:
    yield from known.missing("organisations", piece.organisation, at=("organisation",))
    if known.has("organisations", piece.organisation):
        yield from known.missing_in("organisations", piece.organisation, piece.code[:18], at=("code",))
    for field, code in [("type", piece.type), ("level", piece.level)]:
        yield from known.missing_in("codelists", f"service.{field}", code, at=(field,))
    for field, codelist in LISTS.items():
        for place, code in enumerate(getattr(piece, field)):
            yield from known.missing("codelists", codelist, at=(field, place))
            yield from known.missing_in("codelists", codelist, code, at=(field, place))
    for place, material in enumerate(piece.materials):
        for number, element in enumerate(material.elements):
            yield from known.missing("elements", element, at=("materials", place, "elements", number))


LISTS = {
    "audiences": "service.audience",
    "channels": "service.channel",
    "topics_person": "service.topic_person",
    "topics_organisation": "service.topic_organisation",
    "life_events": "service.life_event",
}

SECTIONS = [Items()]
QUESTIONS = {
    "items_for": lambda words: [item.item for item in queries.items(queries.Asked(words))[0]],
    "handed_in": lambda item: [one.name.zh for one in queries.guide_of(item).piece.materials if not one.is_met],
}
