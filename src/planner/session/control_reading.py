"""Takes where a control scan shows a needle into the frame of the plan's scan, or refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.domain.control import SHORTEST_SEEN_MM, ControlReading
from planner.domain.errors import UsageError
from planner.imaging import relation_in_words
from planner.imaging.relation import names_another_patient

if TYPE_CHECKING:
    from planner.domain.plan import Plan, TrajectoryId
    from planner.geometry.points import PointLps
    from planner.imaging.inspection import Inspection, SeriesInspection

FARTHEST_MM: Final = 150.0
"""A tip seen farther than this from its target was read in other coordinates."""


def control_series(found: Inspection | None) -> SeriesInspection:
    """Return the one series of a control scan.

    Raises
    ------
    UsageError
        When there is none that can be read, or more than one.
    """
    if found is None:
        raise UsageError("That is no DICOM series, so it does not say what frame it is in.")
    if not found.choices:
        why = " ".join(one.message for one in found.findings)
        raise UsageError(f"No series of the control scan can be read. {why}".strip())
    if len(found.choices) > 1:
        raise UsageError(
            f"There are {len(found.choices)} series there: give the folder of the control scan "
            "alone."
        )
    return found.choices[0]


def control_reading(  # every part of a reading, each by name
    plan: Plan,
    trajectory_id: TrajectoryId,
    scan: SeriesInspection,
    *,
    entry: PointLps,
    tip: PointLps,
    offset: PointLps | None,
    at_utc: str,
) -> ControlReading:
    """Return a reading in the frame of the plan's scan.

    Parameters
    ----------
    entry, tip
        LPS mm as the CONTROL scan has them.
    offset
        LPS mm to add to a place of the control scan; needed where the frames of reference differ.

    Raises
    ------
    UsageError
        With a sentence, when the places do not carry over.
    """
    if names_another_patient(plan.scan.patient, scan.patient):
        raise UsageError("The control scan is of ANOTHER PATIENT. Nothing was kept.")
    frame = plan.scan.frame_of_reference_uid
    is_same = bool(frame) and frame == scan.frame_of_reference_uid
    if not is_same and offset is None:
        raise UsageError(
            "The control scan is not in the frame of reference of the plan's scan: "
            f"{relation_in_words(plan.scan, scan)}. Register the two and give the offset from the "
            "control scan to the plan's scan, or plan on the control scan."
        )
    if is_same and offset is not None:
        raise UsageError(
            "Both scans are in one frame of reference, so nothing is to be added: leave the "
            "offset out."
        )
    if offset is not None:
        entry, tip = entry.moved(offset.array), tip.moved(offset.array)
    needle = plan.trajectory(trajectory_id)
    if entry.distance_mm(tip) < SHORTEST_SEEN_MM or entry.distance_mm(needle.tip) < (
        SHORTEST_SEEN_MM
    ):
        raise UsageError("The entry seen is the same place as the tip or the target.")
    far = tip.distance_mm(needle.tip)
    if far > FARTHEST_MM:
        raise UsageError(
            f"The tip seen would lie {far:.0f} mm from its target. Read the places again, in LPS "
            "millimetres: to the left, to the back, to the head."
        )
    words = ", ".join(part for part in (scan.series_description, _day(scan.acquired)) if part)
    return ControlReading(
        trajectory_id=trajectory_id,
        entry=entry,
        tip=tip,
        at_utc=at_utc,
        scan_uid=scan.series_uid,
        scan_words=words or "not described",
        offset=offset,
    )


def _day(acquired: str) -> str:
    is_date = len(acquired) == len("YYYYMMDD") and acquired.isdigit()
    return f"{acquired[:4]}-{acquired[4:6]}-{acquired[6:]}" if is_date else acquired
