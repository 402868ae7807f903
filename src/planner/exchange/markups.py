"""Needles as 3D Slicer markups (schema 1.0.3): one ``Line`` each, Entry first, in LPS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from planner.domain.plan import Trajectory
    from planner.geometry.points import PointLps

SCHEMA: Final = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/"
    "Schema/markups-schema-v1.0.3.json#"
)


def write_markup(path: Path, trajectory: Trajectory, number: int) -> Path:
    """Write one needle; coordinates keep every digit, so nothing moves on the way."""
    document = {
        "@schema": SCHEMA,
        "markups": [
            {
                "type": "Line",
                "coordinateSystem": "LPS",
                "coordinateUnits": "mm",
                "locked": trajectory.locked,
                "labelFormat": "%N-%d",
                "description": (
                    f"needle {number}: {trajectory.level} {trajectory.side}, "
                    f"{trajectory.approach}; research only, not a medical device"
                ),
                "controlPoints": [
                    _point(1, "Entry", trajectory.entry),
                    _point(2, "Tip", trajectory.tip),
                ],
                "measurements": [
                    {
                        "name": "length",
                        "enabled": True,
                        "value": trajectory.length_mm,
                        "units": "mm",
                    }
                ],
            }
        ],
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return path


def _point(number: int, label: str, at: PointLps) -> dict[str, object]:
    return {
        "id": str(number),
        "label": label,
        "position": [at.x_mm, at.y_mm, at.z_mm],
        "positionStatus": "defined",
        "selected": True,
        "locked": False,
        "visibility": True,
    }
