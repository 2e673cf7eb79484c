"""One form of a sign-in name: what somebody types in full width or capitals names the same account."""

import unicodedata


def folded(name: str) -> str:
    """NFKC, without case (Unicode 15 §3.13), without blanks around."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()
