"""Signing in and out.

Whoever tries learns nothing but "that was not right": the answer and the time it takes are the same for a name nobody
has, a wrong password, a closed account and a wrong one-time code, and the lock falls on names, whether or not anybody
has them.  The trail knows the difference; a name that nobody has is never written anywhere.
"""

from datetime import timedelta

from gusu.identity import passwords
from gusu.identity.accounts.actions import accept_code
from gusu.identity.accounts.queries import Account, account_named, folded
from gusu.identity.limits.actions import Limit, TooManyTries, count, forget, give_back
from gusu.kernel.action import action
from gusu.kernel.actor import ANONYMOUS, Actor
from gusu.kernel.audit import trail
from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text

PER_ADDRESS = Limit("sign-in-address", most=20, window=timedelta(minutes=5))
PER_NAME = Limit("sign-in-name", most=5, window=timedelta(minutes=15), from_last=True)


class SignInRefused(GusuError):
    """One sentence for every reason."""

    status, code = 403, "sign_in_refused"
    says = Text(
        "登录名、密码或动态验证码不正确。请核对后重试；已启用动态验证码的账户须填写当前验证码。",
        "The sign-in name, password or one-time code is not right. Check them and try again; "
        "accounts with one-time codes need the present one.",
    )


class UnknownName(SignInRefused):
    code = "unknown_name"


class WrongPassword(SignInRefused):
    code = "wrong_password"


class WrongCode(SignInRefused):
    code = "wrong_one_time_code"


def sign_in(name: str, password: str, *, code: str = "", address: str) -> Account:
    """Check who this is and answer their account, for the page to begin a session with.

    address: the client's, for the limit; kept only as a blind index.  Raises SignInRefused or TooManyTries (after 5
    failures for one name, or 20 from one address).
    """
    name = folded(name)
    _count(name, address)
    account = account_named(name)
    right = passwords.matches(password, account.password if account else passwords.UNUSABLE)
    by = Actor(account=account.pk) if account and right else ANONYMOUS
    admitted = start_session(account, password_is_right=right, code=code, by=by)
    forget(PER_NAME, name)
    give_back(PER_ADDRESS, address)
    return admitted


def anyone_may_try(_: Actor, __: object) -> bool:
    return True


@action(may=anyone_may_try)
def start_session(account: Account | None, *, password_is_right: bool, code: str, by: Actor) -> Account:
    """The outcome of one try, and its line in the trail."""
    if account is None:
        raise UnknownName
    if not password_is_right or not account.is_active:
        raise WrongPassword
    if account.otp_confirmed_at and not accept_code(account, code):
        raise WrongCode
    trail.note(one_time_code=account.otp_confirmed_at is not None)
    return account


@action(may=anyone_may_try)
def end_session(account: Account, *, by: Actor) -> None:
    """Signing out leaves a line."""


def _count(name: str, address: str) -> None:
    try:
        count(PER_ADDRESS, address)
        count(PER_NAME, name)
    except TooManyTries as refusal:
        if refusal.first:
            trail.append("signin.start_session", by=ANONYMOUS, refused=refusal.code)
        raise
