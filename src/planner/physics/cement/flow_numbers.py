"""The numbers of the medium that cement flows through, from their data file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from planner.catalog.resource_files import resource_path
from planner.catalog.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.sourced import Sourced

TABLES = ("bone", "beyond", "cortex", "vein", "ensemble", "heat", "height")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowNumbers:
    """Every number with its source, by table and key; the unit is in the key."""

    bone: Mapping[str, Sourced]
    beyond: Mapping[str, Sourced]
    cortex: Mapping[str, Sourced]
    vein: Mapping[str, Sourced]
    ensemble: Mapping[str, Sourced]
    heat: Mapping[str, Sourced]
    height: Mapping[str, Sourced]


@cache
def flow_numbers() -> FlowNumbers:
    """Read ``resources/physics/cement_flow.toml``, once.

    Raises
    ------
    InputRefusedError
        When the file is wrong; it says where and what.
    """
    whole = Section.of_file(resource_path("physics", "cement_flow.toml"))
    whole.refuse_other_keys(TABLES)
    return FlowNumbers(**{name: whole.numbers(name) for name in TABLES})
