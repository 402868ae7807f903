"""What cement flows through: bone by HU, its shell with holes, and what lies about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.geometry.kernels import kernel
from planner.physics.cement.paths import Kind, Place
from planner.physics.cement.shell import Shell, open_shell, rim_hu, threshold_hu

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.volume_geometry import VolumeGeometry
    from planner.physics.cement.flow_numbers import FlowNumbers

LOWEST_HU, HIGHEST_HU = -1100, 3100
"""Ends of the table of permeability; bone and cement lie far inside."""

_BONE, _CLOSED = int(Place.BONE), int(Place.CLOSED)
_ABLATED, _VEIN, _TRACK, _TAKEN = (
    int(kind) for kind in (Kind.ABLATED, Kind.VEIN, Kind.TRACK, Kind.TAKEN)
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CementMedium:
    """One vertebra and what lies about it, on an isotropic grid along the patient's axes.

    Attributes
    ----------
    hu
        int16 ``[k, j, i]``.
    place, kind
        uint8, codes of ``Place`` and ``Kind``.
    shell
        Of the bone.
    body_ml, lesion
        Volume of the vertebral body, and the outlined lesion in it if there is one.
    """

    geometry: VolumeGeometry
    hu: NDArray[np.int16]
    place: NDArray[np.uint8]
    kind: NDArray[np.uint8]
    shell: Shell
    numbers: FlowNumbers

    def __post_init__(self) -> None:
        shape = self.geometry.shape_kji
        if not self.hu.shape == self.place.shape == self.kind.shape == shape:
            raise ValueError("HU and codes must have the shape of the grid")
        if max(self.geometry.spacing_mm) - min(self.geometry.spacing_mm) > 1e-6:
            raise ValueError("cement needs an isotropic grid")

    @property
    def voxel_mm3(self) -> float:
        """Volume of one voxel."""
        return self.geometry.voxel_volume_mm3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlowCase:
    """What an ensemble varies; the defaults are the nominal run.

    Attributes
    ----------
    contrast
        How far HU and chance tell in this cement: 1 for a thin one, less for a thick one, which
        spreads more evenly.
    cortex_share
        Share of the usual shell below which it counts as broken; ``None`` for the nominal one.
    spread
        float32, shape of the grid: factors on the permeability of bone.
    """

    contrast: float = 1.0
    hu_offset: float = 0.0
    cortex_share: float | None = None
    vein_open: bool = False
    spread: NDArray[np.float32] = field(default_factory=lambda: np.ones((1, 1, 1), np.float32))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Openness:
    """What a case makes of a medium: permeability (0 is closed) and room of every voxel."""

    permeability: NDArray[np.float32]
    room_mm3: NDArray[np.float32]


def openness(medium: CementMedium, case: FlowCase) -> Openness:
    """Return permeability and room for one case, both float32 ``[k, j, i]``."""
    numbers = medium.numbers
    share = numbers.cortex["share"].value if case.cortex_share is None else case.cortex_share
    face_mm2 = medium.geometry.spacing_mm[0] ** 2
    least = max(1, round(numbers.cortex["least_hole_mm2"].value / face_mm2))
    shell = medium.shell
    in_vein = medium.kind.ravel()[shell.voxels] == _VEIN
    limits = (threshold_hu(shell, share, numbers), rim_hu(shell, numbers))
    is_open = open_shell(shell.cortex_hu, limits, shell.neighbours, in_vein, least)
    tables = bone_tables(numbers, case.contrast, case.hu_offset)
    beyond = np.ones(len(Place), np.float32)
    for name in ("epidural", "foraminal", "discal", "paravertebral"):
        beyond[Place[name.upper()]] = numbers.beyond[name].value
    hollow = np.zeros(len(Kind), np.float32)
    hollow[[Kind.CAVITY, Kind.TRACK]] = numbers.bone["cavity_factor"].value
    hollow[Kind.VEIN] = numbers.beyond["vein"].value if case.vein_open else 0.0
    values = _Values(*tables, beyond, hollow, numbers.bone["ablated_factor"].value)
    spread = case.spread if case.spread.size > 1 else np.ones((1, 1, 1), np.float32)
    permeability, room = _openness(
        medium.hu, _Codes(medium.place, medium.kind), values, spread,
        medium.voxel_mm3,
    )  # fmt: skip
    closed = shell.voxels[~is_open & ~(in_vein & case.vein_open)]
    permeability.ravel()[closed[medium.kind.ravel()[closed] != _TRACK]] = 0.0
    return Openness(permeability=permeability, room_mm3=room)


def porosity(
    hu: NDArray[np.integer] | NDArray[np.floating], numbers: FlowNumbers
) -> NDArray[np.float64]:
    """Return the share of each voxel of bone that cement can take, 0 to 1."""
    bone = numbers.bone
    solid = (np.asarray(hu, dtype=np.float64) - bone["marrow_hu"].value) / bone[
        "solid_span_hu"
    ].value
    low, high = bone["least_solid_share"].value, bone["greatest_solid_share"].value
    return 1.0 - np.clip(solid, low, high)


def bone_tables(
    numbers: FlowNumbers, contrast: float, hu_offset: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return permeability against marrow, and open share, of bone from the lowest HU up.

    Kozeny and Carman, ``phi^3 / (1 - phi)^2``, to the power that HU is worth.
    """
    hu = np.arange(LOWEST_HU, HIGHEST_HU + 1) + hu_offset
    open_share = porosity(hu, numbers)
    marrow = 1.0 - numbers.bone["least_solid_share"].value
    against = (open_share / marrow) ** 3 * ((1.0 - marrow) / (1.0 - open_share)) ** 2
    power = contrast * numbers.bone["hu_weight"].value
    return (against**power).astype(np.float32), open_share.astype(np.float32)


class _Codes(NamedTuple):
    place: NDArray[np.uint8]
    kind: NDArray[np.uint8]


class _Values(NamedTuple):
    """Tables of bone by HU; permeability by ``Place``, and by ``Kind`` of what is hollow."""

    permeable: NDArray[np.float32]
    open_share: NDArray[np.float32]
    beyond: NDArray[np.float32]
    hollow: NDArray[np.float32]
    ablated: float


@kernel
def _openness(
    hu: NDArray[np.int16],
    codes: _Codes,
    values: _Values,
    spread: NDArray[np.float32],
    voxel_mm3: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return permeability and room; the outermost layer is closed."""
    place, kind = codes.place, codes.kind
    permeable, open_share = values.permeable, values.open_share
    beyond, hollow = values.beyond, values.hollow
    high, deep, wide = hu.shape
    permeability = np.zeros(hu.shape, np.float32)
    room = np.full(hu.shape, np.float32(voxel_mm3))
    varies = spread.size > 1
    for k in range(1, high - 1):
        for j in range(1, deep - 1):
            for i in range(1, wide - 1):
                where, what = place[k, j, i], kind[k, j, i]
                if what == _TAKEN or where == _CLOSED:
                    continue
                if hollow[what] > 0.0:
                    permeability[k, j, i] = hollow[what]
                    continue
                if where != _BONE:
                    permeability[k, j, i] = beyond[where]
                    continue
                at = min(max(int(hu[k, j, i]), LOWEST_HU), HIGHEST_HU) - LOWEST_HU
                value = permeable[at]
                if what == _ABLATED:
                    value *= values.ablated
                if varies:
                    value *= spread[k, j, i]
                permeability[k, j, i] = value
                room[k, j, i] = open_share[at] * voxel_mm3
    return permeability, room
