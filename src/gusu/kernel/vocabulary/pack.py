"""What a pack may say to the vocabulary: `codelists` and `elements`."""

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from msgspec import Meta

from gusu.kernel.actor import Actor
from gusu.kernel.packs import Known, Label, Piece, Problem, Section
from gusu.kernel.vocabulary import actions
from gusu.kernel.vocabulary.models import Code, CodeList, DataElement

Form = Literal["", "code", "date", "digits", "person_name", "resident_number"]
Dotted = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")]


class CodePiece(Piece, frozen=True):
    code: str
    label: Label
    parent: str = ""


class CodeListPiece(Piece, frozen=True):
    code: Dotted
    label: Label
    codes: tuple[CodePiece, ...]
    standard: str = ""


class ElementPiece(Piece, frozen=True):
    code: Dotted
    label: Label
    type: Literal["text", "integer", "decimal", "boolean", "date", "moment", "code"]
    grade: Annotated[int, Meta(ge=1, le=4)]
    length: Annotated[int, Meta(ge=1)] | None = None
    pattern: str = ""
    form: Form = ""
    codelist: str | None = None
    register: str = ""
    standard: str = ""
    meaning: Label | None = None


class CodeLists(Section[CodeListPiece]):
    name = "codelists"
    schema = CodeListPiece

    def key(self, piece: CodeListPiece) -> str:
        return piece.code

    def offers(self, piece: CodeListPiece) -> Iterable[str]:
        return [code.code for code in piece.codes]

    def check(self, piece: CodeListPiece, known: Known) -> Iterator[Problem]:
        seen: set[str] = set()
        for number, code in enumerate(piece.codes):
            if code.code in seen:
                yield Problem(f"代码“{code.code}”重复", f"the code '{code.code}' is listed twice", ("codes", number))
            seen.add(code.code)
        for number, code in enumerate(piece.codes):
            if code.parent and code.parent not in seen:
                zh, en = f"上级代码“{code.parent}”不在本表中", f"the parent '{code.parent}' is not in this list"
                yield Problem(zh, en, ("codes", number, "parent"))

    def kept(self) -> dict[str, CodeListPiece]:
        codes: dict[str, list[CodePiece]] = {}
        for row in Code.objects.filter(retired_at=None).order_by("codelist", "position"):
            one = CodePiece(row.code, Label(row.label_zh, row.label_en), row.parent)
            codes.setdefault(row.codelist_id, []).append(one)
        return {
            row.code: CodeListPiece(
                row.code, Label(row.label_zh, row.label_en), tuple(codes.get(row.code, ())), row.standard
            )
            for row in CodeList.objects.filter(retired_at=None).order_by("code")
        }

    def apply(self, pieces: list[CodeListPiece], *, by: Actor) -> None:
        lists = [
            CodeList(code=piece.code, label_zh=piece.label.zh, label_en=piece.label.en, standard=piece.standard)
            for piece in pieces
        ]
        codes = [
            Code(
                codelist_id=piece.code,
                code=code.code,
                label_zh=code.label.zh,
                label_en=code.label.en,
                parent=code.parent,
                position=position,
            )
            for piece in pieces
            for position, code in enumerate(piece.codes)
        ]
        actions.write_codelists(lists, codes)

    def retire(self, keys: list[str], *, by: Actor) -> None:
        actions.retire_codelists(keys)


class Elements(Section[ElementPiece]):
    name = "elements"
    schema = ElementPiece
    needs = ("codelists",)

    def key(self, piece: ElementPiece) -> str:
        return piece.code

    def check(self, piece: ElementPiece, known: Known) -> Iterable[Problem]:
        if piece.codelist is not None:
            yield from known.missing("codelists", piece.codelist, at=("codelist",))
        if (piece.type == "code") != (piece.codelist is not None):
            zh, en = "类型为 code 时须写 codelist,其他类型不写", "type code, and only it, names its codelist"
            yield Problem(zh, en, ("type",))
        try:
            re.compile(piece.pattern)
        except re.error as error:
            yield Problem(f"不是有效的正则表达式：{error}", f"not a regular expression: {error}", ("pattern",))

    def kept(self) -> dict[str, ElementPiece]:
        rows = DataElement.objects.filter(retired_at=None).order_by("code")
        return {row.code: _element_piece(row) for row in rows}

    def apply(self, pieces: list[ElementPiece], *, by: Actor) -> None:
        actions.write_elements([_element_row(piece) for piece in pieces])

    def retire(self, keys: list[str], *, by: Actor) -> None:
        actions.retire_elements(keys)


def _element_row(piece: ElementPiece) -> DataElement:
    meaning = piece.meaning
    return DataElement(
        code=piece.code,
        label_zh=piece.label.zh,
        label_en=piece.label.en,
        meaning_zh=meaning.zh if meaning else "",
        meaning_en=meaning.en if meaning else "",
        type=piece.type,
        length=piece.length,
        pattern=piece.pattern,
        form=piece.form,
        codelist_id=piece.codelist,
        register=piece.register,
        standard=piece.standard,
        grade=piece.grade,
    )


def _element_piece(row: DataElement) -> ElementPiece:
    return ElementPiece(
        code=row.code,
        label=Label(row.label_zh, row.label_en),
        type=row.type,  # type: ignore[arg-type]  # the column holds only what the schema let in
        grade=row.grade,
        length=row.length,
        pattern=row.pattern,
        form=row.form,  # type: ignore[arg-type]
        codelist=row.codelist_id,
        register=row.register,
        standard=row.standard,
        meaning=Label(row.meaning_zh, row.meaning_en) if row.meaning_zh else None,
    )


SECTIONS = [CodeLists(), Elements()]
