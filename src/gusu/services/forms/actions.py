"""Keeping what packs declare. Called inside packkit's `apply`, which asks who may, leaves the line and commits."""

from collections.abc import Sequence

from gusu.services.forms.models import FormVersion
from gusu.services.forms.spec import FormPiece, written
from gusu.services.versions import end, follow


def write_forms(pieces: Sequence[FormPiece]) -> None:
    follow(FormVersion, {piece.form: (piece.item, written(piece)) for piece in pieces})


def end_forms(names: list[str]) -> None:
    end(FormVersion, names)
