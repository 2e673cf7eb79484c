"""Forgetting a subject, in the register, in every file and for good; what a batch keeps, and its receipt."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.departments import departments
from tests.resources.road import BY
from tests.resources.subjects.test_thread import OFFICER, take_in_everything

from gusu.demo.departments.build import departments_folder
from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.audit.models import AuditLine
from gusu.kernel.engine import duck
from gusu.kernel.errors import NotAllowed, NotFound
from gusu.kernel.lake import files
from gusu.kernel.lake.models import LakeFile
from gusu.packkit.apply import apply
from gusu.packkit.load import load
from gusu.packkit.rooms import gather
from gusu.resources.catalogue.models import Entry
from gusu.resources.exchange.actions import let_go, open_batch, past_retention, receive_batch
from gusu.resources.exchange.events import BatchLetGo
from gusu.resources.exchange.forgetting import chunks_that_differ
from gusu.resources.exchange.models import Batch, Exchange
from gusu.resources.quality.actions import check_batch
from gusu.resources.subjects import queries
from gusu.resources.subjects.actions import erase_subject, fuse_register, link_batch
from gusu.resources.subjects.erasing import close_erasures, forget_in_all
from gusu.resources.subjects.models import BaseEdition, BaseRegister, Erasure, LinkedBatch
from gusu.resources.subjects.spec import spec_of
from gusu.site.wiring import LISTENERS, PACK_ROOMS

PEOPLE = 1_500


@pytest.fixture
def city(committed: None) -> Iterator[BaseRegister]:
    apply(load(gather(PACK_ROOMS)), by=BY)
    with departments(PEOPLE):
        yield take_in_everything()


def everywhere(number: str) -> list[str]:
    """The layers and datasets of the lake that hold a number, as the database names the files."""
    found = []
    for file in LakeFile.objects.order_by("layer", "dataset"):
        its = duck.files([files.address(file.path)])
        [[[held]]] = duck.run([f"SELECT count(*) FROM {its} AS t WHERE t::VARCHAR LIKE '%{number}%'"])
        found += [f"{file.layer}/{file.dataset}"] if held else []
    return found


def forget_everywhere() -> None:
    """What the worker does after an erasure."""
    for resource in spec_of(BaseRegister.objects.get(code="population").spec).resources:
        forget_in_all(resource, by=BY)
    for batch in Batch.objects.exclude(landed_at=None).select_related("exchange"):
        link_batch(batch, by=BY)
    fuse_register(BaseRegister.objects.get(code="population"), by=BY)
    close_erasures()


def somebody(where: str) -> tuple[str, str]:
    """A person without defects: number and name. where: in how many and which resources, as SQL over their number."""
    truth = departments_folder() / "truth"
    [[found]] = duck.run(
        [
            f"""
        SELECT number, name FROM '{truth}/people.parquet' WHERE person IN (
            SELECT person FROM '{truth}/records.parquet' GROUP BY person
            HAVING bool_and(defect = '') AND {where}
        ) ORDER BY person LIMIT 1
    """
        ]
    )
    number, name = found
    return number, name


def has(resource: str) -> str:
    return f"bool_or(resource = '{resource}')"


def test_the_forgotten_are_hidden_at_once_gone_everywhere_and_do_not_come_back(city: BaseRegister) -> None:
    number, name = somebody(f"{has('police_residents')} AND {has('insured_persons')} AND {has('marriages')}")
    subject = queries.subject_id("population", number)
    before = queries.newest_edition("population")
    assert before is not None
    held = everywhere(number)
    assert {"landed/police_residents", "landed/marriages", "linked/population.police"} <= set(held)
    partner_rows = facts_of_the_married(number)

    # Who may, and on which ground.
    officer = Actor("acc1-OFFICER", organisation="resource_centre", permissions=frozenset({"subjects.erase"}))
    with pytest.raises(NotAllowed):
        erase_subject(city, by=Actor("acc1-OTHER"), subject=subject, ground="unlawful")
    with pytest.raises(NotFound):
        erase_subject(city, by=officer, subject=subject, ground="because")

    # At once: nobody is told anything, under no purpose, by no search.
    erasure = erase_subject(city, by=officer, subject=subject, ground="unlawful")
    assert erasure.due_at - erasure.at == timedelta(days=15)
    facts = queries.facts_about("population", subject, ["person.name"], purpose="data_quality", by=OFFICER)
    assert {fact.state for fact in facts.values()} == {"unknown"}
    assert queries.found_by("population", "person.id_number", number, purpose="data_quality", by=OFFICER) == []
    assert subject not in queries.found_by("population", "person.name", name, purpose="data_quality", by=OFFICER)
    line = AuditLine.objects.filter(verb="subjects.erase_subject", outcome="done").get()
    assert line.detail == {"register": "population", "subject": subject, "ground": "unlawful", "again": False}

    # Then: the next edition is without them, and so are the files; what the others have stays.
    forget_everywhere()
    after = queries.newest_edition("population")
    assert after is not None
    assert (after.subjects, after.removed, after.rebuilt) == (before.subjects - 1, 1, False)
    assert everywhere(number) == []
    erasure.refresh_from_db()
    assert erasure.done_at is not None
    assert facts_of_the_married(number) == partner_rows

    # Every receipt still verifies, and would not if another row were gone.
    landed = list(Batch.objects.exclude(landed_at=None).select_related("exchange"))
    assert {str(batch): chunks_that_differ(batch) for batch in landed} == {str(batch): [] for batch in landed}
    police = next(batch for batch in landed if batch.exchange.code == "police_residents")
    taken = [chunk for chunk in police.chunks.all() if chunk.taken_out]
    assert len(taken) == 1
    taken[0].taken_out = ""
    taken[0].save()
    assert chunks_that_differ(police) == [taken[0].number + 1]

    # Made anew it is the same, and the department's next whole delivery does not bring them back.
    BaseEdition.objects.filter(pk=after.pk).update(inputs=[])
    fuse_register(city, by=BY)
    anew = queries.newest_edition("population")
    assert anew is not None
    assert (anew.rebuilt, anew.digest, anew.added, anew.changed, anew.removed) == (True, after.digest, 0, 0, 0)
    batch = open_batch(Exchange.objects.get(code="police_residents"), by=BY, whole=True)
    receive_batch(batch, by=BY)
    assert everywhere(number) == ["landed/police_residents"]
    forget_everywhere()
    assert everywhere(number) == ["landed/police_residents"]  # not before the rules have seen it as it came
    batch.refresh_from_db()
    check_batch(batch, by=BY)
    take_in_everything()
    forget_everywhere()
    assert everywhere(number) == []
    assert queries.found_by("population", "person.id_number", number, purpose="data_quality", by=OFFICER) == []
    assert Erasure.objects.count() == 1


def facts_of_the_married(number: str) -> duck.Rows:
    """What the lake holds about whoever is married to this person, but for this person's own items."""
    marriages = duck.files(files.paths("marriages", "000001"))
    [found] = duck.run(
        [
            f"""
        SELECT 女方公民身份号码, 登记日期 FROM {marriages} WHERE _position IN (
            SELECT position FROM '{departments_folder()}/truth/records.parquet' WHERE resource = 'marriages'
            AND person = (SELECT person FROM '{departments_folder()}/truth/people.parquet' WHERE number = '{number}')
        ) AND 女方公民身份号码 <> '{number}' ORDER BY ALL
    """
        ]
    )
    return found


