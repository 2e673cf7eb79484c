"""What is kept of a licence. What is printed on it is sealed; whether it is valid is not."""

from django.db import models

from gusu.kernel import ids
from gusu.kernel.text import Text
from gusu.services.versions import Version


class LicenceKindVersion(Version):
    """What a kind of licence was from a moment until a moment; a licence pins the one it was issued by."""


class State(models.TextChoices):
    """证照状态, by the codes of the national shape."""

    VALID = "01"  # 有效
    SUSPENDED = "02"  # 暂扣
    REVOKED = "03"  # 撤销
    CANCELLED = "04"  # 注销
    LAPSED = "05"  # 失效
    STRUCK_OFF = "07"  # 吊销


def new_licence_id() -> str:
    return ids.new("lic")


class Licence(models.Model):
    """One e-licence (GB/T 36904).

    case: the case it is the result of; one licence a case.  holder: a subject.  printed: what stands on its face, JSON
    in an envelope.  document: the signed PDF, base64 in an envelope; sha256: of its bytes.  token_hash: SHA-256 of
    what the QR code on it holds.  Erased: printed and document are "".
    """

    NOUN = Text("电子证照", "licence")

    id = models.TextField(primary_key=True, default=new_licence_id)
    identifier = models.TextField(unique=True)
    number = models.TextField(unique=True)
    kind_version = models.ForeignKey("services.LicenceKindVersion", models.PROTECT, related_name="+")
    case = models.TextField(unique=True)
    holder = models.TextField(db_index=True)
    state = models.TextField(choices=State, default=State.VALID)
    issued_at = models.DateTimeField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    printed = models.TextField()
    document = models.TextField()
    sha256 = models.TextField()
    token_hash = models.TextField(unique=True)

    def __str__(self) -> str:
        return f"{self.identifier} {self.state}"


class LicenceLine(models.Model):
    """One change of a licence's state; appended, never edited. ground: a code; said: why, in words for the holder."""

    licence = models.ForeignKey(Licence, models.PROTECT, related_name="lines")
    at = models.DateTimeField()
    state = models.TextField(choices=State)
    account = models.TextField()
    organisation = models.TextField()
    ground = models.TextField()
    said = models.TextField(default="")

    def __str__(self) -> str:
        return f"{self.licence_id} {self.state}"
