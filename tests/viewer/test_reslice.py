import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.session.outlines import SAC_CODE, OutlineVolume
from planner.session.planes import Orientation, PaneMap, Plane, plane_frame
from planner.session.view_state import Slab, SlabKind, Window
from planner.viewer.canvas import oblique_kernels as oblique
from planner.viewer.canvas.reslice import (
    OUTSIDE,
    Clear,
    Codes,
    dash_codes,
    draw_codes,
    grey_table,
    pane_steps,
    sample_codes,
    sample_hu,
    sample_slab,
    shade,
)
from planner.viewer.canvas.slice_picture import dash_in


def grid(kind: str) -> VolumeGeometry:
    """The same 30 mm cube on grids that run every way."""
    if kind == "straight":
        return VolumeGeometry.axis_aligned((30, 30, 30), (1.0, 1.0, 1.0), (-15.0, -15.0, -15.0))
    if kind == "prone":
        matrix = np.diag([-1.0, -1.0, 1.0, 1.0])
        matrix[:3, 3] = (15.0, 15.0, -15.0)
    elif kind == "feet first":
        matrix = np.diag([-1.0, 1.0, -1.0, 1.0])
        matrix[:3, 3] = (15.0, -15.0, 15.0)
    else:
        matrix = np.eye(4)
        matrix[1, 2] = 0.35
        matrix[:3, 3] = (-15.0, -20.0, -15.0)
    return VolumeGeometry.from_matrix((30, 30, 30), matrix)


def ramp(geometry: VolumeGeometry) -> np.ndarray:
    """HU that says where it lies: 10 x + 3 y + z mm, so any flip or swap shows."""
    k, j, i = np.mgrid[:30, :30, :30]
    x, y, z = np.moveaxis(geometry.lps_mm(np.stack((i, j, k), axis=-1)), -1, 0)
    return np.round(10 * x + 3 * y + z).astype(np.int16)


@pytest.mark.parametrize("kind", ["straight", "prone", "feet first", "sheared"])
@pytest.mark.parametrize("plane", list(Plane))
def test_that_every_pixel_shows_the_voxel_under_it_on_any_grid(kind, plane):
    geometry = grid(kind)
    frame = plane_frame(plane, geometry, Orientation.ANTERIOR_UP)
    pane = PaneMap(frame, PointLps(0.3, -0.6, 0.9), 0.25, 48.0, 40.0)
    image = sample_hu(ramp(geometry), geometry, pane)
    assert image.shape == (40, 48)
    for x, y in ((0, 0), (47, 0), (13, 39), (24, 20)):
        p = pane.lps(x + 0.5, y + 0.5)
        assert image[y, x] == pytest.approx(10 * p.x_mm + 3 * p.y_mm + p.z_mm, abs=1.01)


def test_that_beyond_the_scan_is_no_grey_of_the_image():
    geometry = grid("straight")
    frame = plane_frame(Plane.AXIAL, geometry, Orientation.ANTERIOR_UP)
    pane = PaneMap(frame, PointLps(0.0, 0.0, 0.0), 1.0, 80.0, 80.0)
    image = sample_hu(ramp(geometry), geometry, pane)
    assert (image[:, :20] == OUTSIDE).all()
    colours = grey_table(Window(400.0, 40.0), invert=False)[image.view(np.uint16)]
    assert (colours[0, 0] & 0xFF) != (colours[0, 0] >> 16 & 0xFF)


@pytest.mark.parametrize(("hu", "grey"), [(-160, 0), (40, 128), (240, 255), (3000, 255)])
def test_that_the_window_maps_hu_to_grey(hu, grey):
    table = grey_table(Window(400.0, 40.0), invert=False)
    colour = int(table[np.int16(hu).view(np.uint16)])
    assert colour & 0xFF == pytest.approx(grey, abs=1)
    inverted = int(grey_table(Window(400.0, 40.0), invert=True)[np.int16(hu).view(np.uint16)])
    assert inverted & 0xFF == pytest.approx(255 - grey, abs=1)


def test_that_an_outline_lies_half_way_between_two_voxels_of_different_code():
    geometry = grid("straight")
    codes = np.zeros((30, 30, 30), dtype=np.uint8)
    codes[:, :, 15:] = 7
    frame = plane_frame(Plane.AXIAL, geometry, Orientation.ANTERIOR_UP)
    pane = PaneMap(frame, PointLps(-0.5, 0.0, 0.0), 0.05, 100.0, 10.0)
    image = sample_codes(codes, geometry, pane).pixels
    first = int(np.argmax(image[5] == 7))
    assert pane.lps(first, 5).x_mm == pytest.approx(-0.5, abs=0.06)


