"""The JSON door of registers: look-ups in open registers, answers as of a day and as known in an edition."""

from datetime import date

from ninja import Query, Router, Schema

from gusu.identity.access import Request, anyone, endpoint
from gusu.kernel.errors import NotAllowed
from gusu.resources.registers import queries

router = Router(tags=["registers"])


class VersionOut(Schema):
    """One thing under one key for one span of time; null ends are open."""

    key: str
    label: str
    values: dict[str, str | None]
    valid_from: date | None
    valid_to: date | None
    confirmed: bool
    known_from: int
    known_to: int | None
    batch: int | None
    position: int | None


class ChangeOut(Schema):
    """One reported change from one key to another."""

    moment: date
    kind: str
    deed: str
    before_key: str | None
    before_label: str | None
    after_key: str | None
    after_label: str | None
    batch: int | None
    position: int | None
    depth: int


class RegisterOut(Schema):
    code: str
    title_zh: str
    title_en: str
    edition: int
    digest: str
    rows: int


class Found(Schema):
    """A page of versions; `next` is the `after` of the page that follows, or null."""

    items: list[VersionOut]
    next: int | None


class AsOf(Schema):
    """on: the day in question (valid time). known: the edition whose knowledge to answer with (record time)."""

    on: date | None = None
    known: int | None = None


@router.get("", response=list[RegisterOut], url_name="api_registers", summary="Registers anyone may look into")
@endpoint(may=anyone)
def registers(request: Request) -> list[dict[str, object]]:
    found = queries.open_registers()
    newest = queries.newest_editions(register.code for register in found)
    return [_about(register, newest.get(register.code)) for register in found]


@router.get("/{code}/search", response=Found, url_name="api_register_search", summary="Find by code or words")
@endpoint(may=anyone)
def search(request: Request, code: str, q: str, after: int = 0) -> dict[str, object]:
    found = queries.search(_opened(request, code), q, after=after)
    return {"items": found, "next": found[-1].id if len(found) == queries.PAGE else None}


@router.get("/{code}/{key}", response=list[VersionOut], url_name="api_register_key", summary="What a key is, or was")
@endpoint(may=anyone)
def versions(request: Request, code: str, key: str, as_of: Query[AsOf]) -> list[queries.Version]:
    key = queries.full_key(_opened(request, code), key)
    if as_of.on:
        return queries.versions_at(code, key, on=as_of.on, known=as_of.known)
    return queries.versions_of(code, key, known=as_of.known)


@router.get("/{code}/{key}/became", response=list[ChangeOut], url_name="api_register_became", summary="What it became")
@endpoint(may=anyone)
def became(request: Request, code: str, key: str, as_of: Query[AsOf]) -> list[queries.Change]:
    key = queries.full_key(_opened(request, code), key)
    return queries.became(code, key, since=as_of.on, known=as_of.known)


@router.get(
    "/{code}/{key}/path", response=list[VersionOut], url_name="api_register_path", summary="From the top to the key"
)
@endpoint(may=anyone)
def path(request: Request, code: str, key: str, as_of: Query[AsOf]) -> list[queries.Version]:
    key = queries.full_key(_opened(request, code), key)
    return queries.path(code, key, on=as_of.on, known=as_of.known)


def _opened(request: Request, code: str) -> str:
    """The register's code, once it is clear that this actor may look into it."""
    register = queries.register_of(code)
    if not queries.may_look_up(request.actor, register):
        raise NotAllowed(verb="registers.look_up")
    return code


def _about(register: queries.Register, edition: queries.Edition | None) -> dict[str, object]:
    return {
        "code": register.code,
        "title_zh": register.title_zh,
        "title_en": register.title_en,
        "edition": edition.number if edition else 0,
        "digest": edition.digest if edition else "",
        "rows": edition.added + edition.unchanged if edition else 0,
    }
