"""DICOM objects, read back by programs that did not write them."""

import shutil
import subprocess
from io import BytesIO

import highdicom
import numpy as np
import pydicom
import pytest
import SimpleITK
from PIL import Image
from pydicom.sr.codedict import codes
from skimage.measure import grid_points_in_poly

from exchange.hospital import PDF, small_png
from planner.domain.levels import Level

DICOM = (
    "segmentation-1.dcm",
    "segmentation-2.dcm",
    "segmentation-3.dcm",
    "segmentation-4.dcm",
    "structures.dcm",
    "report.dcm",
    "picture-plan-axial.dcm",
    "measurements.dcm",
    "plan.dcm",
)
LANDMARK_MM = 0.1


@pytest.mark.parametrize("name", DICOM)
def test_that_dciodvfy_finds_no_error(outbound, name: str) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy (Debian dicom3tools) is not installed")
    result = subprocess.run(
        ["dciodvfy", "-new", outbound.files[name]], capture_output=True, text=True, check=False
    )
    said = (result.stdout + result.stderr).splitlines()
    assert [line for line in said if line.startswith("Error")] == []


@pytest.mark.parametrize("name", DICOM)
def test_that_patient_study_and_frame_are_the_scans_and_the_rest_is_new(outbound, name) -> None:
    record = outbound.case.ct.record
    data = pydicom.dcmread(outbound.files[name])
    assert str(data.PatientID) == record.patient.patient_id
    assert str(data.PatientName) == record.patient.name
    assert str(data.StudyInstanceUID) == record.study_uid
    assert str(data.SeriesInstanceUID) != record.series_uid
    assert str(data.SOPInstanceUID) not in record.sop_uids
    assert "DRAFT" in data.SeriesDescription
    if name.startswith(("segmentation", "structures")):
        assert str(data.FrameOfReferenceUID) == record.frame_of_reference_uid


def test_that_all_uids_are_fresh(outbound) -> None:
    objects = [pydicom.dcmread(outbound.files[name]) for name in DICOM]
    assert len({item.SOPInstanceUID for item in objects}) == len(DICOM)
    series = {item.Modality: item.SeriesInstanceUID for item in objects}
    assert set(series) == {"SEG", "RTSTRUCT", "DOC", "OT", "SR", "PLAN"}
    assert len(set(series.values())) == len(series)


def segments(outbound) -> dict[str, tuple[highdicom.seg.Segmentation, int]]:
    found = {}
    for name in DICOM[:4]:
        seg = highdicom.seg.segread(outbound.files[name])
        for number in seg.segment_numbers:
            found[seg.get_segment_description(number).segment_label] = (seg, number)
    return found


def placed(seg, number: int, like: np.ndarray, record) -> np.ndarray:
    uids = list(record.sop_uids)
    mask = seg.get_pixels_by_source_instance(
        uids, segment_numbers=[number], ignore_spatial_locations=True,
        assert_missing_frames_are_empty=True,
    )  # fmt: skip
    return mask[..., 0].astype(bool).reshape(like.shape)


def test_that_every_voxel_of_the_segmentation_comes_back(outbound) -> None:
    case = outbound.case
    found = segments(outbound)
    truth = {
        "L3 vertebra": case.anatomy.labels == Level.L3.verse_label,
        "spinal canal": case.anatomy.canal,
        "foramen below L3, left": case.anatomy.foramina == 22,
        "foramen below L3, right": case.anatomy.foramina == 122,
        "predicted cement, needle 2-L3-right": next(iter(case.cements.values())).filled(),
    }
    for label, mask in truth.items():
        seg, number = found[label]
        assert (placed(seg, number, mask, case.ct.record) == mask).all(), label


