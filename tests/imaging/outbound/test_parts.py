import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from planner.geometry.volume_geometry import VolumeGeometry
from planner.imaging.outbound.parts import (
    Part,
    PartKind,
    label_map,
    layers,
    on_grid,
    trimmed,
)

GRID = VolumeGeometry.axis_aligned((5, 6, 7), (1.0, 1.5, 2.0), (-10.0, 20.0, 30.0))
masks = npst.arrays(np.bool_, GRID.shape_kji)


def part(key: str, mask: np.ndarray, kind: PartKind = PartKind.VERTEBRA) -> Part:
    geometry, crop = trimmed(mask, GRID)
    return Part(
        key=key,
        name=key,
        kind=kind,
        colour=(1, 2, 3),
        made_by="test",
        geometry=geometry,
        mask=crop,
    )


@settings(max_examples=60, deadline=None)
@given(mask=masks)
def test_that_trimming_and_placing_gives_the_mask_back(mask) -> None:
    assert (on_grid(part("a", mask), GRID) == mask).all()


@settings(max_examples=60, deadline=None)
@given(wanted=st.lists(st.tuples(masks, st.sampled_from(list(PartKind))), min_size=1, max_size=5))
def test_that_no_voxel_is_lost_in_layers_and_predictions_stand_apart(wanted) -> None:
    parts = tuple(part(str(n), mask, kind) for n, (mask, kind) in enumerate(wanted))
    found = {}
    for layer in layers(parts, GRID):
        labels = label_map(layer, GRID)
        assert len({one.kind.is_predicted for one, _ in layer}) == 1
        for one, number in layer:
            found[one.key] = labels == number
    for one in parts:
        whole = on_grid(one, GRID)
        assert (found[one.key] == whole).all() if whole.any() else one.key not in found


def test_that_a_mask_of_another_shape_than_its_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        Part(
            key="a", name="a", kind=PartKind.CANAL, colour=(0, 0, 0), made_by="test",
            geometry=GRID, mask=np.zeros((2, 2, 2), bool),
        )  # fmt: skip
