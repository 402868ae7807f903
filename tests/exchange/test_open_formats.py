"""What other programs read without DICOM: markups, meshes, volumes."""

import json
import struct

import numpy as np
import pytest
import SimpleITK
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOGeometry import vtkOBJReader

from planner.domain.levels import Level
from planner.exchange.surfaces import mask_surface, spheroid_surface, volume_mm3
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps, unit
from planner.geometry.volume_geometry import VolumeGeometry
from report.cases import turned_geometry

NEEDLES = ("needle-1-L3-left.mrk.json", "needle-2-L3-right.mrk.json")


def read_stl(path) -> tuple[bytes, np.ndarray, np.ndarray]:
    """Read a binary STL with nothing but the format's definition."""
    content = path.read_bytes()
    count = struct.unpack_from("<I", content, 80)[0]
    assert len(content) == 84 + 50 * count
    rows = np.frombuffer(content, np.uint8, offset=84).reshape(count, 50)
    values = np.frombuffer(rows[:, :48].tobytes(), "<f4").reshape(count, 4, 3).astype(float)
    return content[:80], values[:, 0], values[:, 1:]


def inside_points(geometry: VolumeGeometry, mask: np.ndarray) -> np.ndarray:
    return geometry.lps_mm(np.argwhere(mask)[:, ::-1].astype(float))


def test_that_a_needle_reads_back_as_a_line_from_entry_to_tip(outbound) -> None:
    for name, needle in zip(NEEDLES, outbound.case.plan.trajectories, strict=True):
        document = json.loads(outbound.files[name].read_text(encoding="utf-8"))
        assert document["@schema"].endswith("markups-schema-v1.0.3.json#")
        (line,) = document["markups"]
        assert (line["type"], line["coordinateSystem"]) == ("Line", "LPS")
        assert line["coordinateUnits"] == "mm"
        entry, tip = line["controlPoints"]
        assert (entry["label"], tip["label"]) == ("Entry", "Tip")
        assert entry["position"] == list(needle.entry.array)
        assert tip["position"] == list(needle.tip.array)


def test_that_a_mesh_says_lps_and_its_facets_point_outwards(outbound) -> None:
    header, normals, corners = read_stl(outbound.files["canal.stl"])
    assert b"SPACE=LPS" in header
    assert not header.lower().startswith(b"solid")
    edges = corners[:, 1:] - corners[:, :1]
    wound = np.cross(edges[:, 0], edges[:, 1])
    assert (np.einsum("ij,ij->i", wound, normals) > 0).mean() > 0.999
    flux = np.einsum("ij,ij->i", corners.mean(axis=1) - corners.mean(axis=(0, 1)), wound).sum()
    assert flux > 0


def test_that_a_mesh_lies_on_its_mask(outbound) -> None:
    anatomy = outbound.case.anatomy
    _, _, corners = read_stl(outbound.files["vertebra-L3.stl"])
    body = anatomy.labels == Level.L3.verse_label
    points = inside_points(anatomy.geometry, body)
    spacing = max(anatomy.geometry.spacing_mm)
    flat = corners.reshape(-1, 3)
    assert np.abs(flat.min(axis=0) - points.min(axis=0)).max() < spacing
    assert np.abs(flat.max(axis=0) - points.max(axis=0)).max() < spacing


@pytest.mark.parametrize("half", [(14.0, 11.0), (5.0, 5.0), (6.0, 12.0)])
def test_that_the_mesh_of_a_zone_is_the_zone(half) -> None:
    axis = tuple(float(v) for v in unit(np.array((0.3, -0.9, 0.2))))
    shape = Spheroid(PointLps(10, -20, 30), axis, *half)
    points, triangles = spheroid_surface(shape)
    assert np.abs(shape.signed_distance_mm(points)).max() < 1e-6
    assert volume_mm3(points, triangles) == pytest.approx(shape.volume_mm3, rel=0.005)


