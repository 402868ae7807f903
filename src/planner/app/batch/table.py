"""All records of a cohort as two Parquet tables: one row a study, one row a vertebra."""

from __future__ import annotations

import io
import math
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from planner.document.whole_file import write_whole
from planner.domain.levels import Side

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from planner.app.batch.records import Record

Row = dict[str, Any]

STUDY_COLUMNS = {
    "study": "string", "outcome": "string", "code": "string", "said": "string",
    "scan_verdict": "string", "scan_findings": "string", "backend": "string", "levels": "int64",
    "notes": "string",
}  # fmt: skip

VERTEBRA_COLUMNS = {
    "study": "string", "level": "string", "level_doubt": "string", "quality": "string",
    "flags": "string", "volume_ml": "double", "wall_intact": "bool", "breaches": "int64",
    "breach_mm2": "double",
    **{
        f"pedicle_{size}_{side}_{which}_mm": "double"
        for size in ("width", "height")
        for side in Side
        for which in ("low", "best", "high")
    },
}  # fmt: skip
"""What was not found or not measured is null, never 0."""


def can_write() -> bool:
    """Tell whether a writer of Parquet is installed; a built program has none."""
    return find_spec("pyarrow") is not None


def write_tables(folder: Path, records: Sequence[Record]) -> tuple[Path, Path]:
    """Write both tables of the records, in the order of the studies' keys."""
    ordered = sorted(records, key=lambda record: record.study)
    studies = [_study(record) for record in ordered]
    vertebrae = [row for record in ordered for row in _vertebrae(record)]
    return (
        _written(folder / "studies.parquet", studies, STUDY_COLUMNS),
        _written(folder / "vertebrae.parquet", vertebrae, VERTEBRA_COLUMNS),
    )


def _study(record: Record) -> Row:
    row: Row = {
        "study": record.study,
        "outcome": record.outcome.value,
        "code": record.code or None,
        "said": record.said or None,
    }
    if found := record.found:
        row |= {
            "scan_verdict": found["scan"]["verdict"],
            "scan_findings": " ".join(found["scan"]["findings"]),
            "backend": found["backend"],
            "levels": len(found["levels"]),
            "notes": " ".join(found["notes"]),
        }
    return row


def _vertebrae(record: Record) -> list[Row]:
    rows = []
    for level, vertebra in record.found.get("levels", {}).items():
        wall = vertebra["posterior_wall"]
        seen = wall["intact"] is not None
        row: Row = {
            "study": record.study,
            "level": level,
            "level_doubt": vertebra["level_doubt"],
            "quality": vertebra["quality"]["verdict"],
            "flags": "; ".join(vertebra["quality"]["flags"]),
            "volume_ml": vertebra["volume_ml"],
            "wall_intact": wall["intact"],
            "breaches": len(wall["breaches"]) if seen else None,
            "breach_mm2": math.fsum(one["area_mm2"] for one in wall["breaches"]) if seen else None,
        }
        for side, pedicle in vertebra["pedicles"].items():
            for size in ("width", "height"):
                names = [f"pedicle_{size}_{side}_{which}_mm" for which in ("low", "best", "high")]
                row |= dict(zip(names, _ends(pedicle[f"{size}_mm"]), strict=True))
        rows.append(row)
    return rows


def _ends(interval: Sequence[float]) -> tuple[float, float, float]:
    low, best, high = interval
    return low, best, high


def _written(path: Path, rows: list[Row], columns: dict[str, str]) -> Path:
    import pyarrow as pa  # noqa: PLC0415 - only who has a cohort
    from pyarrow import parquet  # noqa: PLC0415

    schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in columns.items()])
    held = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows, schema=schema), held)
    write_whole(path, held.getvalue())
    return path
