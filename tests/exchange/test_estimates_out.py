"""What is estimated leaves this program under names that say so, apart from what was seen."""

from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
import SimpleITK

from exchange.hospital import loaded_case
from planner.anatomy.roots import with_roots
from planner.anatomy.sac_and_cord import with_sac_and_cord
from planner.domain.structures import ESTIMATED_SAC
from planner.exchange.export import ExportKind, export_plan

KINDS = [ExportKind.SEG, ExportKind.RTSTRUCT, ExportKind.VOLUMES]
NAMES = {
    f"{name} (estimated from the canal)"
    for name in (
        "dural sac, likely",
        "cord, possible",
        "cauda equina, likely",
        "cauda equina, possible",
    )
}
"""Of a scan of L3, where the cord may still be but likely is not."""

NAMES |= {
    f"L3 {side} {kind}, likely (estimated from bone)"
    for side in ("left", "right")
    for kind in ("root", "ganglion")
}


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> tuple[object, dict[str, Path]]:
    folder = tmp_path_factory.mktemp("estimates")
    case = loaded_case(folder / "ct", "turned")
    case = replace(case, anatomy=with_roots(with_sac_and_cord(case.anatomy)))
    made = export_plan(folder / "out", case.plan, case, KINDS)
    return case, {path.name: path for path in made}


def test_that_no_segmentation_holds_both_what_was_seen_and_what_was_estimated(files) -> None:
    _, made = files
    held = []
    for name in made:
        if name.startswith("segmentation-"):
            image = pydicom.dcmread(made[name])
            labels = {segment.SegmentLabel for segment in image.SegmentSequence}
            held.append(labels & NAMES)
            assert not (labels & NAMES) or image.ContentLabel == "PREDICTION"
            assert not (labels & NAMES) or not labels & {"spinal canal", "L3 vertebra"}
    assert set().union(*held) == NAMES


def test_that_a_structure_set_names_the_estimates(files) -> None:
    _, made = files
    rois = pydicom.dcmread(made["structures.dcm"]).StructureSetROISequence
    said = {roi.ROIName: roi.ROIDescription for roi in rois}
    assert set(said) >= NAMES
    assert all("published sizes" in said[name] for name in NAMES)


def test_that_a_volume_of_the_likely_sac_lies_where_it_was_estimated(files) -> None:
    case, made = files
    image = SimpleITK.ReadImage(str(made["estimated-dural-sac-likely.nii.gz"]))
    array = SimpleITK.GetArrayFromImage(image)
    region = case.anatomy.estimates[ESTIMATED_SAC]
    assert array.sum() == region.likely.sum() > 0
    assert not (array.astype(bool) & ~case.anatomy.canal).any()
