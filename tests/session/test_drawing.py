from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phantoms import healthy_l3, thoracic_t7
from planner.anatomy.roots import with_roots
from planner.anatomy.sac_and_cord import with_sac_and_cord
from planner.domain.levels import Level, Side
from planner.domain.plan import TrajectoryId
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps, unit
from planner.geometry.volume_geometry import VolumeGeometry
from planner.session.drawing import Handle, NeedleMark, grown, handle_at, section, wall_points
from planner.session.outlines import (
    CANAL_CODE,
    CORD_CODE,
    FORAMEN_CODES,
    ROOT_CODE,
    SAC_CODE,
    layer_of,
    outline_volume,
)
from planner.session.planes import Orientation, PaneMap, Plane, PlaneFrame, plane_frame
from planner.session.surfaces import anatomy_surfaces, bone_surface, mask_surface
from planner.session.view_state import Layer
from planner.viewer.canvas.reslice import sample_codes

AXIAL = PlaneFrame((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


def pane(z_mm: float = 0.0) -> PaneMap:
    return PaneMap(AXIAL, PointLps(0.0, 0.0, z_mm), 0.5, 400.0, 300.0)


@given(
    st.tuples(*[st.floats(-1.0, 1.0)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1),
    st.floats(3.0, 30.0),
    st.floats(3.0, 30.0),
    st.floats(-2.9, 2.9),
)
def test_that_every_point_of_a_cut_lies_on_the_ellipsoid_and_on_the_plane(axis, a, b, height):
    direction = unit(np.array(axis))
    shape = Spheroid(PointLps(4.0, -6.0, 0.0), tuple(map(float, direction)), a, b)
    cut = section(shape, pane(height))
    assert cut is not None
    assert np.abs(shape.signed_distance_mm(cut)).max() < 1e-6
    assert np.abs(cut[:, 2] - height).max() < 1e-9


def test_that_a_plane_beside_the_ellipsoid_cuts_nothing():
    assert section(Spheroid(PointLps(0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 5.0, 9.0), pane(5.1)) is None


def test_that_a_band_wider_than_the_zone_leaves_no_inner_surface():
    shape = Spheroid(PointLps(0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 5.0, 3.0)
    assert grown(shape, -3.0) is None
    assert grown(shape, 2.0).half_width_mm == 5.0


def needle(
    name: str, tip: PointLps, *, selected: bool = False, locked: bool = False
) -> NeedleMark:
    return NeedleMark(
        id=TrajectoryId(name),
        label=name,
        entry=PointLps(60.0, 60.0, 0.0),
        tip=tip,
        selected=selected,
        locked=locked,
    )


def test_that_the_selected_needle_is_taken_before_a_nearer_one():
    near = needle("near", PointLps(0.0, 0.0, 0.0))
    chosen = needle("chosen", PointLps(2.0, 0.0, 0.0), selected=True)
    x, y = pane().pixel(near.tip)
    assert handle_at((near, chosen), pane(), x, y) == Handle(TrajectoryId("chosen"), False)


def test_that_a_locked_needle_and_an_empty_place_give_no_handle():
    locked = needle("locked", PointLps(0.0, 0.0, 0.0), locked=True)
    x, y = pane().pixel(locked.tip)
    assert handle_at((locked,), pane(), x, y) is None
    assert handle_at((needle("far", PointLps(0.0, 0.0, 0.0)),), pane(), x + 40.0, y) is None


def on_the_whole_grid(outlines, geometry):
    """Codes where they lie in the grid of the outlines they were merged from."""
    start = np.rint(geometry.ijk(outlines.geometry.lps_mm(np.zeros(3)))).astype(int)[::-1]
    whole = np.zeros(geometry.shape_kji, np.uint8)
    box = zip(start, outlines.codes.shape, strict=True)
    whole[tuple(slice(first, first + count) for first, count in box)] = outlines.codes
    return whole


def test_that_outlines_in_their_box_look_as_in_the_whole_grid():
    truth = healthy_l3().truth
    outlines = outline_volume(truth)
    whole = on_the_whole_grid(outlines, truth.geometry)
    assert outlines.codes.size < 0.7 * whole.size
    middle = truth.vertebrae[Level.L3].body_centre
    frames = [plane_frame(plane, truth.geometry, Orientation.ANTERIOR_UP) for plane in Plane]
    for frame in (*frames, PlaneFrame((0.8, 0.6, 0.0), (0.0, 0.0, -1.0))):
        for place in (
            middle,
            middle.moved(37.3 * frame.normal),
            middle.moved(400.0 * frame.normal),
        ):
            view = PaneMap(frame, place, 0.7313, 300.0, 260.0)
            there = sample_codes(whole, truth.geometry, view).pixels
            here = sample_codes(outlines.codes, outlines.geometry, view).pixels
            assert (here == there).all()


def test_that_the_canal_is_never_hidden_by_bone():
    truth = healthy_l3().truth
    codes = on_the_whole_grid(outline_volume(truth), truth.geometry)
    assert (codes[truth.canal] == CANAL_CODE).all()
    assert set(np.unique(codes)) >= {Level.L3.verse_label, *FORAMEN_CODES}


def test_that_left_and_right_foramina_keep_their_own_codes():
    truth = healthy_l3().truth
    codes = on_the_whole_grid(outline_volume(truth), truth.geometry)
    left, right = (truth.geometry.lps_mm(np.argwhere(codes == c)[:, ::-1]) for c in FORAMEN_CODES)
    body = truth.vertebrae[Level.L3].body_centre
    assert left[:, 0].mean() > body.x_mm > right[:, 0].mean()


def test_that_each_code_follows_one_layer():
    assert layer_of(Level.L3.verse_label) is Layer.VERTEBRAE
    assert layer_of(CANAL_CODE) is Layer.CANAL
    assert layer_of(0) is None


def test_that_wall_points_of_all_levels_are_drawn():
    truth = healthy_l3().truth
    walls = [item.posterior_wall for item in truth.vertebrae.values()]
    assert len(wall_points(truth)) == sum(len(wall.points_mm) for wall in walls if wall)


@pytest.mark.parametrize("mirrored", [False, True])
def test_that_a_mesh_of_a_ball_has_its_radius_and_faces_outward(mirrored):
    matrix = np.diag([-1.0 if mirrored else 1.0, 1.0, 1.0, 1.0])
    geometry = VolumeGeometry.from_matrix((40, 40, 40), matrix)
    k, j, i = np.mgrid[:40, :40, :40]
    ball = (k - 20) ** 2 + (j - 20) ** 2 + (i - 20) ** 2 < 100
    mesh = mask_surface("ball", ball, geometry)
    arm = mesh.points_mm - geometry.lps_mm(np.array([20.0, 20.0, 20.0]))
    assert np.linalg.norm(arm, axis=1).mean() == pytest.approx(10.0, abs=0.35)
    assert (np.einsum("ij,ij->i", arm, mesh.normals) > 0).all()
    corners = mesh.points_mm[mesh.triangles].astype(np.float64)
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    turned = np.einsum("ij,ij->i", face, corners.mean(axis=1) - geometry.lps_mm(np.full(3, 20.0)))
    assert (turned > 0).mean() > 0.999


def test_that_a_mesh_lies_where_the_vertebra_lies():
    phantom = healthy_l3()
    meshes = {item.name: item for item in anatomy_surfaces(phantom.truth, lambda *_: None)}
    assert {"L2", "L3", "L4", "canal"} <= set(meshes)
    points = meshes["L3"].points_mm
    mask = phantom.truth.labels == Level.L3.verse_label
    truth = phantom.truth.geometry.lps_mm(np.argwhere(mask)[:, ::-1].astype(np.float64))
    assert points.min(axis=0) == pytest.approx(truth.min(axis=0), abs=1.2)
    assert points.max(axis=0) == pytest.approx(truth.max(axis=0), abs=1.2)


def test_that_bone_of_a_scan_makes_one_mesh_inside_the_scan():
    phantom = healthy_l3()
    (mesh,) = bone_surface(phantom.ct, lambda *_: None)
    assert phantom.ct.geometry.contains(mesh.points_mm.astype(np.float64)).mean() > 0.99
    assert Side.LEFT in phantom.truth.vertebrae[Level.L3].pedicles


def test_that_the_likely_sac_and_cord_are_drawn_apart_from_what_was_seen():
    truth = thoracic_t7().truth
    assert outline_volume(truth).estimated is None
    estimated = outline_volume(with_sac_and_cord(replace(truth, masks={}))).estimated
    assert set(np.unique(estimated.codes)) == {0, SAC_CODE, CORD_CODE}
    cord = np.argwhere(estimated.codes == CORD_CODE)[:, ::-1].astype(float)
    i, j, k = np.rint(truth.geometry.ijk(estimated.geometry.lps_mm(cord))).astype(int).T
    assert truth.canal[k, j, i].all()


def test_that_likely_roots_are_drawn_beside_the_sac_where_they_lie_and_take_nothing_of_it():
    bare = replace(thoracic_t7().truth, masks={})
    alone = outline_volume(with_sac_and_cord(bare)).estimated
    drawn = outline_volume(with_roots(with_sac_and_cord(bare))).estimated
    for code in (SAC_CODE, CORD_CODE):
        assert (drawn.codes == code).sum() == (alone.codes == code).sum()
    anatomy = with_roots(bare)
    names = [name for name in anatomy.estimates if name.startswith("estimated_root")]
    roots = np.argwhere(drawn.codes == ROOT_CODE)[:, ::-1].astype(float)
    points = drawn.geometry.lps_mm(roots)
    held = np.zeros(len(points), bool)
    for name in names:
        region = anatomy.estimates[name]
        index = np.rint(region.geometry.ijk(points)).astype(int)
        inside = ((index >= 0) & (index < region.geometry.size_ijk)).all(axis=1)
        i, j, k = index[inside].T
        held[inside] |= region.likely[k, j, i]
    assert len(points) > 100
    assert held.all()
    only = outline_volume(anatomy).estimated
    assert set(np.unique(only.codes)) == {0, ROOT_CODE}