def test_that_the_zone_lies_where_it_was_planned(outbound) -> None:
    case = outbound.case
    zone = next(iter(case.zones.values()))
    seg, number = segments(outbound)["predicted zone, needle 1-L3-left"]
    mask = placed(seg, number, case.ct.hu, case.ct.record)
    centre = case.ct.geometry.lps_mm(np.argwhere(mask)[:, ::-1].astype(float)).mean(axis=0)
    assert np.linalg.norm(centre - zone.shape.centre.array) < LANDMARK_MM
    volume = mask.sum() * case.ct.geometry.voxel_volume_mm3
    assert volume == pytest.approx(zone.shape.volume_mm3, rel=0.02)


def test_that_prediction_and_anatomy_are_never_in_one_object(outbound) -> None:
    for name in DICOM[:4]:
        seg = pydicom.dcmread(outbound.files[name])
        predicted = {item.SegmentLabel.startswith("predicted") for item in seg.SegmentSequence}
        assert len(predicted) == 1
        assert seg.ContentLabel == ("PREDICTION" if predicted.pop() else "ANATOMY")


def test_that_levels_and_sides_are_coded(outbound) -> None:
    found = segments(outbound)
    seg, number = found["L3 vertebra"]
    assert seg.get_segment_description(number).segmented_property_type == codes.SCT.L3Vertebra
    seg, number = found["foramen below L3, left"]
    kind = seg.SegmentSequence[number - 1].SegmentedPropertyTypeCodeSequence[0]
    modifier = kind.SegmentedPropertyTypeModifierCodeSequence[0]
    assert modifier.CodeValue == codes.SCT.Left.value


def test_that_contours_lie_on_the_scans_slices_and_refer_to_them(outbound) -> None:
    case = outbound.case
    data = pydicom.dcmread(outbound.files["structures.dcm"])
    rois = {item.ROINumber: item.ROIName for item in data.StructureSetROISequence}
    assert "spinal canal" in rois.values()
    for item in data.ROIContourSequence:
        assert len(item.ContourSequence) > 0
        for contour in item.ContourSequence:
            points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
            assert len(points) == contour.NumberOfContourPoints >= 3
            ijk = case.ct.geometry.ijk(points)
            k = np.rint(ijk[0, 2])
            assert np.abs(ijk[:, 2] - k).max() < 0.01
            uid = contour.ContourImageSequence[0].ReferencedSOPInstanceUID
            assert uid == case.ct.record.sop_uids[int(k)]


def test_that_contours_fill_to_the_same_voxels_by_the_slices_own_headers(outbound) -> None:
    case = outbound.case
    data = pydicom.dcmread(outbound.files["structures.dcm"])
    number = next(i.ROINumber for i in data.StructureSetROISequence if i.ROIName == "L3 vertebra")
    roi = next(i for i in data.ROIContourSequence if i.ReferencedROINumber == number)
    headers = {}
    for path in (outbound.folder / "ct").iterdir():
        header = pydicom.dcmread(path, stop_before_pixels=True)
        headers[header.SOPInstanceUID] = header
    filled = np.zeros(case.ct.hu.shape, int)
    for contour in roi.ContourSequence:
        uid = contour.ContourImageSequence[0].ReferencedSOPInstanceUID
        header = headers[uid]
        points = np.array(contour.ContourData, float).reshape(-1, 3)
        offset = points - np.array(header.ImagePositionPatient, float)
        row, column = np.array(header.ImageOrientationPatient, float).reshape(2, 3)
        ji = np.stack([offset @ column, offset @ row], axis=1) / np.array(header.PixelSpacing)
        k = case.ct.record.sop_uids.index(uid)
        filled[k] += grid_points_in_poly(filled[k].shape, ji)
    assert ((filled % 2 == 1) == (case.anatomy.labels == Level.L3.verse_label)).all()


