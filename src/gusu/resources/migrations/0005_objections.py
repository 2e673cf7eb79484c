"""What people say is wrong about them."""

import django.db.models.deletion
from django.db import migrations, models

import gusu.resources.objections.models


class Migration(migrations.Migration):
    dependencies = [
        ("resources", "0004_the_road_back"),
    ]

    operations = [
        migrations.CreateModel(
            name="Objection",
            fields=[
                (
                    "id",
                    models.TextField(
                        default=gusu.resources.objections.models.new_objection_id, primary_key=True, serialize=False
                    ),
                ),
                ("register", models.SlugField(max_length=48)),
                ("subject", models.TextField()),
                ("element", models.TextField()),
                ("source", models.SlugField(max_length=32)),
                ("resource", models.SlugField(max_length=64)),
                ("provider", models.TextField(help_text="organisation code")),
                ("position", models.BigIntegerField()),
                ("seen_edition", models.IntegerField()),
                ("objected", models.TextField()),
                ("right", models.TextField()),
                ("reason", models.TextField()),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("filed", "Filed"),
                            ("sent", "Sent"),
                            ("corrected_at_source", "Corrected At Source"),
                            ("upheld", "Upheld"),
                            ("closed", "Closed"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="filed",
                    ),
                ),
                ("filed_at", models.DateTimeField()),
                ("due_on", models.DateField()),
                ("answer", models.TextField(default="")),
                ("answered_by", models.TextField(default="")),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.TextField(
                        choices=[
                            ("corrected", "Corrected"),
                            ("upheld", "Upheld"),
                            ("withdrawn", "Withdrawn"),
                            ("erased", "Erased"),
                        ],
                        default="",
                    ),
                ),
                ("closed_at", models.DateTimeField(null=True)),
                ("as_said", models.BooleanField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="resources.batch"
                    ),
                ),
                (
                    "corrected_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="resources.batch"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["subject", "-id"], name="objection_subject"),
                    models.Index(fields=["provider", "state", "id"], name="objection_provider"),
                    models.Index(
                        condition=models.Q(("state__in", ["filed", "sent", "corrected_at_source"])),
                        fields=["register"],
                        name="objection_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("state", "upheld")), fields=["answered_at"], name="objection_upheld"
                    ),
                    models.Index(
                        condition=models.Q(("objected", ""), _negated=True), fields=["closed_at"], name="objection_kept"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["filed", "sent", "corrected_at_source"])),
                        fields=("subject", "register", "element"),
                        name="objection_open_once",
                    )
                ],
            },
        ),
    ]
