"""The identifier of an e-licence (GB/T 36901-2018 §5), with its check character by ISO 7064 MOD 37,36. Pure."""

ROOT = "1.2.156.3005.2"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def identifier(*, kind: str, issuer: str, serial: str, version: str) -> str:
    """kind: 21 characters, the definer's USCC and 3 digits.  issuer: USCC.  version: 3 digits."""
    parts = (kind, issuer, serial, version)
    return ".".join((ROOT, *parts, check_character("".join(parts))))


def check_character(text: str) -> str:
    """ISO 7064 MOD 37,36 (hybrid system) over digits and capital letters."""
    product = 36
    for character in text:
        product = (product + ALPHABET.index(character)) % 36 or 36
        product = product * 2 % 37
    return ALPHABET[(1 - product) % 36]


def is_identifier(written: str) -> bool:
    """Whether it has the form and its check character is right; nothing is looked up."""
    *parts, check = written.removeprefix(f"{ROOT}.").split(".")
    text = "".join(parts)
    known = len(parts) == 4 and written.startswith(f"{ROOT}.") and bool(text) and set(text) <= set(ALPHABET)
    return known and check == check_character(text)
