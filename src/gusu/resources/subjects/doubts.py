"""The list of a doubt that goes back to a source: where its records are, and no value of a person."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gusu.resources.subjects.facts import Entries, Layout, told_of
from gusu.resources.subjects.fusing import letter
from gusu.resources.subjects.spec import Doubt, SubjectsPiece

HEADING = ("批次 batch", "位置 position", "信息项 item", "数据元 element", "疑点 doubt", "说明 meaning")


class Place(NamedTuple):
    """Where a source says an element."""

    batch: int
    position: int
    element: str


def places(layout: Layout, doubt: Doubt, source: str, dossiers: Iterable[Entries]) -> Iterator[Place]:
    """Where the newest word of a source about each of these subjects says what the doubt is about."""
    which = letter(layout.spec, source)
    for entries in dossiers:
        newest = [entry for entry in entries if entry[0] == which][:1]
        for element in doubt.asked[source]:
            yield from (Place(said.batch, said.position, element) for _, said in told_of(layout, element, newest))


def report(
    spec: SubjectsPiece, doubt: Doubt, source: str, rows: Iterable[Place], names: Mapping[int, str]
) -> Iterator[bytes]:
    """The list as a CSV for spreadsheets. names: of the batches."""
    items = next(one.items for one in spec.sources if one.code == source)
    meaning = f"{doubt.title.zh} · {doubt.title.en}"
    yield "\ufeff".encode()
    yield _line(HEADING)
    for batch, position, element in rows:
        yield _line((names[batch], str(position), items[element], element, doubt.code, meaning))


def _line(cells: Iterable[str]) -> bytes:
    return (",".join(f'"{cell}"' for cell in cells) + "\r\n").encode()
