"""People with an account and a browser, their real name checked or not."""

from dataclasses import dataclass, field

from django.test import Client

from gusu.identity.accounts.actions import NewAccount, bind_subject, open_account
from gusu.kernel.actor import Actor, house
from gusu.services.cases.models import Case

BY = house("tests")
PASSWORD = "lotus-canal-garden"


@dataclass(frozen=True)
class Person:
    """actor: who acts when the test does something in their name."""

    actor: Actor
    client: Client = field(repr=False)

    def page(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.content.decode()[:2000]
        return answer.content.decode()

    def sent(self, path: str, status: int = 302, **typed: object) -> str:
        """Where the answer to a POST leads, or its page."""
        answer = self.client.post(path, typed)
        assert answer.status_code == status, answer.content.decode()[:2000]
        return answer["Location"] if status == 302 else answer.content.decode()


def person(name: str = "rider", *, subject: str = "", language: str = "en") -> Person:
    """Signed in. subject: whose account it is, once the real name is checked."""
    account = open_account(NewAccount(name, f"{name}先生", "citizen", PASSWORD, keeps_password=True), by=BY)
    if subject:
        bind_subject(account, subject_id=subject, by=BY)
    client = Client(headers={"accept-language": language})
    answer = client.post("/sign-in", {"sign_in_name": name, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    actor = Actor(account.pk, permissions=frozenset({"kind.citizen"}), subject=subject, assurance=3 if subject else 1)
    return Person(actor, client)


def rider(number: int = 1) -> Person:
    """Somebody of the small office's register."""
    return person(f"rider{number}", subject=f"sub1-{number:026}")


def in_anothers_stead(who: Person, case: Case) -> Case:
    """A case about somebody else, as if this person had applied for it."""
    Case.objects.filter(pk=case.pk).update(account=who.actor.account)
    return case


def place(case: Case, noun: str = "") -> str:
    return f"/citizen/cases/{case.pk}{'/' + noun if noun else ''}"
