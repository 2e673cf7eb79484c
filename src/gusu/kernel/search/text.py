"""Finding Chinese words: `gusu_tokens(text, asking)` in PostgreSQL is the one implementation, used by index and query
alike.

A run of Chinese characters becomes its overlapping pairs, plus - only when indexing - its single characters, so that
a one-character question is answered too; Latin letters and digits become lower-case words.  A GIN index on
`gusu_tokens(column, false)` narrows, and the recheck makes it exact: recall 1, precision 1 (a dictionary would miss
路灯 in 号路灯不亮).
"""

from typing import Any

from django.db.models import QuerySet

from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text

LONGEST_QUESTION = 100
CREATE_TOKENS = r"""
CREATE OR REPLACE FUNCTION gusu_tokens(value text, asking boolean) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT coalesce(array_agg(DISTINCT token), '{}') FROM (
        SELECT CASE WHEN length(run) = 1 OR run ~ '^[a-z0-9]' THEN run
                    ELSE substr(run, place, 2) END AS token
        FROM (SELECT (regexp_matches(lower(value),
                '[\u2E80-\u9FFF\uF900-\uFAFF\U00020000-\U0003FFFF]+|[a-z0-9]+', 'g'))[1] AS run) AS runs,
             generate_series(1, greatest(1, length(run) - 1)) AS place
        UNION ALL
        SELECT substr(run, place, 1)
        FROM (SELECT (regexp_matches(value,
                '[\u2E80-\u9FFF\uF900-\uFAFF\U00020000-\U0003FFFF]+', 'g'))[1] AS run) AS runs,
             generate_series(1, length(run)) AS place
        WHERE NOT asking
    ) AS tokens
$$;
"""


class QuestionTooLong(GusuError):
    """Every word is sought in every row it may be in: a question of a book's length would keep the database busy."""

    status, code = 422, "question_too_long"
    says = Text("请用不超过 {most} 个字查找。", "Ask in at most {most} characters.")


def words_of(asked: str) -> list[str]:
    """The words of a question, parted by any white space, an ideographic one too; QuestionTooLong."""
    if len(asked.strip()) > LONGEST_QUESTION:
        raise QuestionTooLong(most=LONGEST_QUESTION)
    return asked.split()


def matching(rows: QuerySet[Any], column: str, asked: str) -> QuerySet[Any]:
    """The rows whose text column holds every word of `asked`, rechecked as substrings."""
    table = rows.model._meta.db_table
    words = words_of(asked)
    asked = " ".join(words)  # inside the function an ideographic space would be a character
    found = rows.extra(where=[f'gusu_tokens("{table}"."{column}", false) @> gusu_tokens(%s, true)'], params=[asked])
    for word in words:
        found = found.filter(**{f"{column}__icontains": word})
    return found