def test_that_plastimatch_fills_the_contours_to_the_same_voxels(outbound, tmp_path) -> None:
    if shutil.which("plastimatch") is None:
        pytest.skip("plastimatch is not installed")
    if outbound.grid != "straight":
        pytest.skip("plastimatch reads contours on straight axial slices only")
    case = outbound.case
    fixed = tmp_path / "fixed.nrrd"
    for options in (
        ("--input", outbound.folder / "ct", "--output-img", fixed),
        (
            *("--input", outbound.files["structures.dcm"], "--fixed", fixed),
            *("--output-prefix", tmp_path / "roi", "--prefix-format", "nrrd"),
        ),
    ):
        subprocess.run(["plastimatch", "convert", *options], check=True, capture_output=True)
    zone = next(iter(case.zones.values())).shape
    k, j, i = np.indices(case.ct.hu.shape)
    lps = case.ct.geometry.lps_mm(np.stack([i, j, k], axis=-1).astype(float))
    truth = {
        "spinal canal": case.anatomy.canal,
        "L3 vertebra": case.anatomy.labels == Level.L3.verse_label,
        "foramen below L3, left": case.anatomy.foramina == 22,
        "predicted zone, needle 1-L3-left": zone.contains(lps.reshape(-1, 3)).reshape(k.shape),
    }
    for name, mask in truth.items():
        image = SimpleITK.ReadImage(str(tmp_path / "roi" / f"{name}.nrrd"))
        at = image.TransformIndexToPhysicalPoint([20, 30, 40])
        expected = case.ct.geometry.lps_mm(np.array((20.0, 30.0, 40.0)))
        assert np.abs(np.array(at) - expected).max() < LANDMARK_MM
        filled = SimpleITK.GetArrayFromImage(image) > 0
        assert (filled == mask).all(), name


def test_that_the_pdf_inside_is_the_pdf_byte_for_byte(outbound) -> None:
    data = pydicom.dcmread(outbound.files["report.dcm"])
    assert data.EncapsulatedDocument[: data.EncapsulatedDocumentLength] == PDF
    assert data.MIMETypeOfEncapsulatedDocument == "application/pdf"
    assert len(data.EncapsulatedDocument) % 2 == 0


def test_that_a_picture_comes_back_pixel_for_pixel_and_has_no_geometry(outbound) -> None:
    data = pydicom.dcmread(outbound.files["picture-plan-axial.dcm"])
    expected = np.asarray(Image.open(BytesIO(small_png())))
    assert (data.pixel_array == expected).all()
    assert "ImagePositionPatient" not in data
    assert "PixelSpacing" not in data


def test_that_the_measurement_report_holds_the_plans_numbers(outbound) -> None:
    plan = outbound.case.plan
    document = highdicom.sr.srread(outbound.files["measurements.dcm"])
    groups = {
        group.tracking_identifier: group
        for group in document.content.get_image_measurement_groups()
    }
    needle = plan.trajectories[0]
    group = groups["needle 1-L3-left"]
    values = {m.name.meaning: (m.value, m.unit.value) for m in group.get_measurements()}
    assert values["Length"] == (pytest.approx(needle.length_mm, abs=1e-6), "mm")
    towards = values["angle towards the midline in the axial plane"]
    assert towards == (pytest.approx(needle.towards_midline_deg, abs=1e-6), "deg")
    site = group.finding_sites[0]
    assert site.value == codes.SCT.L3Vertebra
    assert site.laterality == codes.SCT.Left
    line = find_lines(outbound.files["measurements.dcm"])
    ends = np.array([needle.entry.array, needle.tip.array])
    assert np.abs(line[0] - ends).max() < LANDMARK_MM
    zone = next(iter(outbound.case.zones.values())).shape
    numbers = {
        m.name.meaning: m.value for m in groups["zone of needle 1-L3-left"].get_measurements()
    }
    assert numbers["Long axis"] == pytest.approx(2 * zone.half_length_mm)
    assert numbers["Volume"] == pytest.approx(zone.volume_mm3 / 1000.0)


def find_lines(path) -> list[np.ndarray]:
    lines = []

    def look(_, element) -> None:
        if element.keyword == "GraphicData":
            lines.append(np.array(element.value, dtype=float).reshape(-1, 3))

    pydicom.dcmread(path).walk(look)
    return lines
