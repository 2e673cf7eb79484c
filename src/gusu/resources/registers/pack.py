"""What a pack may say to registers: `registers/*.yaml`, one register a file; and what its situations may ask."""

from collections.abc import Iterable

import msgspec

from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.jobs.queue import later
from gusu.kernel.packs import Known, Problem, Section
from gusu.resources.registers import queries, store
from gusu.resources.registers.jobs import MERGE
from gusu.resources.registers.models import Register
from gusu.resources.registers.spec import RegisterPiece, spec_of


class Registers(Section[RegisterPiece]):
    name = "registers"
    schema = RegisterPiece
    needs = ("resources", "elements")

    def key(self, piece: RegisterPiece) -> str:
        return piece.code

    def check(self, piece: RegisterPiece, known: Known) -> Iterable[Problem]:
        for part, source in (("states", piece.states), ("changes", piece.changes)):
            yield from known.missing("resources", source.resource, at=(part, "resource"))
            for item in source.named_items:
                yield from known.missing_in("resources", source.resource, item, at=(part,))
        for place, element in enumerate([piece.key, *piece.elements]):
            at = ("elements", place - 1) if place else ("key",)
            yield from known.missing("elements", element, at=at)
        if piece.key not in piece.states.items or piece.key not in piece.changes.before:
            yield Problem("主键必须由两个来源给出", "the key must come from both sources", ("key",))
        if piece.parent and piece.parent not in piece.elements:
            yield Problem("上级必须是本库的数据元", "the parent must be one of the elements", ("parent",))

    def kept(self) -> dict[str, RegisterPiece]:
        return {register.code: spec_of(register.spec) for register in Register.objects.filter(ended_at=None)}

    def apply(self, pieces: list[RegisterPiece], *, by: Actor) -> None:
        for piece in pieces:
            titles = {"title_zh": piece.title.zh, "title_en": piece.title.en}
            register, _ = Register.objects.update_or_create(
                code=piece.code, defaults=titles | {"spec": msgspec.to_builtins(piece), "ended_at": None}
            )
            store.create(piece)
            later(MERGE, once=f"{MERGE}:{register.pk}", register=register.pk)

    def retire(self, keys: list[str], *, by: Actor) -> None:
        Register.objects.filter(code__in=keys).update(ended_at=clock.now())


SECTIONS = [Registers()]
QUESTIONS = {
    "became": lambda register, key: [step.after_key for step in queries.became(register, key)],
    "was": lambda register, key, on: [version.label for version in queries.versions_at(register, key, on=on)],
    "path": lambda register, key: [version.label for version in queries.path(register, key)],
}
