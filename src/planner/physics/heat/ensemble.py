"""Which runs a prediction needs: the nominal one, and one for each thing that is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.domain.simulation import Tier
from planner.physics.heat.band import NOMINAL, PERFUSION_FACTORS, Run, variants
from planner.physics.heat.device_model import Efficiency
from planner.physics.heat.tissue_classes import TissueClass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from planner.domain.devices import Tissue
    from planner.physics.heat.applicators import Stage
    from planner.physics.heat.tissue_classes import TissueClasses

FLOWING: Final = "fluid flows"
STRONG: Final = "strong device, no blood flow"
WEAK: Final = "weak device, blood flow x 3"

FLUSHED: Final = (TissueClass.CSF, TissueClass.EPIDURAL_FAT)
"""What moving spinal fluid and epidural venous blood cool."""

WATER_CAPACITY_J_PER_M3_K: Final = 4.12e6
"""Density times specific heat of spinal fluid, 1007 x 4095.5."""


def runs_of(
    tier: Tier,
    stages: Callable[[Efficiency], tuple[Stage, ...]],
    classes: TissueClasses,
    tissues: Mapping[str, Tissue],
    *,
    with_current: bool,
) -> list[Run]:
    """Return the runs of a tier, the nominal one first.

    The two ends take what is not known of the device and the blood flow to the same side, for
    what must not be hurt and for what must be covered. A preview has these three only.
    """
    table = classes.table()
    exchange = classes.limits["csf_exchange_per_s"].value * WATER_CAPACITY_J_PER_M3_K
    conductivities: dict[int, tuple[float, float]] = (
        {TissueClass.LYTIC: _tumour_conductivity(tissues)} if with_current else {}
    )
    tables = variants(table, conductivities, dict.fromkeys(FLUSHED, exchange))
    nominal = stages(Efficiency.NOMINAL)
    still, fast = (f"perfusion x {factor:g}" for factor in PERFUSION_FACTORS)
    runs = [
        Run(name=NOMINAL, table=table, stages=nominal),
        Run(name=STRONG, table=tables[still], stages=stages(Efficiency.HIGH)),
        Run(name=WEAK, table=tables[fast], stages=stages(Efficiency.LOW)),
    ]
    if tier is Tier.PREVIEW:
        return runs
    alone = {name: item for name, item in tables.items() if name not in (still, fast)}
    return runs + [Run(name=name, table=item, stages=nominal) for name, item in alone.items()]


def _tumour_conductivity(tissues: Mapping[str, Tissue]) -> tuple[float, float]:
    """Return both ends of the electric conductivity of lytic tumour, S/m."""
    tumour = tissues["tumour-soft"].numbers
    return (
        tumour["conductivity_460_khz_low_s_per_m"].value,
        tumour["conductivity_460_khz_high_s_per_m"].value,
    )
