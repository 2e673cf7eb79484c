"""The engine's blind indexes are those of the envelope, value by value, and no error shows a key."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gusu.kernel.crypto import blind, keys
from gusu.kernel.crypto.envelope import blind_index
from gusu.kernel.engine import duck
from gusu.kernel.engine.duck import literal
from gusu.kernel.engine.errors import EngineRefused

pytestmark = pytest.mark.usefixtures("own_keys")
VALUE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)
CONTEXT = "person.id_number/a'b"


@given(st.lists(VALUE, min_size=1, max_size=20), st.sampled_from([1, 2]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
def test_the_engine_computes_the_blind_index(values: list[str], version: int) -> None:
    while version not in keys.versions():
        keys.rotate()
    listed = ", ".join(f"({place}, {literal(value)})" for place, value in enumerate(values))
    index, subject = (make("x", CONTEXT, version) for make in (blind.expression, blind.subject_expression))

    [rows] = duck.run(
        [f"SELECT {index}, {subject} FROM (VALUES {listed}) AS v(place, x) ORDER BY place"],
        secrets=blind.secrets(CONTEXT, version),
    )

    assert [f"{version}.{code}" for code, _ in rows] == [
        blind_index(value, context=CONTEXT, version=version) for value in values
    ]
    assert [code for _, code in rows] == [str(blind.subject(value, CONTEXT, version)) for value in values]


def test_null_has_no_index() -> None:
    expressions = f"{blind.expression('NULL', 'x')}, {blind.subject_expression('NULL', 'x')}"

    assert duck.run([f"SELECT {expressions}"], secrets=blind.secrets("x")) == [[[None, None]]]


def test_every_context_and_version_has_secrets_of_its_own() -> None:
    keys.versions()
    keys.rotate()
    several = [blind.secrets(context, version) for context in ("a", "b") for version in (1, 2)]

    assert len({label for one in several for label in one}) == 8
    assert len({pad for one in several for pad in one.values()}) == 8


def test_a_program_without_its_secrets_answers_no_index() -> None:
    assert duck.run([f"SELECT {blind.expression(literal('苏'), 'x')}"]) == [[[None]]]


def test_no_statement_and_no_refusal_shows_the_key() -> None:
    keys.versions()
    pads = blind.secrets(CONTEXT)
    index = blind.expression("x", CONTEXT)

    with pytest.raises(EngineRefused) as refusal:
        duck.run([f"SELECT {index} + 1 FROM (SELECT 'a' AS x)"], secrets=pads)

    shown = f"{index} {refusal.value!r} {refusal.value.said.both} {refusal.value.values}".lower()
    assert [pad for pad in pads.values() if pad.hex()[:8] in shown or f"\\x{pad[:1].hex()}" in shown] == []
