"""What `gusu status` notes beside whether all is well."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.city import as_the_site
from tests.spaces.officials.desks import desk, objected, open_desks

from gusu.identity.accounts.actions import close_account
from gusu.identity.accounts.queries import account_named
from gusu.kernel import clock
from gusu.kernel.actor import house
from gusu.site.server.condition import City, as_data, as_text, unanswerable

BY = house("tests")


@pytest.fixture
def office_open(db: None, tmp_path: Path) -> Iterator[None]:
    with as_the_site(tmp_path):
        open_desks()
        yield


def test_objections_that_nobody_in_service_may_answer_are_noted(office_open: None) -> None:
    objected(clock.today(), clock.today())
    objected(clock.today(), provider="boats", state="upheld")  # has its answer

    [note] = unanswerable()
    desk("keeper")
    answerable = unanswerable()
    keeper = account_named("keeper")
    assert keeper is not None
    close_account(keeper, by=BY)

    assert note.en.startswith("Wheels has 2 to answer of what people object to, and nobody in service may")
    assert "车管局有 2 件数据异议待答复" in note.zh
    assert (answerable, unanswerable()) == ((), (note,))


def test_a_note_is_told_and_leaves_the_city_green(office_open: None) -> None:
    objected(clock.today())
    city = City("http://127.0.0.1", (), {}, unanswerable())

    assert city.green
    assert as_text(city).splitlines()[0].startswith("注意 车管局有 1 件数据异议待答复")
    assert as_data(city)["notes"] == [{"zh": note.zh, "en": note.en} for note in city.notes]
    assert as_data(replace(city, notes=()))["notes"] == []
