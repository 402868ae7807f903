"""A copy of a CT series that names nobody.

PS3.15 annex E, Basic Application Level Confidentiality Profile, met from the strict side: an
attribute is kept only when it is on the list below; everything else is gone, known or not,
private or standard, at any depth. UIDs are replaced, alike in every file of one run.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from planner import __version__
from planner.domain.errors import SaveFailedError, UsageError
from planner.domain.progress import unreported
from planner.domain.volume import GateVerdict
from planner.imaging import tags
from planner.imaging.codes import Code, finding
from planner.imaging.ct_writer import IMPLEMENTATION_UID, uid_from
from planner.imaging.gate import chosen_series, refusal
from planner.imaging.values import text

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement

    from planner.domain.progress import ProgressReport

REPLACED_UIDS = frozenset(
    ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
)
"""Action U of table E.1-1 among the attributes kept."""

EMPTIED = ("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyID",
           "PatientBirthDate", "PatientSex")  # fmt: skip
"""Action Z: type 2 in a CT image, so present and empty."""

KEPT = frozenset(
    [
        "SpecificCharacterSet",
        "BodyPartExamined",
        "ImageType",
        "SOPClassUID",
        "Modality",
        "Manufacturer",
        "PatientPosition",
        "SliceThickness",
        "KVP",
        "GantryDetectorTilt",
        "ConvolutionKernel",
        "ReconstructionDiameter",
        "SpacingBetweenSlices",
        "RotationDirection",
        "ExposureTime",
        "XRayTubeCurrent",
        "Exposure",
        "SeriesNumber",
        "AcquisitionNumber",
        "InstanceNumber",
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "SliceLocation",
        "ImagesInAcquisition",
        "SamplesPerPixel",
        "PhotometricInterpretation",
        "NumberOfFrames",
        "Rows",
        "Columns",
        "PixelSpacing",
        "BitsAllocated",
        "BitsStored",
        "HighBit",
        "PixelRepresentation",
        "SmallestImagePixelValue",
        "LargestImagePixelValue",
        "PixelPaddingValue",
        "PixelPaddingRangeLimit",
        "WindowCenter",
        "WindowWidth",
        "RescaleIntercept",
        "RescaleSlope",
        "RescaleType",
        "LossyImageCompression",
        "LossyImageCompressionRatio",
        "LossyImageCompressionMethod",
        "PixelData",
        "PositionReferenceIndicator",
        "BurnedInAnnotation",
        "VolumetricProperties",
        "VolumeBasedCalculationTechnique",
        "PixelPresentation",
        "ContentQualification",
        "PresentationLUTShape",
        "SharedFunctionalGroupsSequence",
        "PerFrameFunctionalGroupsSequence",
        "PixelMeasuresSequence",
        "PlanePositionSequence",
        "PlaneOrientationSequence",
        "PixelValueTransformationSequence",
        "CTImageFrameTypeSequence",
        "FrameType",
        "CTReconstructionSequence",
        "CTAcquisitionDetailsSequence",
        "FrameContentSequence",
        "DimensionIndexValues",
        "StackID",
        "InStackPositionNumber",
    ]
)
"""Kept as they are: what places the voxels, gives their HU, and says how they were made."""


def deidentify_series(
    path: Path,
    out: Path,
    series_uid: str | None = None,
    report: ProgressReport = unreported,
) -> tuple[Path, ...]:
    """Write a de-identified copy of one CT series into the empty folder ``out``.

    Only slices that form the volume are copied: localisers, screen saves and reports, which
    can carry a name in their pixels, are left behind. Pixels are copied bit for bit.

    Raises
    ------
    InputRefusedError
        When the series is refused by the gate, or says that names are burned into its pixels.
    UsageError
        When ``out`` already holds files.
    SaveFailedError
        When the disk refuses.
    """
    out = Path(out)
    series = chosen_series(Path(path), series_uid, report)
    if series.stack is None or series.verdict is GateVerdict.REFUSE:
        raise refusal(series.findings)
    files = list(dict.fromkeys(frame.file for frame in series.stack.frames))
    overlaid = any(frame.pixels.overlay_in_high_bits for frame in series.stack.frames)
    if overlaid or any(text(file.data, tags.BURNED_IN) == "YES" for file in files):
        detail = "an overlay lies in unused bits of the pixels" if overlaid else ""
        raise refusal([finding(Code.BURNED_IN, detail)])
    salt = secrets.token_hex(16)
    written = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise UsageError(f"{out.name} already holds files; choose an empty folder")
        for place, file in enumerate(files):
            target = out / f"CT{place + 1:05d}.dcm"
            source = pydicom.dcmread(file.path, force=True)
            copy = _anonymous(source, salt, file.syntax.uid)
            copy.save_as(target, enforce_file_format=True)
            written.append(target)
            report((place + 1) / len(files), "Writing the copy")
    except OSError as error:
        raise SaveFailedError(f"{out.name} could not be written: {error.strerror}") from error
    return tuple(written)


def _anonymous(source: Dataset, salt: str, syntax: str) -> Dataset:
    """Return a new data set that holds only what may be kept; ``syntax`` is as it was read."""
    copy = _kept(source, salt)
    for keyword in EMPTIED:
        setattr(copy, keyword, "")
    pseudonym = uid_from(salt, str(source.get("PatientID", "")))[-8:]
    copy.PatientName = f"ANON^{pseudonym}"
    copy.PatientID = f"ANON-{pseudonym}"
    copy.PatientIdentityRemoved = "YES"
    copy.LongitudinalTemporalInformationModified = "REMOVED"
    copy.DeidentificationMethod = f"planner {__version__}: attributes kept from a closed list"
    method = Dataset()
    method.CodeValue = "113100"
    method.CodingSchemeDesignator = "DCM"
    method.CodeMeaning = "Basic Application Confidentiality Profile"
    copy.DeidentificationMethodCodeSequence = Sequence([method])
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = copy.SOPClassUID
    meta.MediaStorageSOPInstanceUID = copy.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_UID)
    copy.file_meta = meta
    copy.preamble = b"\0" * 128
    return copy


def _kept(source: Dataset, salt: str) -> Dataset:
    """Copy the elements on the list, at every depth."""
    copy = Dataset()
    for element in source:
        if element.keyword in REPLACED_UIDS:
            setattr(copy, element.keyword, uid_from(salt, str(element.value)))
        elif element.keyword in KEPT:
            copy.add(_kept_element(element, salt))
    return copy


def _kept_element(element: DataElement, salt: str) -> DataElement:
    if element.VR == "SQ":
        element.value = Sequence([_kept(item, salt) for item in element.value])
    return element
