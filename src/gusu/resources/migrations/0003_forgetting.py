"""Erasure and retention; and golden records in their second format.

Golden records are derived: they go here, and the next fusing makes them anew from the lake.
"""

import django.db.models.deletion
from django.db import migrations, models

GOLDEN_RECORDS_ANEW = r"""
DO $$
DECLARE golden text;
BEGIN
    FOR golden IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema AND tablename LIKE 'subjects\_%' LOOP
        EXECUTE format('DROP TABLE %I', golden);
    END LOOP;
END $$;
DELETE FROM resources_baseedition;
"""


class Migration(migrations.Migration):
    dependencies = [("resources", "0002_the_data_thread")]

    operations = [
        migrations.AddField(model_name="batch", name="let_go_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="chunk", name="taken_out", field=models.TextField(default="")),
        migrations.AddField(model_name="linkedbatch", name="erasure", field=models.BigIntegerField(default=0)),
        migrations.RenameField(model_name="erasure", old_name="reason", new_name="ground"),
        migrations.AlterField(
            model_name="erasure",
            name="ground",
            field=models.TextField(
                choices=[
                    ("purpose_achieved", "处理目的已实现、无法实现或者为实现处理目的不再必要"),
                    ("retention_over", "停止提供产品或者服务，或者保存期限已届满"),
                    ("consent_withdrawn", "个人撤回同意"),
                    ("unlawful", "违反法律、行政法规或者违反约定处理个人信息"),
                    ("law", "法律、行政法规规定的其他情形"),
                ]
            ),
        ),
        migrations.CreateModel(
            name="Cleansed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="resources.batch"
                    ),
                ),
                (
                    "erasure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="resources.erasure"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(GOLDEN_RECORDS_ANEW, migrations.RunSQL.noop),
    ]
