"""One-time codes (TOTP, RFC 6238: 6 digits, 30 seconds), each accepted once."""

from hmac import compare_digest

from pyotp import TOTP, random_base32

from gusu.identity.accounts.models import Account
from gusu.kernel import clock
from gusu.kernel.crypto import envelope

STEP = 30
ISSUER = "Gusu 姑苏"


def new_secret(account: Account) -> str:
    """A fresh secret, closed for this account."""
    return envelope.close(random_base32(), context=account.otp_context)


def address_for_app(account: Account) -> str:
    """The otpauth:// address that an authenticator app reads from the QR code."""
    return TOTP(_secret(account)).provisioning_uri(name=account.sign_in_name, issuer_name=ISSUER)


def typed_secret(account: Account) -> str:
    """The secret in groups of four, for who cannot scan."""
    secret = _secret(account)
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def accept(account: Account, code: str) -> bool:
    """Whether `code` is right and newer than the last one accepted; remembers it on `account` (the caller saves).

    One step of clock difference either way is allowed, as RFC 6238 §5.2 advises; a code seen once never works again.
    """
    if not account.otp_secret:
        return False
    totp, present = TOTP(_secret(account)), int(clock.now().timestamp()) // STEP
    for counter in (present, present - 1, present + 1):
        if counter > account.otp_counter and _same(totp.generate_otp(counter), code):
            account.otp_counter = counter
            return True
    return False


def _secret(account: Account) -> str:
    return envelope.open_(account.otp_secret, context=account.otp_context)


def _same(expected: str, typed: str) -> bool:
    return compare_digest(expected, "".join(typed.split())[:8].encode("ascii", "replace").decode())
