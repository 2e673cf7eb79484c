"""Real names, locked fields, wards and licences, in a city whose departments know its people."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from tests.city import as_the_site
from tests.departments import departments
from tests.resources.road import BY
from tests.resources.subjects.test_thread import FEEDING, take_in
from tests.spaces.citizens.people import Person, person, place
from tests.spaces.citizens.test_applying import code, faults

from gusu.demo.departments.cast import Cast, Player, cast
from gusu.identity.accounts.queries import account_named
from gusu.kernel.audit.models import AuditLine
from gusu.packkit.apply import apply
from gusu.packkit.load import load
from gusu.packkit.rooms import gather
from gusu.resources.subjects.queries import subject_id
from gusu.services.cases.models import Case, State
from gusu.services.licences import queries as licences
from gusu.site.wiring import PACK_ROOMS

PEOPLE = 3_000
REGISTER = "population"


@pytest.fixture
def players(committed: None, tmp_path: Path) -> Iterator[Cast]:
    apply(load(gather(PACK_ROOMS)), by=BY)
    with departments(PEOPLE), as_the_site(tmp_path):
        take_in(FEEDING)
        yield cast()


def known(name: str, player: Player | None) -> Person:
    assert player is not None
    return person(name, subject=subject_id(REGISTER, player.number))


def values(player: Player | None, **otherwise: str) -> dict[str, str]:
    assert player is not None
    told = {"person.id_number": player.number, "person.name": player.name, "person.phone": player.phone}
    return told | {f"person.{name}": value for name, value in otherwise.items()}


def checked(who: Person, player: Player | None, *, after: str = "/citizen", **otherwise: str) -> tuple[int, str]:
    """(status, where the answer leads or what its error summary says)."""
    answer = who.client.post("/citizen/real-name", values(player, **otherwise) | {"next": after})
    if answer.status_code == 302:
        return 302, answer["Location"]
    return answer.status_code, " ".join(faults(answer.content.decode()).values())


def test_a_real_name_is_checked_once_and_nothing_says_which_value_was_wrong(players: Cast) -> None:
    elder, worker = players.elder, players.worker
    assert elder is not None
    assert worker is not None
    who = person()

    wrong = [
        checked(who, elder, name=worker.name),
        checked(who, elder, phone="13800000000"),
        checked(who, elder, id_number=worker.number),
    ]
    right = checked(who, elder, after="/services/senior_citizen_card/apply")

    assert {status for status, _ in wrong} == {422}
    assert len({said for _, said in wrong}) == 1
    assert right == (302, "/services/senior_citizen_card/apply")
    account = account_named("rider")
    assert account is not None
    assert (account.subject_id, account.assurance) == (subject_id(REGISTER, elder.number), 3)
    told = " ".join(f"{line.detail} {line.subject_id}" for line in AuditLine.objects.all())
    assert [value in told for value in (elder.number, elder.name, elder.phone)] == [False] * 3

    # The same person's second account is told so, but only by somebody who knows everything.
    second = person("second")
    assert checked(second, elder, phone="13800000000")[0] == 422
    assert checked(second, elder)[0] == 409

    # Nobody is led out of the city, and tries end: of an account, and for one number whoever asks.
    assert checked(person("third"), worker, after="https://evil.example/") == (302, "/citizen")
    guesser = person("guesser")
    assert [checked(guesser, players.mother, phone=f"1380000000{n}")[0] for n in range(6)] == [422] * 5 + [429]
    spaced = " ".join(players.mother.number) if players.mother else ""
    for number in range(5):
        assert checked(person(f"more{number}"), players.mother, id_number=spaced, phone="1")[0] == 422
    assert checked(person("last"), players.mother)[0] == 429
    assert AuditLine.objects.filter(code="too_many_tries", verb="accounts.bind_subject").count() == 2


def begun(who: Person, item: str, **typed: str) -> Case:
    return Case.objects.get(pk=who.sent(f"/services/{item}/apply", **typed).split("/")[3])


def test_a_worker_types_one_thing_and_a_forged_locked_field_is_refused(players: Cast) -> None:
    worker = known("worker", players.worker)
    case = begun(worker, "residence_permit")

    seen = worker.page(place(case, "form"))
    asked = set(re.findall(r'name="((?:person|residence_permit)\.[a-z_]+)"', seen))
    assert asked == {"residence_permit.purpose"}
    assert "1 of 14 answers" in seen
    assert seen.count('class="known"') == 13
    assert re.search(r'class="known">[^<]+, since \w+ \d+, \d{4} <', seen)

    sent = {"do": "submit", "promise": "1", "seen": code(seen), "residence_permit.purpose": "job"}
    forged = worker.client.post(place(case, "form"), sent | {"person.address": "别处一号"})
    assert (forged.status_code, Case.objects.get().state) == (403, State.DRAFT)
    line = AuditLine.objects.filter(verb="cases.submit_case").get()
    assert (line.outcome, line.code) == ("refused", "locked_field")
    assert "别处一号" not in str(line.detail)

    assert worker.sent(place(case, "form"), **sent) == place(case)
    assert Case.objects.get().state == State.SUBMITTED


def test_a_mother_applies_for_her_child_and_both_hold_the_card_nobody_else(players: Cast) -> None:
    mother, stranger = known("mother", players.mother), known("elder", players.elder)
    assert players.child is not None
    child = subject_id(REGISTER, players.child.number)
    choice = mother.page("/services/child_travel_card/apply")
    assert (players.child.name in choice, f'value="{child}"' in choice) == (True, True)
    assert mother.sent("/services/child_travel_card/apply") == "/services/child_travel_card/apply"  # not for herself
    assert "Choose for which child" in mother.page("/services/child_travel_card/apply")

    case = begun(mother, "child_travel_card", subject=child)
    seen = mother.page(place(case, "form"))
    assert ("Nothing to type" in seen, "You apply for your child" in seen, "Wrong?" in seen) == (True, True, False)
    mother.sent(place(case, "form"), do="submit", promise="1", seen=code(seen))
    case.refresh_from_db()
    assert case.state == State.CLOSED  # before the answer to the submission is there

    issued = licences.licence_of_case(case.pk)
    assert issued is not None
    pdf = f"/citizen/licences/{issued.pk}.pdf"
    assert f'href="{pdf}"' in mother.page(place(case))
    assert issued.number in mother.page("/citizen/licences")
    assert downloaded(mother.client, pdf)[:5] == b"%PDF-"
    looks = mother.page("/citizen/data/looks")
    assert ("Transport Bureau, because you applied" in looks, ">-<" in looks) == (True, False)
    assert (stranger.client.get(pdf).status_code, stranger.client.get(place(case)).status_code) == (404, 404)
    assert issued.number not in stranger.page("/citizen/licences")


def downloaded(client: Client, path: str) -> bytes:
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    return answer.content
