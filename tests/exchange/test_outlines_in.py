"""Outlines from DICOM objects, on grids that are not the scan's."""

import numpy as np
import pydicom
import pytest
import SimpleITK

from planner.domain.errors import InputRefusedError
from planner.domain.levels import Level
from planner.imaging import read_labels
from planner.imaging.level_names import level_named


def on_scan(labels, ct) -> np.ndarray:
    """Labels at the voxel centres of the scan."""
    k, j, i = np.indices(ct.hu.shape)
    lps = ct.geometry.lps_mm(np.stack([i, j, k], axis=-1).astype(float))
    index = np.rint(labels.geometry.ijk(lps)).astype(int)
    inside = ((index >= 0) & (index < labels.geometry.size_ijk)).all(axis=-1)
    index[~inside] = 0
    found = labels.labels[index[..., 2], index[..., 1], index[..., 0]]
    return np.where(inside, found, 0)


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2.0 * float((one & other).sum()) / float(one.sum() + other.sum())


def test_that_a_segmentation_comes_back_voxel_for_voxel(outbound) -> None:
    case = outbound.case
    labels = read_labels(
        outbound.files["segmentation-1.dcm"], case.ct.record.frame_of_reference_uid
    )
    found, truth = on_scan(labels, case.ct), case.anatomy.labels
    assert set(np.unique(found)) == set(np.unique(truth))
    for number in np.unique(truth[truth > 0]):
        assert ((found == number) == (truth == number)).all()


def test_that_contours_come_back_to_within_their_drawing(outbound) -> None:
    case = outbound.case
    labels = read_labels(outbound.files["structures.dcm"])
    found, truth = on_scan(labels, case.ct), case.anatomy.labels
    assert set(np.unique(found)) == set(np.unique(truth))
    for number in np.unique(truth[truth > 0]):
        assert dice(found == number, truth == number) > 0.97


def test_that_outlines_of_another_frame_are_refused(outbound) -> None:
    for name in ("segmentation-1.dcm", "structures.dcm"):
        with pytest.raises(InputRefusedError, match="another scan") as refusal:
            read_labels(outbound.files[name], "1.2.3.4")
        assert refusal.value.code == "SEG-OTHER-FRAME"


def test_that_a_structure_set_with_a_skipped_plane_is_refused(outbound, tmp_path) -> None:
    data = pydicom.dcmread(outbound.files["structures.dcm"])
    numbers = {int(i.ROINumber): str(i.ROIName) for i in data.StructureSetROISequence}
    for item in data.ROIContourSequence:
        if numbers[int(item.ReferencedROINumber)] == "L3 vertebra":
            heights = sorted({round(float(c.ContourData[2]), 2) for c in item.ContourSequence})
            lost = heights[len(heights) // 2]
            item.ContourSequence = [
                c for c in item.ContourSequence if abs(float(c.ContourData[2]) - lost) > 0.05
            ]
    data.save_as(tmp_path / "holed.dcm")
    if outbound.grid != "straight":
        return
    with pytest.raises(InputRefusedError, match="skip planes"):
        read_labels(tmp_path / "holed.dcm")


def slicer_file(folder, names: dict[int, str], layer: str = "0"):
    """A segmentation as 3D Slicer writes it: values of its own, named in the header."""
    voxels = np.zeros((4, 6, 8), np.uint8)
    for place, value in enumerate(names):
        voxels[:, place, :] = value
    image = SimpleITK.GetImageFromArray(voxels)
    for place, (value, name) in enumerate(names.items()):
        image.SetMetaData(f"Segment{place}_Name", name)
        image.SetMetaData(f"Segment{place}_LabelValue", str(value))
        image.SetMetaData(f"Segment{place}_Layer", layer)
    path = folder / "outlines.seg.nrrd"
    SimpleITK.WriteImage(image, str(path))
    return path


def test_that_segments_of_slicer_go_by_their_names_and_not_their_values(tmp_path) -> None:
    labels = read_labels(slicer_file(tmp_path, {1: "L3 vertebra", 2: "vertebrae_L4", 3: "Aorta"}))
    assert [int(labels.labels[0, place, 0]) for place in range(4)] == [22, 23, 0, 0]


def test_that_segments_without_a_vertebra_and_overlapping_ones_are_refused(tmp_path) -> None:
    with pytest.raises(InputRefusedError, match="none is named as a whole vertebra"):
        read_labels(slicer_file(tmp_path, {22: "Segment_1"}))
    with pytest.raises(InputRefusedError, match="overlap"):
        read_labels(slicer_file(tmp_path, {1: "L3"}, layer="1"))


def test_that_what_is_no_outline_is_refused(outbound, tmp_path) -> None:
    with pytest.raises(InputRefusedError, match="neither"):
        read_labels(outbound.files["report.dcm"])
    broken = outbound.files["segmentation-1.dcm"].read_bytes()[:2000]
    (tmp_path / "cut.dcm").write_bytes(broken)
    with pytest.raises(InputRefusedError):
        read_labels(tmp_path / "cut.dcm")


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("L3", Level.L3),
        ("L3 vertebra", Level.L3),
        ("vertebrae_T12", Level.T12),
        ("Vertebra_L5", Level.L5),
        ("3rd lumbar vertebra", Level.L3),
        ("sacrum", Level.S1),
        ("T13", Level.T13),
        ("L3 body", None),
        ("disc L3-L4", None),
        ("foramen below L3, left", None),
        ("predicted zone, needle 1-L3-left", None),
        ("rib_left_7", None),
        ("CTV1", None),
        ("L9", None),
        ("Liver", None),
    ],
)
def test_that_a_name_tells_the_level_of_a_whole_vertebra_only(name, level) -> None:
    assert level_named(name) is level
