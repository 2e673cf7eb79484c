"""The service thread: what applying and deciding cost in a city of a million people and a hundred thousand cases.

`GUSU_BENCH_PEOPLE` (default 1,000,000) is the size, `GUSU_BENCH_CASES` (a tenth of it) how many cases are open.  Needs
Linux (/proc).  Figures and machine: README.md beside this file.
"""

import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import running
import service_filling
from running import City

COMMAND = "./gusu bench service"
PEOPLE = int(os.environ.get("GUSU_BENCH_PEOPLE", "1_000_000"))
CASES, VERSIONS = int(os.environ.get("GUSU_BENCH_CASES", PEOPLE // 10)), 200
Bars = list[dict[str, Any]]


def run() -> Bars:
    with tempfile.TemporaryDirectory(prefix="gusu-bench-") as folder:
        with running.running(Path(folder), people=PEOPLE) as city, service_filling.attached(city):
            _wait_for_register()
            service_filling.fill(CASES, VERSIONS)
            handed_in = service_filling.handed_in(20)
            return [
                _bar("people", PEOPLE, ""),
                _bar("open cases", CASES, ""),
                *_typed(),
                *_pages(city, handed_in[0]),
                _bar(
                    "submit → case, audit, outbox; 2 processes",
                    service_filling.submitted_per_second(city, 400, 2),
                    "a second",
                    ">= 150",
                ),
            ]


def _typed() -> Bars:
    """What is left to type, of everything the forms ask, for the demo city's own people."""
    from gusu.identity.accounts.queries import account_named
    from gusu.services.forms import queries as forms
    from gusu.services.items.queries import guide_of

    bars: Bars = []
    for name, item in (("citizen", "residence_permit"), ("elder", "senior_citizen_card")):
        account = account_named(name)
        assert account is not None
        form, organisation = forms.form_of(item).piece, guide_of(item).piece.organisation
        by = replace(_actor(account), organisation=organisation)
        facts = forms.prefilled(form, account.subject_id, by=by)
        fields = [field for step in forms.asked(form, facts, {}, forms.words_of(form)) for field in step.shown]
        typed = [field for field in fields if not field.locked and field.field.required]
        bars += [
            _bar(f"{item}: fields on the form", len(fields), ""),
            _bar(f"{item}: of them typed", len(typed), "", "<= 1" if item == "residence_permit" else "<= 0"),
        ]
    return bars


def _pages(city: City, case: str) -> Bars:
    from gusu.identity.accounts.queries import account_named
    from gusu.services.cases.actions import open_case

    citizen = account_named("citizen")
    assert citizen is not None
    draft = open_case("residence_permit", subject=citizen.subject_id, by=_actor(citizen))
    person, officer, window = (running.signed_in(city, name) for name in ("citizen", "police", "window"))
    asked = {
        "apply page with prefill": (running.get(f"/citizen/cases/{draft.pk}/form", person), 150),
        "official's case page": (running.get(f"/official/cases/{case}", officer), 150),
        "inbox, every body": (running.get("/official/cases", window), 200),
        "inbox, own body": (running.get("/official/cases", officer), 200),
    }
    bars: Bars = []
    for name, (ask, bar) in asked.items():
        running.loaded(city, ask, times=16, in_flight=8)
        alone, eight = (running.loaded(city, ask, times=240, in_flight=flight) for flight in (1, 8))
        bars += [
            _bar(f"{name}: processor, web", alone.cpu["web"], "ms/request"),
            _bar(f"{name}: processor, PostgreSQL", alone.cpu["postgres"], "ms/request"),
            _bar(f"{name}: p95, 1 in flight", alone.p95, "ms", f"<= {bar}"),
            _bar(f"{name}: p95, 8 in flight", eight.p95, "ms"),
            _bar(f"{name}: 8 in flight", eight.per_second, "requests/s"),
        ]
    return bars


def _actor(account: Any) -> Any:
    """Who acts when this citizen is signed in."""
    from gusu.kernel.actor import Actor

    return Actor(account.pk, account.display_name, "", frozenset({"kind.citizen"}), account.subject_id, 3)


def _wait_for_register() -> None:
    """Until everything the departments hold is in the register."""
    from gusu.resources.exchange.queries import UNDER_WAY, batches
    from gusu.resources.subjects.queries import declared, newest_edition

    deadline = time.monotonic() + 1800
    while time.monotonic() < deadline:
        edition = newest_edition("population")
        under_way = any(batch.state in UNDER_WAY for batch in batches())
        if edition and not under_way and len(edition.sources) >= len(declared("population").sources) - 2:
            return
        time.sleep(2)
    raise RuntimeError("the register is not there")


def _bar(name: str, value: float, unit: str, bar: str = "") -> dict[str, Any]:
    return {"name": name, "value": round(value, 4), "unit": unit, "command": COMMAND} | ({"bar": bar} if bar else {})
