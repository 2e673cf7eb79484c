"""What a pack may say to base registers: `subjects/*.yaml`, one register a file."""

from collections.abc import Iterable

from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.jobs.queue import later
from gusu.kernel.packs import Known, Problem, Section
from gusu.kernel.vocabulary.queries import elements
from gusu.resources.exchange.queries import standing
from gusu.resources.subjects import store
from gusu.resources.subjects.erasing import give_up_undeclared
from gusu.resources.subjects.jobs import LINK, fuse_later
from gusu.resources.subjects.models import BaseEdition, BaseRegister, DossierKey
from gusu.resources.subjects.spec import SubjectsPiece, column, kept_as, spec_of


class Subjects(Section[SubjectsPiece]):
    name = "subjects"
    schema = SubjectsPiece
    needs = ("resources", "elements")

    def key(self, piece: SubjectsPiece) -> str:
        return piece.code

    def offers(self, piece: SubjectsPiece) -> Iterable[str]:
        return piece.elements

    def check(self, piece: SubjectsPiece, known: Known) -> Iterable[Problem]:
        for place, source in enumerate(piece.sources):
            yield from known.missing("resources", source.resource, at=("sources", place, "resource"))
            for item in source.named_items:
                yield from known.missing_in("resources", source.resource, item, at=("sources", place))
            if piece.number not in source.items:
                yield Problem(
                    "来源必须给出关联号码", "a source must give the number that links", ("sources", place, "items")
                )
            for element in source.items.keys() - piece.elements.keys():
                yield Problem(
                    f"数据元“{element}”不在本库", f"'{element}' is none of the elements", ("sources", place, "items")
                )
        for element, tiers in piece.elements.items():
            yield from known.missing("elements", element, at=("elements", element))
            yield from _trust_problems(piece, element, tiers)
        kin = piece.guardians.elements if piece.guardians else []
        asked = (*piece.find_by, *piece.real_name, *kin)
        for name in (piece.number, *asked, *(doubt.element for doubt in piece.doubts)):
            if name not in piece.elements:
                yield Problem(f"数据元“{name}”不在本库", f"'{name}' is none of the elements", ("elements",))
        if len({column(element) for element in piece.elements}) < len(piece.elements):
            yield Problem("数据元末段重名", "two elements end in the same word", ("elements",))
        yield from _doubt_problems(piece)

    def kept(self) -> dict[str, SubjectsPiece]:
        return {register.code: spec_of(register.spec) for register in BaseRegister.objects.filter(ended_at=None)}

    def apply(self, pieces: list[SubjectsPiece], *, by: Actor) -> None:
        for piece in pieces:
            titles = {"title_zh": piece.title.zh, "title_en": piece.title.en}
            register, _ = BaseRegister.objects.update_or_create(
                code=piece.code, defaults=titles | {"spec": kept_as(piece), "ended_at": None}
            )
            store.create(store.Layout.of(piece, elements(piece.elements)))
            for batch in (batch for resource in piece.resources for batch in standing(resource)):
                later(LINK, batch=batch.pk)
            fuse_later(register)
        give_up_undeclared()

    def retire(self, keys: list[str], *, by: Actor) -> None:
        """An ended register has no golden records and no links; what departments sent stays with their batches."""
        BaseRegister.objects.filter(code__in=keys).update(ended_at=clock.now())
        BaseEdition.objects.filter(register__code__in=keys).delete()
        DossierKey.objects.filter(register__code__in=keys).delete()
        for code in keys:
            store.drop(code)
        give_up_undeclared()


def _trust_problems(piece: SubjectsPiece, element: str, tiers: list[list[str]]) -> Iterable[Problem]:
    known = {source.code: source for source in piece.sources}
    for code in (code for tier in tiers for code in tier):
        if code not in known:
            yield Problem(f"没有来源“{code}”", f"there is no source '{code}'", ("elements", element))
        elif element not in known[code].items:
            yield Problem(f"来源“{code}”不提供此数据元", f"source '{code}' does not give it", ("elements", element))


def _doubt_problems(piece: SubjectsPiece) -> Iterable[Problem]:
    known = {source.code: source.items for source in piece.sources}
    for place, doubt in enumerate(piece.doubts):
        asked = [(code, doubt.element) for code in doubt.between]
        asked += [(code, element) for code, elements_ in doubt.where.items() for element in elements_]
        for code, element in asked:
            if element not in known.get(code, {}):
                yield Problem(
                    f"来源“{code}”不提供“{element}”", f"source '{code}' gives no '{element}'", ("doubts", place)
                )
        if (len(doubt.between) > 1) == bool(doubt.where):
            yield Problem("between 与 where 二选一", "either `between` two sources or `where`", ("doubts", place))


SECTIONS = [Subjects()]
