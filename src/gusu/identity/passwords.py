"""How passwords are kept and which are refused.

Argon2id with OWASP's minimum (Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane) instead of Django's 100 MiB and 8
lanes: those are for a machine that does nothing else, and twenty people signing in at once would take 2 GiB of a small
server.
"""

from functools import cache
from secrets import choice

from django.contrib.auth import password_validation as django_rules
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password
from django.core.exceptions import ValidationError

from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text

UNUSABLE = "!"
LONGEST = 256  # so that nobody keeps the hasher busy with a novel
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


class TunedArgon2(Argon2PasswordHasher):
    """Named in settings.PASSWORD_HASHERS."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


class WeakPassword(GusuError):
    """Too short, too common, or made of the account's own names."""

    status, code = 422, "weak_password"
    says = Text(
        "密码太弱：至少 10 个字符，不能全是数字或常见密码，也不能与登录名、姓名相似。请换一个，例如几个不相关的词。",
        "This password is too weak: at least 10 characters, not only digits, not a common one, and not like your name "
        "or sign-in name. Choose another, for example a few unrelated words.",
    )


def matches(password: str, encoded: str = UNUSABLE) -> bool:
    """Whether this is the password. One hash is made in every case: an unknown name takes as long as a known one."""
    return check_password(password[: LONGEST + 1], encoded)


def refuse_weak(password: str, account: object) -> None:
    """Raise WeakPassword unless `password` is fit for `account` (its sign_in_name and display_name are looked at)."""
    try:
        django_rules.validate_password(password, account, _rules())  # type: ignore[arg-type]  # any object with attributes
    except ValidationError as error:
        raise WeakPassword from error
    if len(password) > LONGEST:
        raise WeakPassword


def readable() -> str:
    """A password for somebody to type once or twice: three groups of five, 74 bits."""
    return "-".join("".join(choice(READABLE) for _ in range(5)) for _ in range(3))


@cache
def _rules() -> list[object]:
    return [
        django_rules.MinimumLengthValidator(10),
        django_rules.CommonPasswordValidator(),
        django_rules.NumericPasswordValidator(),
        django_rules.UserAttributeSimilarityValidator(("sign_in_name", "display_name")),
    ]
