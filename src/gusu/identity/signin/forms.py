"""What is asked at the door."""

from django import forms
from django.utils.translation import gettext_lazy as _

from gusu.identity.passwords import LONGEST

NAME = forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"})
CODE = forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"})


class SignIn(forms.Form):
    sign_in_name = forms.CharField(label=_("Sign-in name"), max_length=100, widget=NAME)
    password = forms.CharField(
        label=_("Password"),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    code = forms.CharField(
        label=_("One-time code"),
        max_length=8,
        required=False,
        widget=CODE,
        help_text=_("Only if you have switched on one-time codes."),
    )
