"""What is asked about an organisation."""

from django import forms
from django.utils.translation import gettext_lazy as _

from gusu.identity.organisations.models import Kind

KINDS = {
    Kind.GOVERNMENT.value: _("Government"),
    Kind.DEPARTMENT.value: _("Department"),
    Kind.DISTRICT.value: _("District"),
    Kind.INSTITUTION.value: _("Institution"),
    Kind.OTHER.value: _("Other organisation"),
}


class Rename(forms.Form):
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=200)
    name_en = forms.CharField(label=_("Name in English"), max_length=200)
