"""One person's vertebrae, drawn from published means and spreads."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from planner.catalog import resource_path
from planner.domain.levels import Level
from planner.domain.sourced import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

SHARED, REGIONAL = 0.55, 0.30
"""Share of the spread that is the person's size, and that runs smoothly along the spine.

The rest differs from level to level. Neighbours in one spine are alike; two people are not.
"""

REGION_LEVELS = 2.5
"""How many levels a regional difference reaches."""

FARTHEST_SD = 2.2
"""Nobody drawn lies farther than this from the mean, so that every spine stays a spine."""

OWN_WEDGE_SHARE = 0.12
"""Share of the anterior height's spread that the posterior height does not explain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelShape:
    """The dimensions of one vertebra and of the disc and joint below it.

    Lengths are outer, bone included; the disc's height is that of its middle.
    ``pedicle_transverse_deg`` is positive where the pedicle runs towards the middle as it goes
    forward, ``pedicle_sagittal_deg`` where it runs down. ``facet_to_sagittal_deg`` is 0 for a
    joint that faces sideways.
    """

    posterior_height_mm: float
    anterior_height_mm: float
    endplate_width_mm: float
    endplate_depth_mm: float
    canal_width_mm: float
    canal_depth_mm: float
    pedicle_width_mm: float
    pedicle_height_mm: float
    pedicle_transverse_deg: float
    pedicle_sagittal_deg: float
    disc_below_mm: float
    disc_wedge_deg: float
    spinous_length_mm: float
    spinous_drop_deg: float
    transverse_span_mm: float
    facet_to_sagittal_deg: float
    facet_half_spacing_mm: float

    @property
    def height_mm(self) -> float:
        """Height of the body at its middle rim."""
        return 0.5 * (self.posterior_height_mm + self.anterior_height_mm)

    @property
    def wedge_deg(self) -> float:
        """Angle between the endplates; positive when taller in front."""
        rise = self.anterior_height_mm - self.posterior_height_mm
        return float(np.degrees(np.arctan2(rise, self.endplate_depth_mm)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedDimension:
    """Mean and spread of one dimension at every level, with how far each can be trusted."""

    mean: tuple[float, ...]
    sd: tuple[float, ...]
    status: tuple[Status, ...]
    source: str


@cache
def published() -> tuple[tuple[Level, ...], Mapping[str, PublishedDimension]]:
    """Return the levels of the table, and each dimension by name."""
    with resource_path("phantom", "morphometry.toml").open("rb") as file:
        table = tomllib.load(file)
    levels = tuple(Level(name) for name in table["levels"])
    dimensions = {
        name: PublishedDimension(
            mean=tuple(float(value) for value in row["mean"]),
            sd=tuple(float(value) for value in row["sd"]),
            status=tuple(Status(word) for word in row["status"]),
            source=row["source"],
        )
        for name, row in table["dimension"].items()
    }
    return levels, dimensions


def draw_person(seed: int) -> dict[Level, LevelShape]:
    """Draw every vertebra of one person; the same seed gives the same person."""
    levels, dimensions = published()
    random = np.random.default_rng([seed, 1])
    size = random.standard_normal()
    drawn: dict[str, NDArray[np.float64]] = {}
    for field in fields(LevelShape):
        row = dimensions[field.name]
        scores = _scores(random, len(levels), size if field.name.endswith("_mm") else None)
        if field.name == "anterior_height_mm":
            posterior = dimensions["posterior_height_mm"]
            known = (drawn["posterior_height_mm"] - posterior.mean) / posterior.sd
            scores = np.sqrt(1.0 - OWN_WEDGE_SHARE) * known + np.sqrt(OWN_WEDGE_SHARE) * scores
        drawn[field.name] = np.array(row.mean) + np.array(row.sd) * scores
    return {
        level: LevelShape(**{name: float(values[place]) for name, values in drawn.items()})
        for place, level in enumerate(levels)
    }


def _scores(random: np.random.Generator, count: int, size: float | None) -> NDArray[np.float64]:
    """Draw one dimension's standard scores down the spine, shape ``(count,)``."""
    own_size = random.standard_normal()
    common = own_size if size is None else 0.7 * size + np.sqrt(1.0 - 0.7**2) * own_size
    place = np.arange(count)
    weights = np.exp(-0.5 * ((place[:, None] - place[None, :]) / REGION_LEVELS) ** 2)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    regional = weights @ random.standard_normal(count)
    alone = random.standard_normal(count)
    scores = (
        np.sqrt(SHARED) * common
        + np.sqrt(REGIONAL) * regional
        + np.sqrt(1.0 - SHARED - REGIONAL) * alone
    )
    return np.asarray(np.clip(scores, -FARTHEST_SD, FARTHEST_SD))
