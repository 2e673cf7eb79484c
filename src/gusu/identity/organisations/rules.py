"""Who may change an organisation, and what its code number must look like."""

from gusu.kernel.actor import Actor

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = [pow(3, place, 31) for place in range(17)]


def may_manage(by: Actor, _: object) -> bool:
    return by.can("identity.manage")


def is_uscc(number: str) -> bool:
    """18 characters, the last of them the check character of the others (GB 32100-2015 §5, MOD 31)."""
    if len(number) != 18 or any(character not in USCC_ALPHABET for character in number):
        return False
    return number[17] == uscc_check_character(number[:17])


def uscc_check_character(first: str) -> str:
    """The 18th character that belongs to the first 17."""
    weighed = sum(
        USCC_ALPHABET.index(character) * weight for character, weight in zip(first, USCC_WEIGHTS, strict=True)
    )
    return USCC_ALPHABET[-weighed % 31]