def test_what_is_past_its_retention_and_superseded_goes_and_its_receipt_stays(city: BaseRegister) -> None:
    first = Batch.objects.select_related("exchange").get(exchange__code="police_residents")
    receive_batch(open_batch(first.exchange, by=BY, whole=True), by=BY)
    second = Batch.objects.get(exchange__code="police_residents", number=2)
    check_batch(second, by=BY)
    second.refresh_from_db()
    link_batch(second, by=BY)
    fuse_register(city, by=BY)
    edition = queries.newest_edition("population")
    assert edition is not None

    long_ago = clock.now() - timedelta(days=31)
    Batch.objects.update(landed_at=long_ago)
    Entry.objects.filter(resource="police_residents").update(retention_days=0)
    assert past_retention() == []  # for ever
    Entry.objects.filter(resource="police_residents").update(retention_days=32)
    assert past_retention() == []  # not yet
    Entry.objects.filter(resource="police_residents").update(retention_days=30)
    assert past_retention() == [first]  # what stands stays, however old

    let_go(first, by=BY)
    event = BatchLetGo(batch=first.pk, resource="police_residents")
    for listener in LISTENERS[BatchLetGo]:
        listener(event)
    gone = LakeFile.objects.filter(dataset__in=["police_residents", "population.police"], batch="000001")
    assert not gone.exists()
    assert not LakeFile.objects.filter(dataset__startswith="police_residents.", batch="000001").exists()
    assert not LinkedBatch.objects.filter(batch=first).exists()
    first.refresh_from_db()
    assert (first.rows, bool(first.digest_landed), first.chunks.exists()) == (second.rows, True, True)
    assert past_retention() == []

    BaseEdition.objects.filter(pk=edition.pk).update(inputs=[])
    fuse_register(city, by=BY)
    anew = queries.newest_edition("population")
    assert anew is not None
    assert (anew.number, anew.digest) == (edition.number + 1, edition.digest)
