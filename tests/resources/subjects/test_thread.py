"""From the departments' own systems to golden records: what is linked, what stands, what may be seen, what is closed.

The demo city's four systems are built and received for real; the truth beside them says what must come out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import duckdb
import pytest
from django.db import connection
from tests.departments import departments
from tests.resources.road import BY

from gusu.demo.departments import police
from gusu.demo.departments.build import departments_folder, next_day
from gusu.kernel.actor import Actor
from gusu.kernel.audit.models import AuditLine
from gusu.kernel.crypto import bulk
from gusu.kernel.engine import duck
from gusu.kernel.engine.digest import Measure
from gusu.kernel.errors import NotAllowed, NotFound
from gusu.kernel.lake import files
from gusu.kernel.lake.models import LakeFile
from gusu.packkit.apply import apply
from gusu.packkit.load import load
from gusu.packkit.rooms import gather
from gusu.resources.exchange.actions import open_batch, receive_batch
from gusu.resources.exchange.models import Exchange
from gusu.resources.quality.actions import check_batch
from gusu.resources.subjects import linking, queries
from gusu.resources.subjects.actions import fuse_register, left_by_an_earlier_program, link_batch
from gusu.resources.subjects.models import BaseEdition, BaseRegister, DossierKey, LinkedBatch
from gusu.resources.subjects.spec import spec_of
from gusu.site.wiring import PACK_ROOMS

PEOPLE = 3_000
FEEDING = [
    *("deaths", "police_residents", "insured_persons", "elderly", "marriages", "health_records"),
    *("residence_registrations", "residence_permits", "senior_cards"),
]
OFFICER = Actor(account="acc1-TEST", organisation="resource_centre")
ELEMENTS = ["person.name", "person.id_number", "person.phone", "person.death_date", "person.employer"]


@pytest.fixture
def city(committed: None) -> Iterator[BaseRegister]:
    """Everything received, checked, linked and fused once."""
    apply(load(gather(PACK_ROOMS)), by=BY)
    with departments(PEOPLE):
        yield take_in_everything()


def take_in_everything() -> BaseRegister:
    return take_in(FEEDING)


def take_in(codes: Sequence[str]) -> BaseRegister:
    """The whole road of these exchanges."""
    for code in codes:
        batch = open_batch(Exchange.objects.get(code=code), by=BY)
        receive_batch(batch, by=BY)
        batch.refresh_from_db()
        assert batch.state in {"landed", "unchanged"}, (code, batch.refused.both)
        check_batch(batch, by=BY)
        batch.refresh_from_db()
        link_batch(batch, by=BY)
    register = BaseRegister.objects.get(code="population")
    fuse_register(register, by=BY)
    return register


def test_departments_records_become_golden_records(city: BaseRegister) -> None:
    edition = queries.newest_edition("population")
    assert edition is not None
    truth = departments_folder() / "truth"

    # Links: of records whose number can be recovered, two are one subject just when they are one person.
    links = " UNION ALL ".join(
        f"SELECT '{source.resource}' AS resource, _position AS position, subject "
        f"FROM {duck.files(files.paths(f'population.{source.code}', '000001', 'links'))}"
        for source in spec_of(city.spec).sources
        if source.resource != "marriages"
    )
    [[[wrong, linked, recoverable]]] = duck.run(
        [
            f"""
        WITH paired AS (
            SELECT person, subject FROM '{truth}/records.parquet' JOIN ({links}) USING (resource, position)
            WHERE number_recoverable
        )
        SELECT (SELECT count(*) FROM (SELECT subject FROM paired WHERE subject IS NOT NULL GROUP BY 1
                    HAVING count(DISTINCT person) > 1))
             + (SELECT count(*) FROM (SELECT person FROM paired GROUP BY 1 HAVING count(DISTINCT subject) > 1)),
            count(subject), count(*) FROM paired
    """
        ]
    )
    assert (wrong, linked / recoverable >= 0.99) == (0, True)

    # What stands adds up, in the database as in the edition.
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT subject) FROM subjects_population")
        assert cursor.fetchone() == (edition.subjects, edition.subjects)
    assert Measure.read(edition.digest).rows == edition.subjects
    assert set(edition.sources) == {source.code for source in spec_of(city.spec).sources}
    assert sum(LinkedBatch.objects.values_list("linked", flat=True)) > PEOPLE
    assert edition.doubts["registered_after_death"] > 0

    # Again changes nothing.
    take_in_everything()
    assert BaseEdition.objects.count() == 1

    # What a true person's record says, and who may see it.
    number, name = duckdb.sql(f"""
        SELECT number, name FROM '{truth}/people.parquet' AS people
        WHERE person IN (SELECT person FROM '{truth}/records.parquet' WHERE resource = 'police_residents')
        AND person NOT IN (SELECT person FROM '{truth}/records.parquet' WHERE defect <> '')
        AND person IN (SELECT person FROM '{truth}/records.parquet' WHERE resource = 'insured_persons')
        ORDER BY person LIMIT 1
    """).fetchone() or ("", "")
    subject = queries.subject_id("population", number)
    facts = queries.facts_about("population", subject, ELEMENTS, purpose="data_quality", by=OFFICER)
    assert facts["person.name"].value == name
    assert facts["person.id_number"].value == number
    assert facts["person.name"].winner is not None
    assert facts["person.name"].winner.source == "police"
    assert [said.source for said in facts["person.name"].losers][:1] == ["insured"]
    assert facts["person.death_date"].state in {"unknown", "known"}
    line = AuditLine.objects.order_by("-pk").first()
    assert line is not None
    assert (line.verb, line.purpose, line.subject_id, line.outcome) == (
        "subjects.facts_about",
        "data_quality",
        subject,
        "done",
    )
    assert line.detail == {"elements": ELEMENTS, "withheld": []}

    found = partial(queries.found_by, "population", purpose="data_quality", by=OFFICER)
    assert found("person.id_number", f" {number} ") == [subject]
    assert subject in found("person.name", name)
    assert found("person.phone", "nobody has this") == []

    # No grant, no fact; and the refusal leaves its line too.
    stranger = replace(OFFICER, organisation="tourism")
    withheld = queries.facts_about("population", subject, ELEMENTS, purpose="data_quality", by=stranger)
    assert {fact.state for fact in withheld.values()} == {"withheld"}
    refused = AuditLine.objects.order_by("-pk").first()
    assert refused is not None
    assert (refused.outcome, refused.code) == ("refused", "withheld")
    with pytest.raises(NotAllowed):
        queries.found_by("population", "person.id_number", number, purpose="data_quality", by=stranger)
    with pytest.raises(NotFound):
        queries.facts_about("population", subject, ELEMENTS, purpose="curiosity", by=OFFICER)

    # A person sees everything about themselves; nobody the register does not know has facts.
    own = queries.facts_about("population", subject, ELEMENTS, purpose="own_data", by=Actor("acc1-ME", subject=subject))
    assert own["person.name"].value == name
    other = queries.subject_id("population", "110101190001019999")
    unknown = queries.facts_about("population", other, ELEMENTS, purpose="data_quality", by=OFFICER)
    assert {fact.state for fact in unknown.values()} == {"unknown"}

    # Nothing of grade 3 and 4 stands in the table, nor in any line of the trail.
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(r::text, ' ') FROM subjects_population AS r")
        [(table,)] = cursor.fetchall()
        cursor.execute("SELECT string_agg(l::text, ' ') FROM kernel_auditline AS l")
        [(trail,)] = cursor.fetchall()
    birth = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    assert [secret for secret in (number, birth) if secret in table or secret in trail] == []
    assert name in table
    assert DossierKey.objects.count() == 1

    # A day passes: what is merged comes to the same digest as what is made anew.
    next_day(120)
    take_in_everything()
    merged = queries.newest_edition("population")
    assert merged is not None
    assert (merged.number, merged.rebuilt) == (2, False)
    assert merged.changed > 0
    by_merging = dossiers()
    BaseEdition.objects.filter(pk=merged.pk).update(inputs=[])
    fuse_register(city, by=BY)
    anew = queries.newest_edition("population")
    assert anew is not None
    assert (anew.number, anew.rebuilt, anew.inputs) == (3, True, merged.inputs)
    assert (anew.digest, anew.doubts, anew.subjects) == (merged.digest, merged.doubts, merged.subjects)
    assert (anew.added, anew.changed, anew.removed) == (0, 0, 0)
    assert len(by_merging) == anew.subjects
    assert dossiers() == by_merging


def dossiers() -> dict[str, bytes]:
    """Everything that is said of everybody, opened."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subject::text, wrapped, dossier FROM dossiers_population "
            "JOIN resources_dossierkey AS k ON k.id = key"
        )
        return {subject: bulk.open_(bytes(closed), subject, wrapped) for subject, wrapped, closed in cursor}


