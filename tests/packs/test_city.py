"""The packs that ship, applied to a real city."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gusu.identity.organisations.models import Organisation
from gusu.kernel.actor import Actor, house
from gusu.kernel.ownership.actions import adopt
from gusu.kernel.ownership.models import PackPiece
from gusu.packkit.apply import apply, plan
from gusu.packkit.load import Packs, load
from gusu.packkit.plan import Difference
from gusu.packkit.rooms import gather
from gusu.site.wiring import PACK_ROOMS

pytestmark = pytest.mark.django_db

BY = house("test")


def everything() -> Packs:
    return load(gather(PACK_ROOMS))


def test_applying_twice_writes_no_piece_the_second_time() -> None:
    packs = everything()
    first = apply(packs, by=BY)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        second = apply(everything(), by=BY)

    assert first.counts["new"] == sum(len(pack.declared) for pack in packs.packs.values())
    assert second.counts["unchanged"] == first.counts["new"]
    assert second.to_do == []
    writes = [query["sql"] for query in asked if query["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE"}]
    assert [sql for sql in writes if "kernel_auditline" not in sql] == []


def test_a_department_renamed_behind_the_packs_back_is_drift_and_is_put_back() -> None:
    apply(everything(), by=BY)
    Organisation.objects.filter(code="health").update(name_zh="苏州市卫生健康委员会")

    [line] = plan(everything()).to_do

    assert (line.kind, line.key) == ("drift", "health")
    assert line.drifted == (Difference("name.zh", "苏州市卫生局", "苏州市卫生健康委员会"),)

    apply(everything(), by=BY)
    assert Organisation.objects.get(code="health").name_zh == "苏州市卫生局"


def test_a_department_the_city_has_adopted_keeps_its_new_name() -> None:
    apply(everything(), by=BY)
    adopt("organisations", "health", by=Actor("official", permissions=frozenset({"packs.adopt"})))
    Organisation.objects.filter(code="health").update(name_zh="苏州市卫生健康委员会")

    done = apply(everything(), by=BY)

    assert (done.counts["adopted"], done.to_do) == (1, [])
    assert Organisation.objects.get(code="health").name_zh == "苏州市卫生健康委员会"


def test_every_piece_in_force_has_an_owner() -> None:
    packs = everything()
    apply(packs, by=BY)

    owned = set(PackPiece.objects.values_list("section", "key"))

    assert owned == {(name, key) for name, section in packs.rooms.sections.items() for key in section.kept()}