def test_that_the_mesh_of_a_ball_has_its_volume_on_a_left_handed_grid() -> None:
    matrix = turned_geometry().lps_from_ijk
    matrix[:3, 2] *= -1.0
    geometry = VolumeGeometry.from_matrix((60, 60, 60), matrix)
    k, j, i = np.indices(geometry.shape_kji)
    lps = geometry.lps_mm(np.stack([i, j, k], axis=-1).astype(float))
    centre = geometry.lps_mm(np.array((30.0, 30.0, 30.0)))
    ball = np.linalg.norm(lps - centre, axis=-1) < 15.0
    points, triangles = mask_surface(ball, geometry)
    voxels = ball.sum() * geometry.voxel_volume_mm3
    assert volume_mm3(points, triangles) == pytest.approx(voxels, rel=0.03)


def test_that_a_mask_reads_back_in_place_by_itk(outbound) -> None:
    anatomy = outbound.case.anatomy
    image = SimpleITK.ReadImage(str(outbound.files["canal.nii.gz"]))
    array = SimpleITK.GetArrayFromImage(image).astype(bool)
    assert (array == anatomy.canal).all()
    corner = image.TransformIndexToPhysicalPoint([0, 0, 0])
    far = image.TransformContinuousIndexToPhysicalPoint([10.0, 20.0, 30.0])
    expected = anatomy.geometry.lps_mm(np.array([[0.0, 0.0, 0.0], [10.0, 20.0, 30.0]]))
    assert np.abs(np.array([corner, far]) - expected).max() < 0.01


def test_that_vertebrae_keep_their_verse_numbers(outbound) -> None:
    array = SimpleITK.GetArrayFromImage(
        SimpleITK.ReadImage(str(outbound.files["vertebrae.nii.gz"]))
    )
    assert set(np.unique(array)) == {0, Level.L3.verse_label}


def test_that_the_slicer_segmentation_reads_back_by_itk(outbound) -> None:
    image = SimpleITK.ReadImage(str(outbound.files["plan.seg.nrrd"]))
    anatomy = outbound.case.anatomy
    keys = {key: image.GetMetaData(key) for key in image.GetMetaDataKeys()}
    names = {keys[f"Segment{n}_ID"]: n for n in range(6)}
    assert set(names) == {
        "vertebra-L3",
        "canal",
        "foramen-L3-left",
        "foramen-L3-right",
        "zone-1-needle-1-L3-left",
        "cement-1-needle-2-L3-right",
    }
    number = names["canal"]
    layer, label = int(keys[f"Segment{number}_Layer"]), int(keys[f"Segment{number}_LabelValue"])
    layers = SimpleITK.GetArrayFromImage(image)
    assert ((layers[..., layer] == label) == anatomy.canal).all()
    far = image.TransformContinuousIndexToPhysicalPoint([10.0, 20.0, 30.0])
    assert far == pytest.approx(anatomy.geometry.lps_mm(np.array((10.0, 20.0, 30.0))), abs=1e-3)


def test_that_no_file_name_names_the_patient(outbound) -> None:
    who = outbound.case.plan.scan.patient
    for name in outbound.files:
        assert who.patient_id.lower() not in name.lower()
        assert "doe" not in name.lower()


@pytest.mark.parametrize("name", ["canal", "vertebra-L3"])
def test_that_an_obj_holds_the_triangles_of_the_stl(outbound, name) -> None:
    path = outbound.files[f"{name}.obj"]
    assert b"SPACE=LPS" in path.read_bytes().splitlines()[0]
    reader = vtkOBJReader()
    reader.SetFileName(str(path))
    reader.Update()
    mesh = reader.GetOutput()
    points = vtk_to_numpy(mesh.GetPoints().GetData())
    triangles = vtk_to_numpy(mesh.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    _, _, corners = read_stl(path.with_suffix(".stl"))
    assert len(triangles) == len(corners)
    assert np.abs(points[triangles] - corners).max() < 1e-3
