from datetime import date

import pytest

from gusu.governance.performance.pack import TargetPiece, Targets
from gusu.governance.performance.queries import targets
from gusu.kernel.actor import house
from gusu.kernel.packs import Label

BY = house("test")
ONLINE = TargetPiece(
    "online", Label("网上办理", "Online"), "二(一)3", "100%网上办理", 2, ">=", 99.5, "%", date(2016, 12, 31)
)
WORDS = TargetPiece("words", Label("网上运行", "Runs online"), "二(一)5", "网上运行", 1)


@pytest.mark.django_db
def test_what_is_declared_is_kept_and_told_in_the_plans_order() -> None:
    Targets().apply([ONLINE, WORDS], by=BY)

    assert Targets().kept() == {"words": WORDS, "online": ONLINE}
    assert [target.code for target in targets()] == ["words", "online"]


@pytest.mark.django_db
def test_a_retired_target_is_no_longer_promised_and_may_come_back() -> None:
    Targets().apply([ONLINE, WORDS], by=BY)

    Targets().retire(["online"], by=BY)
    assert [target.code for target in targets()] == ["words"]

    Targets().apply([ONLINE], by=BY)
    assert Targets().kept() == {"words": WORDS, "online": ONLINE}


@pytest.mark.django_db
def test_a_promise_is_kept_by_a_figure_that_reaches_it() -> None:
    Targets().apply([ONLINE, WORDS], by=BY)
    words, online = targets()

    assert [online.met_by(99.4), online.met_by(99.5), words.met_by(1)] == [False, True, None]
