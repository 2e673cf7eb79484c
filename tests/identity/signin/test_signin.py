"""Whoever tries the door learns nothing, and not for long."""

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from django.contrib.auth import hashers
from django.test import Client
from tests.identity.city import PASSWORD, Make

from gusu.identity.accounts.actions import close_account, confirm_otp, enrol_otp
from gusu.identity.accounts.models import Account
from gusu.identity.limits.actions import TooManyTries
from gusu.identity.limits.models import Tally
from gusu.identity.passwords import TunedArgon2
from gusu.identity.signin import actions
from gusu.identity.signin.actions import SignInRefused, sign_in
from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.audit.queries import lines
from gusu.kernel.crypto import envelope

HOME = "192.0.2.7"


def test_a_name_is_the_same_however_it_is_typed(person: Make) -> None:
    shen = person(kind="citizen", name="Ｓhen", signed_in=False).account

    assert sign_in(" ｓHEN ", PASSWORD, address=HOME).pk == shen.pk


def test_the_answer_is_one_for_every_reason(person: Make) -> None:
    person("auditor", signed_in=False)
    closed = person(kind="citizen", signed_in=False)
    close_account(closed.account, by=Actor(account=closed.account.pk))

    said = {_refusal(name, password) for name, password in [("nobody", "x"), ("auditor", "x"), ("citizen", PASSWORD)]}

    assert len(said) == 1


