"""Gas rises and fluid falls, for the patient as he lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from phantoms import easy_l3
from planner.domain.protection import Agent, LayerId, ProtectionLayer
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.planning.layer_side import above_canal_mm, lie_words, stays


def layer(agent: Agent, offset_mm: tuple[float, float, float]) -> ProtectionLayer:
    anatomy = easy_l3().truth
    slice_k = anatomy.canal.shape[0] // 2
    beside = np.argwhere(anatomy.canal[slice_k - 15 : slice_k + 16])[:, ::-1].astype(float)
    middle = beside.mean(axis=0) + np.array([0.0, 0.0, slice_k - 15.0])
    at = anatomy.geometry.lps_mm(middle) + np.array(offset_mm)
    return ProtectionLayer(
        id=LayerId("layer1"), agent=agent, centre=PointLps.of(at), across=(0.0, 1.0, 0.0),
        thickness_mm=5.0, width_mm=20.0,
    )  # fmt: skip


BEHIND, LEFT = (0.0, 12.0, 0.0), (14.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("position", "offset", "gas_stays"),
    [
        ("HFP", BEHIND, True),
        ("FFP", BEHIND, True),
        ("HFS", BEHIND, False),
        ("HFDR", LEFT, True),
        ("HFDL", LEFT, False),
        ("HFP", LEFT, None),
        ("", BEHIND, None),
    ],
)
def test_that_gas_stays_on_the_upper_side_and_fluid_on_the_lower(
    position: str, offset: tuple[float, float, float], gas_stays: bool | None
) -> None:
    anatomy = easy_l3().truth
    for agent in Agent:
        expected = gas_stays if agent.is_gas or gas_stays is None else not gas_stays
        one = layer(agent, offset)
        assert stays(one, anatomy, position) is expected
        words = lie_words(one, anatomy, position)
        assert ("do not count on it" in words) is (expected is False)
        assert ("look on CT" in words) is (expected is None)


def test_that_a_slip_of_the_hand_is_no_layer() -> None:
    good = layer(Agent.CO2, BEHIND)
    for name, value in (("thickness_mm", 0.2), ("width_mm", 200.0), ("across", (0.0, 2.0, 0.0))):
        fields = {item: getattr(good, item) for item in good.__slots__} | {name: value}
        with pytest.raises(ValueError, match="layer"):
            ProtectionLayer(**fields)


@pytest.mark.parametrize("order", [(2, 1, 0), (1, 0, 2)])
def test_that_the_axis_a_scan_is_stored_along_does_not_matter(order: tuple[int, int, int]) -> None:
    """``order`` gives the place of each axis ``[k, j, i]`` of the truth."""
    truth = easy_l3().truth
    axes = [2 - one for one in order][::-1]
    lps_from_ijk = truth.geometry.lps_from_ijk.copy()
    lps_from_ijk[:, :3] = lps_from_ijk[:, axes]
    size = truth.geometry.size_ijk
    i, j, k = (size[axis] for axis in axes)
    turned = replace(
        truth,
        geometry=VolumeGeometry.from_matrix((i, j, k), lps_from_ijk),
        **{
            name: getattr(truth, name).transpose(order)
            for name in ("labels", "bodies", "discs", "foramina", "canal")
        },
        lesion=None,
        masks={},
    )
    for offset in (BEHIND, LEFT):
        one = layer(Agent.CO2, offset)
        for position in ("HFP", "HFDR"):
            straight = above_canal_mm(one, truth, position)
            assert above_canal_mm(one, turned, position) == pytest.approx(straight, abs=1.0)
