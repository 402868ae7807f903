"""The skin over a vertebra, coloured by what can be reached from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.planning import skin_access
from planner.planning.exact_distances import ENOUGH_MM
from planner.session.drawing import AMPLE, HELD, REACHED, UNREACHED, SkinMark

if TYPE_CHECKING:
    from planner.catalog import Catalog
    from planner.domain.anatomy import Anatomy
    from planner.domain.levels import Level
    from planner.domain.volume import CtVolume
    from planner.session.ports import Wish

AMPLE_SHARE = 0.999
"""Clearances are cut off at ``ENOUGH_MM``; this near to it counts as there."""


def skin_map(
    ct: CtVolume, anatomy: Anatomy, level: Level, wish: Wish, catalog: Catalog
) -> SkinMark:
    """Return the map for the needle, the device and the approach that are wished for."""
    device = catalog.devices[wish.device_id] if wish.device_id else None
    width_mm = catalog.access_diameter([device] if device else [], wish.size).value
    found = skin_access(
        ct,
        anatomy,
        level,
        outer_diameter_mm=width_mm,
        device=device,
        target=wish.target,
        approach=wish.approach,
    )
    how = "any way" if wish.approach is None else f"{wish.approach} only"
    codes = np.full(len(found.points_mm), UNREACHED, np.uint8)
    codes[found.clearance_mm < found.limit_mm] = HELD
    codes[found.clearance_mm >= found.limit_mm] = REACHED
    codes[found.clearance_mm >= AMPLE_SHARE * ENOUGH_MM] = AMPLE
    counts = [int(np.count_nonzero(codes == code)) for code in (AMPLE, REACHED, HELD, UNREACHED)]
    return SkinMark(
        level=str(level),
        points_mm=found.points_mm,
        codes=codes,
        words=f"Skin over {level}, needle {width_mm:.2f} mm, {how}: {counts[0]} points reach it "
        f"{ENOUGH_MM:g} mm clear (white), "
        f"{counts[1]} at least {found.limit_mm:g} mm (blue), {counts[2]} nearer (red), "
        f"{counts[3]} not at all (grey). Ribs and gas are not looked for.",
    )
