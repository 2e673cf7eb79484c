"""What is asked about accounts."""

from django import forms
from django.utils.translation import gettext_lazy as _

from gusu.identity.accounts.queries import KINDS, Kind
from gusu.identity.passwords import LONGEST


class ChangePassword(forms.Form):
    old = forms.CharField(
        label=_("Present password"),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("New password"),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("At least 10 characters; a few unrelated words are easy to remember and hard to guess."),
    )


class Code(forms.Form):
    code = forms.CharField(
        label=_("One-time code"),
        max_length=8,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class OpenAccount(forms.Form):
    sign_in_name = forms.CharField(
        label=_("Sign-in name"), max_length=100, widget=forms.TextInput({"autocomplete": "off"})
    )
    display_name = forms.CharField(label=_("Name"), max_length=100, widget=forms.TextInput({"autocomplete": "off"}))
    kind = forms.ChoiceField(label=_("Kind of account"), choices=KINDS.items(), initial=Kind.OFFICIAL)


class Appoint(forms.Form):
    """The choices are those of this moment: (code, label)."""

    role = forms.ChoiceField(label=_("Role"))
    organisation = forms.ChoiceField(label=_("Organisation"))

    def offering(self, roles: list[tuple[str, str]], organisations: list[tuple[str, str]]) -> "Appoint":
        for name, choices in (("role", roles), ("organisation", organisations)):
            chosen = self.fields[name]
            assert isinstance(chosen, forms.ChoiceField)
            chosen.choices = choices
        return self
