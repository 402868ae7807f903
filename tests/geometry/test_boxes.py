import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from planner.geometry.boxes import box_of, cropped
from planner.geometry.volume_geometry import VolumeGeometry

masks = npst.arrays(np.bool_, npst.array_shapes(min_dims=3, max_dims=3, max_side=6))


@given(mask=masks, margin=st.integers(0, 2))
def test_that_a_box_holds_all_of_a_mask_and_is_no_larger_than_its_margin(mask, margin) -> None:
    box = box_of(mask, margin)
    if not mask.any():
        assert box is None
        return
    assert mask[box].sum() == mask.sum()
    places = np.argwhere(mask)
    for axis, side in enumerate(box):
        assert side.start == max(places[:, axis].min() - margin, 0)
        assert side.stop == min(places[:, axis].max() + 1 + margin, mask.shape[axis])


def test_that_a_cropped_grid_keeps_every_voxel_where_it_was() -> None:
    geometry = VolumeGeometry.axis_aligned((7, 6, 5), (0.5, 0.6, 2.0))
    part = cropped(geometry, (slice(1, 3), slice(2, 6), slice(4, 7)))
    assert part.size_ijk == (3, 4, 2)
    assert np.allclose(part.lps_mm(np.zeros(3)), geometry.lps_mm(np.array((4.0, 2.0, 1.0))))