def whole(codes: np.ndarray) -> Codes:
    """Codes of which nobody knows where they lie."""
    return Codes(codes, np.tile(np.array((0, codes.shape[1])), (len(codes), 1)))


def test_that_an_edge_is_drawn_inside_and_the_rest_is_filled():
    codes = np.zeros((9, 9), dtype=np.uint8)
    codes[2:7, 2:7] = 3
    edge, fill = np.zeros(256, np.uint32), np.zeros(256, np.uint32)
    edge[3], fill[3] = 0xFFFFFFFF, 0x20202020
    image = draw_codes(whole(codes), edge, fill, 1).pixels
    assert (image == 0xFFFFFFFF).sum() == 16
    assert (image == 0x20202020).sum() == 9
    assert image[1, 4] == 0


@pytest.mark.parametrize("kind", ["straight", "prone", "feet first", "sheared"])
@pytest.mark.parametrize("plane", list(Plane))
def test_that_a_slab_is_the_mean_and_the_greatest_about_the_plane(kind, plane):
    """On a linear ramp the mean is the middle plane and the greatest lies on a face."""
    geometry = grid(kind)
    frame = plane_frame(plane, geometry, Orientation.ANTERIOR_UP)
    pane = PaneMap(frame, PointLps(0.3, -0.6, 0.9), 0.25, 48.0, 40.0)
    hu = ramp(geometry)
    mean = sample_slab(hu, geometry, pane, Slab(SlabKind.MEAN, 6.0))
    most = sample_slab(hu, geometry, pane, Slab(SlabKind.MAXIMUM, 6.0))
    rise = 3.0 * np.abs(frame.normal @ np.array((10.0, 3.0, 1.0)))
    for x, y in ((0, 0), (47, 0), (13, 39), (24, 20)):
        p = pane.lps(x + 0.5, y + 0.5)
        here = 10 * p.x_mm + 3 * p.y_mm + p.z_mm
        assert mean[y, x] == pytest.approx(here, abs=1.01)
        assert most[y, x] == pytest.approx(here + rise, abs=1.51)


def test_that_a_thin_slab_is_the_slice_and_beyond_the_scan_adds_nothing():
    geometry = grid("straight")
    frame = plane_frame(Plane.AXIAL, geometry, Orientation.ANTERIOR_UP)
    hu = ramp(geometry)
    pane = PaneMap(frame, PointLps(0.0, 0.0, 13.5), 1.0, 80.0, 80.0)
    assert (sample_slab(hu, geometry, pane, Slab()) == sample_hu(hu, geometry, pane)).all()
    thick = sample_slab(hu, geometry, pane, Slab(SlabKind.MEAN, 10.0))
    assert (thick[:, :20] == OUTSIDE).all()
    p = pane.lps(40.5, 40.5)
    inside_mm = (8.5 + 14.5) / 2
    assert thick[40, 40] == pytest.approx(10 * p.x_mm + 3 * p.y_mm + inside_mm, abs=1.01)


def test_that_what_is_estimated_is_dashed_and_leaves_the_rest_of_the_picture():
    geometry = grid("straight")
    codes = np.zeros((30, 30, 30), dtype=np.uint8)
    codes[:, 8:22, 8:22] = SAC_CODE
    frame = plane_frame(Plane.AXIAL, geometry, Orientation.ANTERIOR_UP)
    pane = PaneMap(frame, PointLps.of(geometry.lps_mm(np.full(3, 14.5))), 0.2, 200.0, 200.0)
    drawn, nothing = np.full((200, 200), 7, np.uint32), np.zeros((200, 2), np.int64)
    dash_in(Clear(drawn, nothing), OutlineVolume(geometry=geometry, codes=codes), pane, 1)
    edge, fill = np.ones(256, np.uint32), np.zeros(256, np.uint32)
    edge[0] = 0
    line = draw_codes(sample_codes(codes, geometry, pane), edge, fill, 1).pixels > 0
    assert (drawn[~line] == 7).all()
    assert (drawn[line] != 7).mean() == pytest.approx(0.5, abs=0.1)


