"""Making the next edition of a base register: which batches go in, and the two ways to its golden records.

Anew: part by part from the lake, into a table beside the register's own.  Merged: the dossiers of those whom the new
batches speak of, judged again.  Both come to the same digest.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from gusu.kernel.crypto import bulk
from gusu.kernel.crypto.bulk import DataKey
from gusu.kernel.engine import digest, duck
from gusu.kernel.engine.digest import Measure
from gusu.kernel.engine.duck import literal
from gusu.kernel.errors import GusuError
from gusu.kernel.lake import files
from gusu.kernel.text import Text
from gusu.resources.exchange.queries import Batch
from gusu.resources.subjects import fusing, linking, secrets, store
from gusu.resources.subjects.erasing import erased_from
from gusu.resources.subjects.models import BaseEdition, BaseRegister, DossierKey, LinkedBatch
from gusu.resources.subjects.spec import SourceOf, SubjectsPiece, kept_as

MOST_MERGED = 0.2  # of the subjects told anew; with more the register is made anew
LINES = "FORMAT csv, DELIMITER '\t', QUOTE '', ESCAPE '', NULLSTR '\\N', HEADER false"
READ = "delim='\t', quote='', escape='', header=false, auto_detect=false, max_line_size=16000000"


class NotWhatWasFused(GusuError):
    """The table does not add up to what was loaded into it: an incident, and the old edition stays."""

    status, code = 500, "not_what_was_fused"
    says = Text(
        "基础库“{register}”新版数据与融合结果的条数或校验和不一致，已放弃发布，现行版本不变。请查看日志并重新融合。",
        "The new table of '{register}' does not add up to what was fused; the edition in force stays. "
        "Look at the log and fuse again.",
    )


@dataclass(frozen=True, slots=True)
class Fused:
    """What the golden records of one run of the engine add up to."""

    measure: Measure
    fingerprints: int
    doubts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Publication:
    """Golden records ready to be seen. put: writes them inside the commit; answers (added, changed, removed)."""

    measure: Measure
    doubts: dict[str, int]
    rebuilt: bool
    put: Callable[[], tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an edition is made of. batches: by resource, oldest first; linked: by (source code, batch); erased: whom it
    must not hold.
    """

    register: BaseRegister
    spec: SubjectsPiece
    batches: Mapping[str, list[Batch]]
    linked: Mapping[tuple[str, int], LinkedBatch]
    newest: BaseEdition | None
    erased: list[str]

    @property
    def named(self) -> list[str]:
        """The batches, the erasures and the program: what `BaseEdition.inputs` holds."""
        batches = sorted(str(batch) for arrived in self.batches.values() for batch in arrived)
        return [*batches, *(f"erasure {number}" for number in range(1, len(self.erased) + 1)), program(self.spec)]

    @property
    def are_new(self) -> bool:
        return any(self.batches.values()) and (self.newest is None or self.newest.inputs != self.named)

    @property
    def are_linked(self) -> bool:
        return all(
            (source.code, batch.pk) in self.linked
            for source in self.spec.sources
            for batch in self.batches[source.resource]
        )

    def stand(self) -> bool:
        """Whether all of it is still so: nothing was linked anew or given up, nobody erased, since it was read."""
        linked = {one.pk for one in self.linked.values()}
        are_erased = erased_from(self.register) == self.erased
        return are_erased and LinkedBatch.objects.filter(pk__in=linked).count() == len(linked)

    def fresh(self, source: SourceOf) -> list[Batch]:
        """The source's batches that no edition holds yet."""
        held = set(self.newest.inputs) if self.newest else set()
        return [batch for batch in self.batches[source.resource] if str(batch) not in held]

    @property
    def are_an_increment(self) -> bool:
        """Only some records are told anew, and everything else is as the last edition had it."""
        if self.newest is None or set(self.newest.inputs) - set(self.named):
            return False
        fresh = [(source, batch) for source in self.spec.sources for batch in self.fresh(source)]
        told = sum(self.linked[source.code, batch.pk].rows for source, batch in fresh)
        return told <= MOST_MERGED * self.newest.subjects and not any(batch.complete for _, batch in fresh)


