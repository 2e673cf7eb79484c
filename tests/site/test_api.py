"""The JSON door: its description is valid OpenAPI 3.1, it answers what it describes, and says no in one way."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from schemathesis import Case, checks
from tests.city import City
from tests.site.test_who_may_open import TABLE, address

from gusu.kernel.actor import house
from gusu.services.licences import actions as licences

pytestmark = pytest.mark.django_db

FEW = settings(
    max_examples=10,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
HELD = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
REAL = {
    "code": "divisions",
    "key": "320508000000",
    "resource": "divisions",
    "exchange_code": "divisions",
    "number": 1,
    "item": "residence_permit",
}
OURS = [name for name in TABLE if name.startswith("api:api_")]


def described(city: City) -> dict[str, Any]:
    found: dict[str, Any] = city.client("anonymous").get("/api/openapi.json").json()
    return found


def test_the_description_is_valid_openapi(city: City) -> None:
    said = described(city)

    validate(said, cls=OpenAPIV31SpecValidator)
    assert said["openapi"].startswith("3.1.")


def test_the_description_names_every_operation_once_and_in_words(city: City) -> None:
    operations = [one for methods in described(city)["paths"].values() for one in methods.values()]

    assert len(operations) == len(OURS)
    assert len({one["operationId"] for one in operations}) == len(OURS)
    assert len({one["summary"] for one in operations}) == len(OURS)
    assert all(one["tags"] for one in operations)


def code_of_a_licence() -> str:
    """What the QR code on a licence of the city holds."""
    values = {"person.name": "沈小梅", "person.id_number": "320508195001010027", "person.birth_date": "1950-01-01"}
    made = licences.made("senior_citizen_card", case="case1-api", holder="sub1-api", values=values)
    licences.keep(made, by=house("tests"))
    return made.verify.rpartition("/")[2]


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Through WSGI a request would close the connection of the test's transaction; Django's client spares it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("real", [False, True], ids=["any address", "real addresses"])
@pytest.mark.parametrize("role", ["anonymous", "data"])
def test_every_operation_answers_as_described(city: City, role: str, real: bool) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", WSGIHandler())
    cookies = {"sessionid": city.sessions[role]} if role in city.sessions else {}
    asked: dict[str, set[int]] = {}
    known = REAL | {"token": code_of_a_licence()}

    for found in schema.get_all_operations():
        operation = found.ok()

        @FEW
        @given(case=operation.as_strategy())
        def answers(case: Case) -> None:
            if real:
                case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
            answer = case.call_and_validate(cookies=cookies, checks=HELD)
            asked.setdefault(f"{case.method} {case.path}", set()).add(answer.status_code)

        answers()

    assert sorted({operation.split()[0] for operation in asked}) == ["GET"]
    assert len(asked) == len(OURS)
    if real:
        found = {operation for operation, statuses in asked.items() if 200 in statuses}
        closed = {operation for operation in asked if "/batches" in operation and role == "anonymous"}
        assert found == set(asked) - closed


@pytest.mark.parametrize(
    ("role", "path", "status", "code"),
    [
        ("anonymous", "/api/batches", 401, "not_signed_in"),
        ("citizen", "/api/batches", 403, "not_allowed"),
        ("anonymous", "/api/registers/nothing/1", 404, "not_found"),
        ("anonymous", "/api/nothing", 404, "not_found"),
        ("anonymous", "/api/registers/divisions/320508?on=yesterday", 422, "not_understood"),
        ("anonymous", "/api/registers/divisions/search?q=%00", 400, "not_text"),
        ("anonymous", "/api/registers/divisions/search?q=" + "a" * 101, 422, "question_too_long"),
    ],
)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_door_says_no_in_one_way_and_both_languages(
    city: City, language: str, role: str, path: str, status: int, code: str
) -> None:
    answer = city.client(role).get(path, HTTP_ACCEPT_LANGUAGE=language)
    said = answer.json()

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert (said["type"], said["status"], said["code"]) == ("about:blank", status, code)
    zh, en = said["detail"].split(" · ")
    assert said["title"] == (zh if language == "zh-hans" else en)
    assert any("\u4e00" <= char <= "\u9fff" for char in zh)
    assert not any("\u4e00" <= char <= "\u9fff" for char in en)


@pytest.mark.parametrize("name", OURS)
def test_a_method_that_is_not_there_is_refused_as_a_problem(city: City, name: str) -> None:
    answer = city.client("data").delete(address(name, city))

    assert (answer.status_code, answer.json()["code"], answer["Allow"]) == (405, "no_such_method", "GET")
