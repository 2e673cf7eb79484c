"""The verification page and its JSON twin: what anybody may know of a licence in their hand, and no more."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.city import as_the_site
from tests.services.licences.offices import BY, KIND, OFFICIAL, drawn, found_issuer

from gusu.services.licences import actions, signing
from gusu.services.licences.models import Licence

pytestmark = pytest.mark.django_db

PRINTED = ["林小舟", "3205**********0015", "红", "Bureau of Wheels", "Bicycle Permit"]
HIDDEN = ["320508199001010015", "sub1-", "lic1-", "case1-"]


def english() -> Client:
    """Somebody nobody knows, who reads English."""
    client = Client()
    client.cookies["django_language"] = "en"
    return client


@dataclass(frozen=True)
class Paper:
    """A licence as somebody holds it."""

    licence: Licence
    token: str

    @property
    def typed(self) -> dict[str, str]:
        return {"identifier": self.licence.identifier, "number": self.licence.number}


@pytest.fixture
def paper(db: None, own_keys: Path, tmp_path: Path) -> Iterator[Paper]:
    signing._signer.cache_clear()
    found_issuer()
    made = drawn()
    with as_the_site(tmp_path):
        yield Paper(actions.keep(made, by=BY), made.verify.rpartition("/")[2])
    signing._signer.cache_clear()


def test_the_code_says_what_is_printed_and_no_more(paper: Paper) -> None:
    answer = english().get(f"/verify/{paper.token}")
    page = answer.content.decode()

    assert answer.status_code == 200
    for said in [*PRINTED, "Valid", paper.licence.identifier, paper.licence.number]:
        assert said in page
    assert [hidden for hidden in HIDDEN if hidden in page] == []
    assert (answer["Cache-Control"], answer["X-Robots-Tag"]) == ("no-store", "noindex")
    assert answer["Referrer-Policy"] == "same-origin"  # no other site learns the code


def test_typed_it_says_the_same_and_nothing_typed_is_in_an_address(paper: Paper) -> None:
    answer = english().post("/verify", paper.typed)

    assert (answer.status_code, "Location" in answer) == (200, False)
    assert [said for said in PRINTED if said not in answer.content.decode()] == []


def main_of(answer: HttpResponse) -> str:
    return answer.content.decode().partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize(
    "typed",
    [
        {"identifier": "1.2.156.3005.2.x", "number": "2026"},
        {"identifier": "{identifier}", "number": "202600000000000"},
        {"identifier": "{identifier}0", "number": "{number}"},
    ],
    ids=["no identifier", "another number", "another identifier"],
)
def test_unknown_answers_look_alike(paper: Paper, typed: dict[str, str]) -> None:
    known = {name: value.format(**paper.typed) for name, value in typed.items()}

    typed_in, by_code = english().post("/verify", known), english().get("/verify/" + "x" * 22)

    assert typed_in.status_code == by_code.status_code == 404
    assert "Unknown" in typed_in.content.decode()
    assert main_of(typed_in) == main_of(by_code)


@pytest.mark.parametrize("left_out", ["identifier", "number"])
def test_both_are_asked_for(paper: Paper, left_out: str) -> None:
    answer = english().post("/verify", paper.typed | {left_out: " "})

    assert answer.status_code == 422
    assert f'href="#{left_out}"' in answer.content.decode()


def test_guessing_a_number_ends_soon_and_who_holds_the_paper_never_waits(paper: Paper) -> None:
    for _ in range(30):
        assert english().post("/verify", paper.typed).status_code == 200
    wrong = paper.typed | {"number": "202600000000000"}
    answers = [english().post("/verify", wrong).status_code for _ in range(21)]

    assert answers == [404] * 20 + [429]
    assert english().get(f"/verify/{paper.token}").status_code == 200


def test_taken_back_it_says_so_at_once(paper: Paper) -> None:
    actions.revoke(paper.licence, ground="wrongly_issued", reason="内部理由", by=OFFICIAL)

    page = english().get(f"/verify/{paper.token}").content.decode()
    told = english().get(f"/api/licences/{paper.token}").json()

    assert "内部理由" not in page
    assert "This Bicycle Permit was taken back and is not valid." in page
    assert (told["validity"], told["state"]) == ("revoked", "03")


def test_erased_it_still_says_whether_it_holds(paper: Paper) -> None:
    actions.forget_licence(paper.licence, by=BY)

    answer = english().get(f"/verify/{paper.token}")

    assert answer.status_code == 200
    assert "林小舟" not in answer.content.decode()
    assert english().get(f"/api/licences/{paper.token}").json()["printed"] == []


def test_programs_are_told_the_same(paper: Paper) -> None:
    answer = english().get(f"/api/licences/{paper.token}")
    told = answer.json()

    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert (told["validity"], told["state"], told["title_zh"]) == ("valid", "01", KIND.title.zh)
    assert (told["identifier"], told["number"]) == (paper.licence.identifier, paper.licence.number)
    assert [line["value"] for line in told["printed"]] == ["林小舟", "3205**********0015", "红"]
    assert [hidden for hidden in HIDDEN if hidden in answer.content.decode()] == []


def test_programs_are_told_of_an_unknown_code_without_its_being_repeated(paper: Paper) -> None:
    answer = english().get("/api/licences/not-a-code-of-ours")

    assert (answer.status_code, answer.json()["code"]) == (404, "licence_unknown")
    assert "not-a-code-of-ours" not in answer.content.decode()


def test_anybody_gets_the_certificate_to_trust_and_never_a_key(paper: Paper) -> None:
    answer = english().get("/verify/root.pem")

    assert answer.content.startswith(b"-----BEGIN CERTIFICATE-----")
    assert b"PRIVATE" not in answer.content


def test_few_queries_verify(paper: Paper) -> None:
    with CaptureQueriesContext(connection) as asked:
        english().get(f"/verify/{paper.token}")

    assert len(asked) <= 6