def test_a_record_told_again_under_another_number_leaves_the_one_and_joins_the_other(
    city: BaseRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = departments_folder() / "truth"
    (one, number), (other, others) = duckdb.sql(f"""
        SELECT person, number FROM '{truth}/people.parquet' WHERE person IN (
            SELECT person FROM '{truth}/records.parquet' GROUP BY person
            HAVING bool_and(defect = '') AND bool_and(resource = 'police_residents')
        ) ORDER BY person LIMIT 2
    """).fetchall()
    assert one != other
    before = queries.newest_edition("population")
    assert before is not None
    with police.opened() as system:
        moved = 'UPDATE huji.rk SET "GMSFHM" = %s, "GXSJ" = now() + interval \'1 day\' WHERE "GMSFHM" = %s'
        assert system.execute(moved, [others, number]).rowcount == 1
        system.commit()

    take_in_everything()
    merged = queries.newest_edition("population")
    assert merged is not None
    assert (merged.rebuilt, merged.removed, merged.changed, merged.added) == (False, 1, 1, 0)
    assert merged.subjects == before.subjects - 1
    by_merging = dossiers()
    names = partial(queries.facts_about, "population", purpose="data_quality", by=OFFICER)
    gone = names(queries.subject_id("population", number), ["person.name"])["person.name"]
    here = names(queries.subject_id("population", others), ["person.name"])["person.name"]
    assert (gone.state, here.state, len(here.losers)) == ("unknown", "known", 1)

    BaseEdition.objects.filter(pk=merged.pk).update(inputs=[])
    fuse_register(city, by=BY)
    anew = queries.newest_edition("population")
    assert anew is not None
    assert (anew.rebuilt, anew.digest) == (True, merged.digest)
    assert dossiers() == by_merging

    # Another program of linking finds every batch again, and puts its files in place of the earlier one's.
    assert left_by_an_earlier_program(city) == []
    held = LakeFile.objects.count()
    monkeypatch.setattr(linking, "VERSION", 99)
    for batch in (left := left_by_an_earlier_program(city)):
        assert not fuse_register(city, by=BY)
        link_batch(batch, by=BY)
    fuse_register(city, by=BY)
    relinked = queries.newest_edition("population")
    assert relinked is not None
    assert (len(left), relinked.number, relinked.digest) == (10, anew.number + 1, anew.digest)
    assert LakeFile.objects.count() == held
