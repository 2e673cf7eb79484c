"""What a pack may say to the exchange: `exchanges.yaml`, and for the road back `returns.yaml`."""

import difflib
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec

from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.packs import Known, Label, Piece, Problem, Section, inside
from gusu.resources.exchange.connectors.contract import connector, known_targets, target
from gusu.resources.exchange.connectors.contract import known as known_connectors
from gusu.resources.exchange.models import Exchange, Return


class ExchangePiece(Piece, frozen=True):
    code: str
    title: Label
    resource: str
    connector: str
    settings: dict[str, Any]
    pack: str


class Exchanges(Section[ExchangePiece]):
    name = "exchanges"
    schema = ExchangePiece
    needs = ("resources",)

    def key(self, piece: ExchangePiece) -> str:
        return piece.code

    def check(self, piece: ExchangePiece, known: Known) -> Iterable[Problem]:
        yield from known.missing("resources", piece.resource, at=("resource",))
        if piece.connector not in known_connectors():
            names = ", ".join(known_connectors())
            yield Problem(f"没有这种连接器，可用：{names}", f"no such connector; there are: {names}", ("connector",))
        else:
            yield from _amiss(piece.settings, connector(piece.connector).Settings)
        if piece.pack != known.pack:
            yield Problem(f"pack 应为本包名 {known.pack}", f"pack must name this pack, {known.pack}", ("pack",))
        if "file" in piece.settings and inside(known.folder, str(piece.settings["file"])) is None:
            yield Problem("包内没有这个文件", "the pack has no such file", ("settings", "file"))

    def kept(self) -> dict[str, ExchangePiece]:
        return {exchange.code: _piece(exchange) for exchange in Exchange.objects.filter(ended_at=None)}

    def apply(self, pieces: list[ExchangePiece], *, by: Actor) -> None:
        for piece in pieces:
            fields = {name: getattr(piece, name) for name in ("resource", "connector", "settings", "pack")}
            title = {"title_zh": piece.title.zh, "title_en": piece.title.en, "ended_at": None}
            Exchange.objects.update_or_create(code=piece.code, defaults=fields | title)

    def retire(self, keys: list[str], *, by: Actor) -> None:
        Exchange.objects.filter(code__in=keys).update(ended_at=clock.now())


class ReturnPiece(Piece, frozen=True):
    """columns: the department's column → the data element whose value goes there.  comes_back_by: the exchange by which
    the register learns of it, received at once; "" where it is received in its own time.
    """

    code: str
    title: Label
    connector: str
    settings: dict[str, Any]
    columns: Annotated[dict[str, str], msgspec.Meta(min_length=1)]
    comes_back_by: str = ""
    retention_days: Annotated[int, msgspec.Meta(ge=1)] = 30


class Returns(Section[ReturnPiece]):
    name = "returns"
    schema = ReturnPiece
    needs = ("elements", "exchanges")

    def key(self, piece: ReturnPiece) -> str:
        return piece.code

    def check(self, piece: ReturnPiece, known: Known) -> Iterable[Problem]:
        if piece.connector not in known_targets():
            names = ", ".join(known_targets())
            yield Problem(
                f"没有能写入的这种连接器，可用：{names}",
                f"no such connector that writes; there are: {names}",
                ("connector",),
            )
        else:
            yield from _amiss(piece.settings, target(piece.connector).TargetSettings)
        if piece.settings.get("key", "") not in piece.columns:
            yield Problem("key 应为 columns 中的列", "key must be one of the columns", ("settings", "key"))
        if piece.comes_back_by:
            yield from known.missing("exchanges", piece.comes_back_by, at=("comes_back_by",))
        columns: dict[str, str] = {}
        for column, element in piece.columns.items():
            yield from known.missing("elements", element, at=("columns", column))
            if (first := columns.setdefault(element, column)) != column:
                yield Problem(
                    f"数据元“{element}”已写入列“{first}”", f"'{element}' goes to '{first}' already", ("columns", column)
                )

    def kept(self) -> dict[str, ReturnPiece]:
        return {road.code: _return_piece(road) for road in Return.objects.filter(ended_at=None)}

    def apply(self, pieces: list[ReturnPiece], *, by: Actor) -> None:
        for piece in pieces:
            names = ("connector", "settings", "columns", "comes_back_by", "retention_days")
            fields = {name: getattr(piece, name) for name in names}
            title = {"title_zh": piece.title.zh, "title_en": piece.title.en, "ended_at": None}
            Return.objects.update_or_create(code=piece.code, defaults=fields | title)

    def retire(self, keys: list[str], *, by: Actor) -> None:
        """What still waits for an ended return stays, and goes when it is declared again."""
        Return.objects.filter(code__in=keys).update(ended_at=clock.now())


def _amiss(settings: dict[str, Any], wanted: type[Piece]) -> Iterable[Problem]:
    """What the connector does not know, does not find, or cannot read."""
    fields = {field.name: field for field in msgspec.structs.fields(wanted)}
    for key in [key for key in settings if key not in fields]:
        near = "".join(difflib.get_close_matches(key, fields, n=1, cutoff=0.5))
        zh, en = (f"，是不是“{near}”？", f"; did you mean '{near}'?") if near else ("", "")
        yield Problem(f"连接器没有设置项“{key}”{zh}", f"the connector has no setting '{key}'{en}", ("settings", key))
    for name, field in fields.items():
        if field.required and name not in settings:
            yield Problem(f"缺少设置项“{name}”", f"the setting '{name}' is missing", ("settings",))
        elif name in settings and not _is_a(settings[name], field.type):
            yield Problem(f"设置项“{name}”的值不对", f"the setting '{name}' has a wrong value", ("settings", name))


def _is_a(value: object, wanted: Any) -> bool:
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError:
        return False
    return True


def _piece(exchange: Exchange) -> ExchangePiece:
    return ExchangePiece(
        code=exchange.code,
        title=Label(zh=exchange.title_zh, en=exchange.title_en),
        resource=exchange.resource,
        connector=exchange.connector,
        settings=exchange.settings,
        pack=exchange.pack,
    )


def _return_piece(road: Return) -> ReturnPiece:
    return ReturnPiece(
        code=road.code,
        title=Label(zh=road.title_zh, en=road.title_en),
        connector=road.connector,
        settings=road.settings,
        columns=road.columns,
        comes_back_by=road.comes_back_by,
        retention_days=road.retention_days,
    )


SECTIONS = [Exchanges(), Returns()]
