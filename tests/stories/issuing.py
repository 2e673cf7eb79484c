"""Inside a city that a test started: issues a senior citizen card to somebody made up, or takes it back.

A process of its own, since Django in the test's process belongs to another city.  Says how to verify it, as JSON.
"""

import json
import sys

import django

django.setup()

from gusu.kernel.actor import Actor, house  # noqa: E402
from gusu.services.licences import actions, queries  # noqa: E402

CASE = "case1-00000000000000000000000verify"
VALUES = {"person.name": "沈爱莲", "person.id_number": "320508195001010027", "person.birth_date": "1950-01-01"}
OFFICIAL = Actor("acc1-STORY", organisation="civil_affairs", permissions=frozenset({"licences.revoke"}))


def issue() -> dict[str, str]:
    made = actions.made("senior_citizen_card", case=CASE, holder="sub1-story", values=VALUES)
    kept = actions.keep(made, by=house("story"))
    return {"address": made.verify, "identifier": kept.identifier, "number": kept.number}


def revoke() -> dict[str, str]:
    kept = queries.licence_of_case(CASE)
    assert kept is not None
    return {"state": actions.revoke(kept, ground="given_up", reason="本人申请注销", by=OFFICIAL).state}


if __name__ == "__main__":
    print(json.dumps({"issue": issue, "revoke": revoke}[sys.argv[1]]()))
