"""Standing returns, the outcomes that go back by them, and the receipts of what was returned."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("resources", "0003_forgetting"),
    ]

    operations = [
        migrations.CreateModel(
            name="Return",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=64, unique=True)),
                ("title_zh", models.TextField()),
                ("title_en", models.TextField()),
                ("connector", models.SlugField(max_length=32)),
                ("settings", models.JSONField()),
                ("columns", models.JSONField()),
                ("comes_back_by", models.SlugField(blank=True, default="", max_length=64)),
                ("retention_days", models.IntegerField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("trouble_code", models.TextField(default="")),
                ("trouble_zh", models.TextField(default="")),
                ("trouble_en", models.TextField(default="")),
                ("trouble_since", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rows", models.IntegerField()),
                ("digest_sent", models.TextField()),
                ("digest_kept", models.TextField()),
                ("salt", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "to",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="receipts", to="resources.return"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Outcome",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.TextField()),
                (
                    "state",
                    models.TextField(
                        choices=[("waiting", "waiting"), ("returned", "returned"), ("refused", "refused")],
                        default="waiting",
                    ),
                ),
                ("sealed", models.TextField()),
                ("made_at", models.DateTimeField()),
                ("returned_at", models.DateTimeField(null=True)),
                ("refused_code", models.TextField(default="")),
                ("refused_column", models.TextField(default="")),
                (
                    "receipt",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outcomes",
                        to="resources.receipt",
                    ),
                ),
                (
                    "to",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="outcomes", to="resources.return"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "waiting")), fields=["to", "id"], name="outcome_waiting"),
                    models.Index(fields=["to", "state", "id"], name="outcome_state"),
                    models.Index(
                        condition=models.Q(("state", "returned"), models.Q(("sealed", ""), _negated=True)),
                        fields=["to", "returned_at"],
                        name="outcome_kept",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("to", "key"), name="outcome_once")],
            },
        ),
    ]
