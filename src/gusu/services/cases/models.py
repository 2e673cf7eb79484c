"""What is kept of a case. What an applicant said is sealed; what happened is appended and never edited."""

from datetime import date

from django.db import models
from django.db.models import Q

from gusu.kernel import ids
from gusu.kernel.text import Text
from gusu.services.versions import Version


class DecisionVersion(Version):
    """How an item's cases were decided from a moment until a moment."""


class State(models.TextChoices):
    DRAFT = "draft"  # 草稿
    SUBMITTED = "submitted"  # 已提交
    RECEIVED = "received"  # 收件
    RETURNED = "returned"  # 补正
    ACCEPTED = "accepted"  # 受理
    REVIEWED = "reviewed"  # 审查
    DECIDED = "decided"  # 决定（准予）
    ISSUED = "issued"  # 制证
    CLOSED = "closed"  # 办结
    NOT_ACCEPTED = "not_accepted"  # 不予受理
    REFUSED = "refused"  # 不予许可
    WITHDRAWN = "withdrawn"  # 撤回
    EXPIRED = "expired"  # 逾期未补正，终止


def new_case_id() -> str:
    return ids.new("case")


def new_file_id() -> str:
    return ids.new("file")


NEVER = date.max  # for sorting: no clock runs


class Case(models.Model):
    """One application of one person for one service item (GB/T 39046-2020 tables 5 to 9).

    number: what people call it by, given with the submission.  account: who applied; subject: whom it is about - the
    same person, or their ward.  applicant_name: for lists (grade 2), gone with the answers.  due: the day on which the
    running clock ends, None while it stands or none runs; urgent_by: the same for sorting, the end of time where there
    is none.  yellow_on: from that day on the clock shows yellow.  handler: the official who has it in hand, or "".
    granted: what was decided.  kept_until: from then on its personal values are erased.
    """

    NOUN = Text("办件", "case")

    id = models.TextField(primary_key=True, default=new_case_id)
    number = models.TextField(unique=True, null=True)
    item = models.TextField()
    item_version = models.ForeignKey("services.ItemVersion", models.PROTECT, related_name="+")
    form_version = models.ForeignKey("services.FormVersion", models.PROTECT, related_name="+")
    decision_version = models.ForeignKey("services.DecisionVersion", models.PROTECT, related_name="+")
    organisation = models.TextField()
    state = models.TextField(choices=State, default=State.DRAFT)
    account = models.TextField()
    subject = models.TextField()
    applicant = models.TextField(default="")
    applicant_name = models.TextField(default="")
    revision = models.IntegerField(default=0)
    handler = models.TextField(default="")
    granted = models.BooleanField(null=True)
    opened_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    due = models.DateField(null=True)
    urgent_by = models.DateField(default=NEVER)
    yellow_on = models.DateField(null=True)
    statutory_due = models.DateField(null=True)
    kept_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "item", "subject"], condition=Q(state=State.DRAFT), name="case_one_draft"
            ),
            models.UniqueConstraint(
                fields=["subject", "item"],
                condition=Q(submitted_at__isnull=False, ended_at=None),
                name="case_one_under_way",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "urgent_by", "id"],
                condition=Q(ended_at=None, submitted_at__isnull=False),
                name="case_inbox",
            ),
            models.Index(
                fields=["urgent_by", "id"],
                condition=Q(ended_at=None, submitted_at__isnull=False),
                name="case_inbox_all",
            ),
            models.Index(fields=["account", "-id"], name="case_account"),
            models.Index(fields=["subject", "-id"], name="case_subject"),
            models.Index(fields=["kept_until"], condition=Q(kept_until__isnull=False), name="case_kept_until"),
        ]

    def __str__(self) -> str:
        return f"{self.number or self.pk} {self.item} {self.state}"


class CaseAnswers(models.Model):
    """What was handed in, as JSON in an envelope. revision 0: the draft; each submission the next."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="answers")
    revision = models.IntegerField()
    at = models.DateTimeField()
    sealed = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "revision"], name="case_answers_revision")]

    def __str__(self) -> str:
        return f"{self.case_id} answers {self.revision}"


class CaseLine(models.Model):
    """One thing that happened to a case; appended, never edited (the database says so).

    state: after it.  said: words for the applicant, who may read every one.  detail: codes and counts; of a notice,
    what is missing.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="lines")
    number = models.IntegerField()
    at = models.DateTimeField()
    verb = models.TextField()
    state = models.TextField(choices=State)
    account = models.TextField()
    organisation = models.TextField()
    said = models.TextField(default="")
    detail = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="case_line_number")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.number} {self.verb}"


class CaseStop(models.Model):
    """Days that do not count, on a ground of the law. until None: the clock still stands."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="stops")
    since = models.DateField()
    until = models.DateField(null=True)
    ground = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(until=None), name="case_one_stop_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.case_id} stopped {self.since}"


class CaseExtension(models.Model):
    """Days added to the time for a decision, with the leader's approval of that day. promised: also to the promised
    time; not where that was over by then.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="extensions")
    days = models.IntegerField()
    on = models.DateField()
    reason = models.TextField()
    promised = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.case_id} +{self.days}"


class CaseFile(models.Model):
    """A material handed in as a file: base64 in an envelope. material: its place in the item's list."""

    id = models.TextField(primary_key=True, default=new_file_id)
    case = models.ForeignKey(Case, models.PROTECT, related_name="files")
    material = models.IntegerField()
    media_type = models.TextField()
    size = models.IntegerField()
    sha256 = models.TextField()
    at = models.DateTimeField()
    sealed = models.TextField()

    def __str__(self) -> str:
        return f"{self.case_id} file {self.pk}"
