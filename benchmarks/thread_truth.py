"""What came out, held against the demo city's truth: planted defects found, and whose each record was said to be."""

from tests.resources.quality.test_planted import tallies

from gusu.demo.departments.build import departments_folder
from gusu.kernel.engine import duck
from gusu.kernel.lake import files
from gusu.resources.subjects.spec import SubjectsPiece

FIRST = "000001"  # number of the first batch of every exchange
PLANTED_AS = {"marriages": "marriage_man"}  # the person of a record with two; the other is no truth's


def defects() -> dict[str, tuple[float, float]]:
    """By class: the share of planted records that a rule of that class found, and of sound ones that it accused."""
    return {defect: (tally.found / tally.planted, tally.false / tally.sound) for defect, tally in tallies().items()}


def links(spec: SubjectsPiece) -> tuple[float, float]:
    """(precision, recall) over pairs of records that both keep a recoverable number."""
    truth = duck.files([str(departments_folder() / "truth" / "records.parquet")])
    linked = " UNION ALL ".join(
        f"SELECT '{source.resource}' AS resource, _position AS position, subject "
        f"FROM {duck.files(files.paths(spec.dataset(source), FIRST, 'links'))}"
        for source in spec.sources
        if PLANTED_AS.get(source.resource, source.code) == source.code
        and files.paths(spec.dataset(source), FIRST, "links")
    )
    pairs = "SELECT coalesce(sum(n * (n - 1) / 2), 0)::BIGINT FROM (SELECT count(*) AS n FROM told"
    answers = duck.run(
        [
            f"CREATE TABLE told AS SELECT person, subject FROM {truth} LEFT JOIN ({linked}) USING (resource, position) "
            "WHERE number_recoverable",
            f"{pairs} WHERE subject IS NOT NULL GROUP BY subject)",
            f"{pairs} GROUP BY person)",
            f"{pairs} WHERE subject IS NOT NULL GROUP BY subject, person)",
        ]
    )
    [[together]], [[same]], [[right]] = answers[1:]
    return right / together, right / same