def test_a_hash_is_made_for_a_name_nobody_has(person: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    person("auditor", signed_in=False)
    made = list[str]()
    for verb in ("encode", "verify"):
        monkeypatch.setattr(TunedArgon2, verb, _counting(made, getattr(TunedArgon2, verb)))
    hashers.get_hashers.cache_clear()

    _refusal("nobody", "x")
    unknown = len(made)
    _refusal("auditor", "x")

    assert (unknown, len(made) - unknown) == (1, 1)


def test_after_five_failures_a_name_is_locked_for_fifteen_minutes_even_for_the_right_password(person: Make) -> None:
    person("auditor", signed_in=False)
    for _ in range(5):
        _refusal("auditor", "wrong")

    with pytest.raises(TooManyTries):
        sign_in("auditor", PASSWORD, address=HOME)
    with clock.frozen(clock.now() + timedelta(minutes=15, seconds=1)):
        assert sign_in("auditor", PASSWORD, address=HOME)


def test_a_name_nobody_has_is_locked_just_the_same(db: None) -> None:
    for _ in range(5):
        _refusal("nobody", "wrong")

    with pytest.raises(TooManyTries):
        sign_in("nobody", "wrong", address=HOME)


def test_success_forgets_the_failures_before_it(person: Make) -> None:
    person("auditor", signed_in=False)
    for _ in range(2):
        for _ in range(4):
            _refusal("auditor", "wrong")
        sign_in("auditor", PASSWORD, address=HOME)


def test_an_address_tries_twenty_times_in_five_minutes(person: Make) -> None:
    person("auditor", signed_in=False)
    for number in range(20):
        _refusal(f"nobody-{number}", "wrong")

    with pytest.raises(TooManyTries):
        sign_in("auditor", PASSWORD, address=HOME)
    assert sign_in("auditor", PASSWORD, address="192.0.2.8")
    with clock.frozen(clock.now() + timedelta(minutes=5, seconds=1)):
        assert sign_in("auditor", PASSWORD, address=HOME)


def test_an_office_behind_one_address_signs_in_unhindered(person: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    person("auditor", signed_in=False)
    monkeypatch.setattr("gusu.identity.passwords.check_password", lambda *_: True)

    for _ in range(50):
        sign_in("auditor", PASSWORD, address=HOME)


def test_what_is_counted_is_not_readable_and_does_not_stay(db: None) -> None:
    _refusal("shen.xiaomei", "x")
    kept = " ".join(Tally.objects.values_list("key", flat=True))
    with clock.frozen(clock.now() + timedelta(hours=1)):
        _refusal("somebody-else", "x")

    assert HOME not in kept
    assert "shen" not in kept
    assert Tally.objects.count() == 2


def test_the_trail_knows_why_and_never_the_name(person: Make) -> None:
    auditor = person("auditor", signed_in=False).account
    _refusal("shen.xiaomei", "x")
    _refusal("auditor", "x")
    sign_in("auditor", PASSWORD, address=HOME)

    found = list(lines(verb="signin.").order_by("pk").values_list("actor", "subject_id", "outcome", "code"))

    assert found == [
        ("", "", "refused", "unknown_name"),
        ("", auditor.pk, "refused", "wrong_password"),
        (auditor.pk, auditor.pk, "done", ""),
    ]
    assert "shen" not in str(list(lines().values()))


def test_a_one_time_code_is_asked_and_works_once(person: Make) -> None:
    auditor = person("auditor", signed_in=False).account
    codes = _with_codes(auditor)

    without = _refusal("auditor", PASSWORD)
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        code = codes.at(clock.now())
        sign_in("auditor", PASSWORD, code=code, address=HOME)
        replayed = _refusal("auditor", PASSWORD, code)

    assert without == replayed
    assert lines(verb="signin.start_session").first().code == "wrong_one_time_code"  # type: ignore[union-attr]


def test_the_session_begins_afresh_and_ends_by_post(person: Make) -> None:
    person("auditor", signed_in=False)
    client = Client()
    client.cookies["sessionid"] = "planted"

    client.post("/sign-in", {"sign_in_name": "auditor", "password": PASSWORD})
    key = client.session.session_key
    by_link = client.get("/sign-out").status_code
    client.post("/sign-out")

    assert key not in (None, "planted")
    assert by_link == 405
    assert client.get("/account").status_code == 302
    assert lines(verb="signin.end_session").count() == 1


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/organisations?q=x", "/organisations?q=x"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_signing_in_leads_nowhere_but_to_this_site(person: Make, asked: str, goes: str) -> None:
    person("auditor", signed_in=False)

    answer = Client().post("/sign-in", {"sign_in_name": "auditor", "password": PASSWORD, "next": asked})

    assert answer["Location"] == goes


def test_a_refusal_is_shown_with_its_status_and_the_name_kept(db: None) -> None:
    answer = Client().post("/sign-in", {"sign_in_name": "nobody", "password": "x"}, headers={"accept-language": "en"})

    assert answer.status_code == 403
    assert "The sign-in name, password or one-time code is not right." in answer.text
    assert 'value="nobody"' in answer.text


def test_only_the_proxy_we_are_behind_says_who_asks(rf: object, settings: object) -> None:
    from gusu.identity.signin.pages import client_address

    def asked() -> str:
        return client_address(rf.get("/", headers={"x-forwarded-for": "6.6.6.6, 192.0.2.1"}))  # type: ignore[attr-defined]

    settings.HTTPS = False  # type: ignore[attr-defined]
    direct = asked()
    settings.HTTPS = True  # type: ignore[attr-defined]

    assert (direct, asked()) == ("127.0.0.1", "192.0.2.1")


def _refusal(name: str, password: str, code: str = "") -> str:
    with pytest.raises(SignInRefused) as refused:
        sign_in(name, password, code=code, address=HOME)
    return refused.value.said.both


def _counting(made: list[str], real: Callable[..., object]) -> Callable[..., object]:
    def counted(*args: object, **kwargs: object) -> object:
        made.append(real.__name__)
        return real(*args, **kwargs)

    return counted


def _with_codes(account: Account) -> pyotp.TOTP:
    own = Actor(account=account.pk)
    enrolled = enrol_otp(account, by=own)
    codes = pyotp.TOTP(envelope.open_(enrolled.otp_secret, context=account.otp_context))
    confirm_otp(account, code=codes.at(clock.now()), by=own)
    return codes


def test_the_limits_are_those_the_pages_promise() -> None:
    assert (actions.PER_NAME.most, actions.PER_NAME.window) == (5, timedelta(minutes=15))
    assert (actions.PER_ADDRESS.most, actions.PER_ADDRESS.window) == (20, timedelta(minutes=5))