def program(spec: SubjectsPiece) -> str:
    """A short name of the declaration and of the programs that read it: other words, other golden records."""
    return f"{linking.program(spec)} fusing {fusing.VERSION} {sha256(kept_as(spec).encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Held:
    """What the lake has of a batch by one source. parts: it is cut in so many; records: (part, address)."""

    batch: int
    parts: int
    records: Sequence[tuple[int, str]]
    links: Sequence[str]

    def of(self, part: int, parts: int) -> fusing.Files:
        """What holds part `part` of `parts`; of a batch cut less finely one file holds several."""
        its = [
            path
            for own, path in self.records
            if own * parts < (part + 1) * self.parts and part * self.parts < (own + 1) * parts
        ]
        return fusing.Files(self.batch, its, self.links)


@dataclass(frozen=True, slots=True)
class Making:
    """One making of an edition."""

    inputs: Inputs
    layout: store.Layout
    edition: int
    key: int
    data_key: DataKey
    folder: Path

    @property
    def spec(self) -> SubjectsPiece:
        return self.layout.spec

    def publication(self) -> Publication:
        return self.merged() if self.inputs.are_an_increment else self.made_anew()

    def made_anew(self) -> Publication:
        loading, found = store.Loading(self.layout), []
        parts = max(linked.parts for linked in self.inputs.linked.values())
        held = {source.code: self._held(source, self.inputs.batches[source.resource]) for source in self.spec.sources}
        for part in range(parts):
            low, high = linking.bounds(part, parts)
            where = f"subject BETWEEN {literal(low)}::UUID AND {literal(high)}::UUID" if parts > 1 else "true"
            its = {source: [one.of(part, parts) for one in batches] for source, batches in held.items()}
            relations = self._said(its, where)
            found.append(self._fused(relations, written=True))
            loading.copy(self._written)
        whole = _together(found)
        if loading.finish() != (whole.measure.rows, whole.fingerprints, whole.measure.rows):
            raise NotWhatWasFused(register=self.spec.code)

        counts = loading.compare()

        def put() -> tuple[int, int, int]:
            loading.take_their_place()
            DossierKey.objects.filter(register=self.inputs.register).delete()
            return counts

        return Publication(whole.measure, whole.doubts, True, put)

    def merged(self) -> Publication:
        assert self.inputs.newest is not None
        fresh = {source.code: self._held(source, self.inputs.fresh(source)) for source in self.spec.sources}
        said = self._said({source: [one.of(0, 1) for one in batches] for source, batches in fresh.items()}, "true")
        touched = self._touched(said)
        held, dossiers = store.read_dossiers(self.layout, touched), self.folder / "dossiers"
        _write_open(held, dossiers)
        old = f"read_csv({literal(str(dossiers))}, {READ}, columns={{'subject': 'VARCHAR', 'dossier': 'VARCHAR'}})"
        entries = fusing.entries(old)
        was = {source.code: fusing.from_dossiers(self.spec, source) for source in self.spec.sources}
        now = {
            source.code: f"SELECT * FROM ({was[source.code]}) {self._unless_told_again(source)} WHERE true"
            f"{self._but_the_erased} UNION ALL BY NAME {said[source.code]}"
            for source in self.spec.sources
        }
        before = self._fused(was, entries)
        after = self._fused(now, entries, written=True)
        with self._dossiers.open() as lines:
            gone = {subject for subject, _, _ in held} - {line.partition("\t")[0] for line in lines}
        last = self.inputs.newest

        def put() -> tuple[int, int, int]:
            added, changed, fingerprints = store.merge(self.layout, self._written, gone)
            if fingerprints != after.fingerprints:
                raise NotWhatWasFused(register=self.spec.code)
            return added, changed, len(gone)

        return Publication(
            Measure.read(last.digest) - before.measure + after.measure,
            {code: last.doubts.get(code, 0) - before.doubts[code] + count for code, count in after.doubts.items()},
            False,
            put,
        )

    def _fused(self, relations: Mapping[str, str], *first: str, written: bool = False) -> Fused:
        """Run the engine over what each source says.

        first: statements the relations read from.  written: the golden records, and their dossiers, still open.
        """
        bits = fusing.doubt_bits(self.spec)
        counts = "".join(f", count(*) FILTER (doubts & {bit} <> 0)" for bit in bits.values())
        blind = {element: secrets.indexed(self.spec, element) for element in self.layout.blind}
        golden = fusing.golden(self.spec, self.layout.open, blind, secrets.salt(self.spec))
        more = f", dossier, {self.layout.line(edition=self.edition)} AS line" if written else ""
        files = [self._to(self._lines, "line"), self._to(self._dossiers, "subject, dossier")] if written else []
        answers = duck.run(
            [
                *first,
                *fusing.told(self.spec, relations),
                f"CREATE TABLE golden AS SELECT subject, doubts, weight{more} FROM ({golden})",
                *files,
                f"SELECT coalesce(sum(('0x' || left(weight, 15))::BIGINT), 0)::VARCHAR{counts} FROM golden",
                digest.added_up("(SELECT 0 AS part, weight AS h FROM golden)"),
            ],
            secrets=secrets.values(self.spec),
        )
        [[weight, *doubted]] = answers[-2]
        return Fused(
            digest.whole(digest.measures(answers[-1]).values()), int(weight), dict(zip(bits, doubted, strict=True))
        )

    @property
    def _lines(self) -> Path:
        return self.folder / "lines"

    @property
    def _dossiers(self) -> Path:
        return self.folder / "open"

    def _to(self, file: Path, columns: str) -> str:
        return f"COPY (SELECT {columns} FROM golden) TO {literal(str(file))} ({LINES})"

    @property
    def _written(self) -> store.Written:
        return store.Written(self._lines, self._closed)

    def _closed(self, sink: bulk.Sink) -> int:
        with self._dossiers.open("rb") as source:
            return bulk.close_lines(source, sink, self.data_key, number=self.key)

    @property
    def _but_the_erased(self) -> str:
        return f" AND NOT {linking.among('subject', self.inputs.erased)}" if self.inputs.erased else ""

    def _touched(self, said: Mapping[str, str]) -> Path:
        """Whom the fresh batches speak of, of whom they no longer do, and whom to forget: subjects, a line each."""
        place = self.folder / "touched"
        now = [f"SELECT subject FROM ({relation})" for relation in said.values()]
        before = [
            f"SELECT subject FROM {duck.files(earlier)} SEMI JOIN ({_records(fresh)}) AS again USING (record) "
            "WHERE subject IS NOT NULL"
            for source in self.spec.sources
            if (fresh := self._links(source, self.inputs.fresh(source))) and (earlier := self._earlier_links(source))
        ]
        gone = [f"SELECT {literal(one)}::UUID" for one in self.inputs.erased]
        duck.run([f"COPY ({' UNION '.join([*now, *before, *gone])}) TO {literal(str(place))} ({LINES})"])
        return place

    def _unless_told_again(self, source: SourceOf) -> str:
        fresh = self._links(source, self.inputs.fresh(source))
        return f"ANTI JOIN ({_records(fresh)}) AS again USING (record)" if fresh else ""

    def _earlier_links(self, source: SourceOf) -> list[str]:
        fresh = {batch.pk for batch in self.inputs.fresh(source)}
        return self._links(source, [it for it in self.inputs.batches[source.resource] if it.pk not in fresh])

    def _links(self, source: SourceOf, batches: list[Batch]) -> list[str]:
        return [path for batch in batches for path in files.paths(self.spec.dataset(source), batch.folder, "links")]

    def _said(self, its: Mapping[str, Sequence[fusing.Files]], where: str) -> dict[str, str]:
        """SQL of what each source's files say where `where` holds, but of the erased; by source code."""
        where += self._but_the_erased
        return {
            source.code: fusing.from_lake(self.spec, source, its[source.code], where) for source in self.spec.sources
        }

    def _held(self, source: SourceOf, batches: Sequence[Batch]) -> list[Held]:
        dataset = self.spec.dataset(source)
        return [
            Held(
                batch.pk,
                self.inputs.linked[source.code, batch.pk].parts,
                files.parts(dataset, batch.folder, "linked"),
                self._links(source, [batch]),
            )
            for batch in batches
        ]


def _records(links: list[str]) -> str:
    return f"SELECT record FROM {duck.files(links)} WHERE record IS NOT NULL"


def _write_open(held: list[tuple[str, str, bytes]], place: Path) -> None:
    """(subject, wrapped key, closed dossier) of the touched, opened, for the engine to read."""
    with place.open("wb") as file:
        for subject, wrapped, closed in held:
            file.write(b"%s\t%s\n" % (subject.encode(), bulk.open_(closed, subject, wrapped)))


def _together(found: list[Fused]) -> Fused:
    codes = found[0].doubts
    return Fused(
        digest.whole(one.measure for one in found),
        sum(one.fingerprints for one in found),
        {code: sum(one.doubts[code] for one in found) for code in codes},
    )
