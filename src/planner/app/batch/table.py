"""All records of a cohort as two Parquet tables: one row a study, one row a vertebra."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from planner.document.whole_file import write_whole
from planner.domain.errors import UsageError
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
"""A pedicle that was not found is null, never 0."""


def require_parquet() -> None:
    """Refuse before the work is done rather than after.

    Raises
    ------
    UsageError
        When no writer of Parquet is installed.
    """
    try:
        import pyarrow.parquet  # noqa: F401, PLC0415 - only who has a cohort
    except ImportError as missing:
        raise UsageError(
            "the tables are Parquet, which needs pyarrow; install planner[cohort]"
        ) from missing


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
    found = record.found
    scan = found.get("scan", {})
    return {
        "study": record.study,
        "outcome": record.outcome.value,
        "code": record.code,
        "said": record.said,
        "scan_verdict": scan.get("verdict"),
        "scan_findings": " ".join(scan.get("findings", ())),
        "backend": found.get("backend"),
        "levels": len(found.get("levels", {})),
        "notes": " ".join(found.get("notes", ())),
    }


def _vertebrae(record: Record) -> list[Row]:
    rows = []
    for level, vertebra in record.found.get("levels", {}).items():
        wall = vertebra["posterior_wall"]
        row: Row = {
            "study": record.study,
            "level": level,
            "level_doubt": vertebra["level_doubt"],
            "quality": vertebra["quality"]["verdict"],
            "flags": "; ".join(vertebra["quality"]["flags"]),
            "volume_ml": vertebra["volume_ml"],
            "wall_intact": wall["intact"],
            "breaches": len(wall["breaches"]),
            "breach_mm2": sum(breach["area_mm2"] for breach in wall["breaches"]),
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