@settings(deadline=None, max_examples=60)
@given(
    kind=st.sampled_from(["straight", "prone", "feet first"]),
    plane=st.sampled_from(list(Plane)),
    centre=st.tuples(*[st.floats(-20.0, 20.0) | st.integers(-15, 15).map(float)] * 3),
    mm_per_pixel=st.floats(0.1, 3.0),
    seed=st.integers(0, 2**32 - 1),
)
def test_that_a_plane_along_the_grid_shows_what_the_oblique_loops_show(
    kind, plane, centre, mm_per_pixel, seed
):
    """Codes may differ where two of them weigh the same, HU by one where a sample is a half."""
    geometry = grid(kind)
    random = np.random.default_rng(seed)
    hu = random.integers(-1000, 2000, (30, 30, 30)).astype(np.int16)
    codes = random.integers(0, 3, (30, 30, 30)).astype(np.uint8)
    frame = plane_frame(plane, geometry, Orientation.ANTERIOR_UP)
    pane = PaneMap(frame, PointLps(*centre), mm_per_pixel, 37.0, 29.0)
    steps = pane_steps(geometry, pane)
    wanted, voted = np.empty((29, 37), np.int16), np.empty((29, 37), np.uint8)
    spans = np.empty((29, 2), np.int64)
    oblique.sample(hu, *steps, 0, wanted)
    oblique.vote(codes, *steps, 0, voted, spans)
    found, said = sample_hu(hu, geometry, pane), sample_codes(codes, geometry, pane).pixels
    assert ((found == OUTSIDE) == (wanted == OUTSIDE)).all()
    assert np.abs(found.astype(int) - wanted).max() <= 1
    assert (found != wanted).mean() < 0.02
    assert (said != voted).mean() < 0.02


@settings(deadline=None, max_examples=80)
@given(
    turn=st.tuples(*[st.floats(-3.2, 3.2) | st.sampled_from((0.0, 1e-10, 0.5 * np.pi))] * 3),
    middle=st.tuples(*[st.floats(-6.0, 26.0) | st.integers(-1, 20).map(float)] * 3),
    voxels_per_pixel=st.floats(0.1, 3.0) | st.just(1.0),
    seed=st.integers(0, 2**32 - 1),
)
def test_that_rows_cut_where_they_leave_the_grid_show_what_whole_rows_show(
    turn, middle, voxels_per_pixel, seed
):
    random = np.random.default_rng(seed)
    hu = random.integers(-1000, 2000, (14, 17, 20)).astype(np.int16)
    codes = random.integers(0, 3, hu.shape).astype(np.uint8)
    right, down, _ = Rotation.from_euler("xyz", turn).as_matrix() * voxels_per_pixel
    first = np.array(middle) - 18.0 * right - 14.0 * down
    wanted, voted = np.empty((2, 29, 37), np.int16), np.empty((2, 29, 37), np.uint8)
    spans = np.empty((29, 2), np.int64)
    for part in (slice(0, 11), slice(11, 29)):
        oblique.sample(hu, first, right, down, part.start, wanted[0, part])
        oblique.vote(codes, first, right, down, part.start, voted[0, part], spans[part])
    for y in range(29):
        oblique.sample_row(hu, first, right, y * down, 0, wanted[1, y])
        oblique.vote_row(codes, first, right, y * down, 0, voted[1, y])
    assert (wanted[0] == wanted[1]).all()
    assert (voted[0] == voted[1]).all()


def test_that_shading_is_a_look_up_of_every_value():
    samples = np.arange(-32768, 32768, dtype=np.int16).reshape(256, 256)
    table = grey_table(Window(400.0, 40.0), invert=False)
    found = np.empty((256, 256), np.uint32)
    shade(samples, table, found)
    assert (found == table[samples.view(np.uint16)]).all()


def vote_by_hand(codes: np.ndarray, geometry: VolumeGeometry, pane: PaneMap) -> np.ndarray:
    """At each pixel the weight of each code, and the code that has most."""
    first, right, down = pane_steps(geometry, pane)
    y, x = np.mgrid[: int(pane.height_px), : int(pane.width_px)]
    at = first + x[..., None] * right + y[..., None] * down
    sizes = np.array(geometry.size_ijk)
    outside = ((at < -0.5) | (at >= sizes - 0.5)).any(axis=-1)
    at = np.clip(at, 0.0, sizes - 1.0)
    low = at.astype(int)
    high, share = np.minimum(low + 1, sizes - 1), at - low
    weights = np.zeros((*y.shape, int(codes.max()) + 1))
    for corner in np.ndindex(2, 2, 2):
        place = np.where(corner, high, low)
        weight = np.where(corner, share, 1.0 - share).prod(axis=-1)
        code = codes[place[..., 2], place[..., 1], place[..., 0]]
        np.put_along_axis(
            weights,
            code[..., None].astype(int),
            np.take_along_axis(weights, code[..., None].astype(int), -1) + weight[..., None],
            -1,
        )
    weights[outside] = 0.0
    return weights


