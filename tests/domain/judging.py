"""Test judge: source texts in, parsed and judged rows out, through DuckDB as in the import."""

import duckdb
import pyarrow as pa

from faxcloud.domain.columns import SOURCE_NAMES
from faxcloud.domain.parsing import DateLimits, parsing_sql
from faxcloud.domain.rulesets.conditions import compile_ruleset
from faxcloud.domain.rulesets.parser import builtin_rulesets

ORDINARY = {"mode": "SF", "called_text": "33145221134", "pages": "1", "sent_at": "02/01/2026 08:05"}


def judge(rows, ruleset="faxcloud-3", limits=None):
    """One dict of stored columns for each dict of source texts, in order; what is not given is blank."""
    compiled = compile_ruleset(ruleset if not isinstance(ruleset, str) else builtin_rulesets()[ruleset])
    texts = {name: pa.array([row.get(name, "") for row in rows], pa.string()) for name in SOURCE_NAMES}
    source = pa.table(
        {"report_id": ["r"] * len(rows), "line": pa.array(range(len(rows)), pa.int64()), **texts}
    )
    with duckdb.connect() as connection:
        connection.register("source", source)
        judged = connection.execute(
            f"SELECT *, {compiled.violations_sql} AS violations, {compiled.warnings_sql} AS warnings"
            f" FROM ({parsing_sql('source')}) ORDER BY line",
            (limits or DateLimits()).values,
        )
        names = [column[0] for column in judged.description]
        return [dict(zip(names, values, strict=True)) for values in judged.fetchall()]
