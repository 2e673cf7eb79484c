"""A sentence in the two languages the house speaks; whichever is active shows."""

from dataclasses import dataclass

from django.utils.translation import get_language


@dataclass(frozen=True, slots=True)
class Text:
    """Chinese and English of one label or message. `str()` gives the active language, Chinese by default."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en if (get_language() or "").startswith("en") else self.zh

    def filled(self, **values: object) -> "Text":
        """Both sentences with their `{names}` filled in; a Text among the values gives each its own language."""
        zh = {key: value.zh if isinstance(value, Text) else value for key, value in values.items()}
        en = {key: value.en if isinstance(value, Text) else value for key, value in values.items()}
        return Text(self.zh.format(**zh), self.en.format(**en))

    @property
    def both(self) -> str:
        """For logs and terminals, where no one language is active."""
        return f"{self.zh} · {self.en}"