@settings(deadline=None, max_examples=60)
@given(
    kind=st.sampled_from(["straight", "prone", "feet first", "sheared"]),
    plane=st.sampled_from(list(Plane)),
    centre=st.tuples(*[st.floats(-20.0, 20.0) | st.integers(-15, 15).map(float)] * 3),
    mm_per_pixel=st.floats(0.1, 3.0),
    seed=st.integers(0, 2**32 - 1),
)
def test_that_the_code_of_most_weight_is_shown_and_nothing_beyond_where_rows_show_any(
    kind, plane, centre, mm_per_pixel, seed
):
    """Held against the weights themselves, in blocks of codes so that many pixels agree."""
    geometry = grid(kind)
    random = np.random.default_rng(seed)
    blocks = random.choice([0, 0, 1, 2, 5], (6, 6, 6)).astype(np.uint8)
    codes = np.ascontiguousarray(np.kron(blocks, np.ones((5, 5, 5), np.uint8)))
    frame = plane_frame(plane, geometry, Orientation.ANTERIOR_UP)
    pane = PaneMap(frame, PointLps(*centre), mm_per_pixel, 37.0, 29.0)
    found = sample_codes(codes, geometry, pane)
    weights = vote_by_hand(codes, geometry, pane)
    mine = np.take_along_axis(weights, found.pixels[..., None].astype(int), -1)[..., 0]
    assert (mine >= weights.max(axis=-1) - 1e-9).all()
    assert (found.pixels[weights.max(axis=-1) == 0.0] == 0).all()
    for row, (start, stop) in zip(found.pixels, found.spans, strict=True):
        assert 0 <= start <= stop <= 37
        assert not row[:start].any()
        assert not row[stop:].any()


@settings(deadline=None, max_examples=60)
@given(
    codes=st.lists(st.sampled_from((4, 5)), min_size=8, max_size=8),
    shares=st.tuples(*[st.floats(0.0, 1.0) | st.sampled_from((0.0, 0.25, 0.5))] * 3),
)
def test_that_of_two_codes_the_same_one_wins_as_of_many(codes, shares):
    """Ties too: an outline must not depend on which of the two loops drew it."""
    seen = np.array(codes, np.uint8)
    first, other = int(seen[0]), 9 - int(seen[0])
    few = oblique.winner_of_two(seen, *shares, first, other if len(set(codes)) > 1 else first)
    assert few == oblique.winner(seen.copy(), np.zeros(8), *shares)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    thickness=st.integers(1, 3),
    size=st.tuples(st.integers(1, 12), st.integers(1, 20)),
)
def test_that_a_rim_is_where_another_code_is_near_in_a_row_or_a_column(seed, thickness, size):
    random = np.random.default_rng(seed)
    codes = random.choice([0, 0, 0, 1, 2], size).astype(np.uint8)
    edge, fill = (random.integers(1, 2**32, 256).astype(np.uint32) for _ in range(2))
    wanted = np.zeros(size, np.uint32)
    for y, x in np.argwhere(codes):
        near = [codes[max(0, y - thickness) : y + thickness + 1, x]]
        near.append(codes[y, max(0, x - thickness) : x + thickness + 1])
        is_rim = (np.concatenate(near) != codes[y, x]).any()
        wanted[y, x] = (edge if is_rim else fill)[codes[y, x]]
    image = draw_codes(whole(codes), edge, fill, thickness)
    assert (image.pixels == wanted).all()
    tight = Codes(codes, image.spans)
    for y, row in enumerate(codes):
        drawn = np.flatnonzero(row)
        tight.spans[y] = (drawn[0], drawn[-1] + 1) if len(drawn) else (0, 0)
    assert (draw_codes(tight, edge, fill, thickness).pixels == wanted).all()


def test_that_a_picture_shows_also_where_it_was_dashed():
    """Where rows show anything must hold all of it, or dashes beside an outline stay unlaid."""
    codes, none = np.zeros((6, 40), np.uint8), np.zeros((6, 40), np.uint8)
    none[1:5, 15:18], codes[1:5, 4:36] = 1, 2
    inks, drawn_as = np.full(256, 9, np.uint32), np.zeros(256, np.uint8)
    drawn_as[2] = 2
    picture = draw_codes(whole(none), inks, inks, 1)
    picture.spans[:] = 0
    picture.spans[1:5] = 15, 18
    dash_codes(picture, whole(codes), drawn_as, np.uint32(0xFF0000FF), 4, 1)
    below = np.full((6, 40), 0xFF000000, np.uint32)
    picture.lay_over(below)
    assert ((below == 0xFF0000FF) == (picture.pixels == 0xFF0000FF)).all()
    assert (below[1:5, :15] == 0xFF0000FF).any()
    assert (below[1:5, 18:] == 0xFF0000FF).any()
