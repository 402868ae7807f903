"""What the gate can say: every code with its weight and its sentence.

The sentences are for a radiologist: what is wrong, and what to do.
``docs/reference/gate-codes.md`` lists them; a test keeps the two equal.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from planner.domain.volume import GateFinding, GateVerdict

if TYPE_CHECKING:
    from collections.abc import Iterable


class Code(StrEnum):
    """Stable code of one finding."""

    # The folder
    NOTHING_TO_READ = "DCM-NOTHING-TO-READ"
    TOO_MANY_FILES = "DCM-TOO-MANY-FILES"
    UNREADABLE_FILE = "DCM-UNREADABLE-FILE"
    NOT_DICOM = "DCM-NOT-DICOM"
    DICOMDIR = "DCM-DICOMDIR"
    PATH_ESCAPE = "DCM-PATH-ESCAPE"
    EXECUTABLE_PREAMBLE = "DCM-EXECUTABLE-PREAMBLE"
    NO_FILE_META = "DCM-NO-FILE-META"
    SEVERAL_PATIENTS = "DCM-SEVERAL-PATIENTS"
    OTHER_SERIES = "DCM-OTHER-SERIES"
    PICK_SERIES = "DCM-PICK-SERIES"
    NO_SUCH_SERIES = "DCM-NO-SUCH-SERIES"
    INTERNAL = "DCM-INTERNAL"
    BURNED_IN = "DCM-BURNED-IN"
    # One series
    NOT_CT = "DCM-NOT-CT"
    SET_ASIDE = "DCM-SET-ASIDE"
    NO_UID = "DCM-NO-UID"
    MIXED_PATIENT = "DCM-MIXED-PATIENT"
    MIXED_STUDY = "DCM-MIXED-STUDY"
    MIXED_FRAME_OF_REFERENCE = "DCM-MIXED-FRAME-OF-REFERENCE"
    OWN_FRAMES = "DCM-OWN-FRAMES-OF-REFERENCE"
    MIXED_POSITION = "DCM-MIXED-PATIENT-POSITION"
    SEVERAL_VOLUMES = "DCM-SEVERAL-VOLUMES"
    MIXED_ACQUISITION = "DCM-MIXED-ACQUISITION"
    DUPLICATE_DROPPED = "DCM-DUPLICATE-DROPPED"
    SAME_UID_DIFFERENT = "DCM-SAME-UID-DIFFERENT"
    SAME_POSITION = "DCM-SAME-POSITION"
    INCOMPLETE = "DCM-MAY-BE-INCOMPLETE"
    TOO_FEW_SLICES = "DCM-TOO-FEW-SLICES"
    TOO_LARGE = "DCM-TOO-LARGE"
    LOSSY = "DCM-LOSSY"
    NO_PATIENT_POSITION = "DCM-NO-PATIENT-POSITION"
    POSITION_CONTRADICTS = "DCM-POSITION-CONTRADICTS"
    POSTERIOR_SIDE = "DCM-POSTERIOR-SIDE"
    # Geometry
    NO_POSITION = "DCM-NO-POSITION"
    NO_ORIENTATION = "DCM-NO-ORIENTATION"
    ORIENTATION = "DCM-ORIENTATION"
    MIXED_ORIENTATION = "DCM-MIXED-ORIENTATION"
    NO_PIXEL_SPACING = "DCM-NO-PIXEL-SPACING"
    PIXEL_SPACING = "DCM-PIXEL-SPACING"
    MIXED_PIXEL_SPACING = "DCM-MIXED-PIXEL-SPACING"
    NO_MATRIX = "DCM-NO-MATRIX"
    MIXED_MATRIX = "DCM-MIXED-MATRIX"
    MISSING_SLICE = "DCM-MISSING-SLICE"
    OFF_LINE = "DCM-OFF-LINE"
    TILT = "DCM-GANTRY-TILT"
    TILT_CONTRADICTS = "DCM-TILT-CONTRADICTS"
    TILT_CORNERS = "DCM-TILT-CORNERS"
    SLICE_GAP = "DCM-SLICE-GAP"
    FIELD_OF_VIEW = "DCM-FIELD-OF-VIEW"
    SPACING_TAG = "DCM-SPACING-TAG"
    BAD_NUMBER = "DCM-BAD-NUMBER"
    NOT_FINITE = "DCM-NOT-FINITE"
    FRAME_COUNT = "DCM-FRAME-COUNT"
    # Values
    NO_RESCALE = "DCM-NO-RESCALE"
    RESCALE = "DCM-RESCALE"
    RESCALE_JUMP = "DCM-RESCALE-JUMP"
    NOT_HU = "DCM-NOT-HU"
    MODALITY_LUT = "DCM-MODALITY-LUT"
    PHOTOMETRIC = "DCM-PHOTOMETRIC"
    BITS = "DCM-BITS"
    BITS_OVERFLOW = "DCM-BITS-OVERFLOW"
    HU_RANGE = "DCM-HU-RANGE"
    PADDING = "DCM-PADDING"
    NO_PIXELS = "DCM-NO-PIXELS"
    PIXEL_CODING = "DCM-PIXEL-CODING"
    PIXELS_SHORT = "DCM-PIXELS-SHORT"
    PIXELS_LONG = "DCM-PIXELS-LONG"
    DECODE = "DCM-DECODE"
    DECODE_LIMIT = "DCM-DECODE-LIMIT"
    SWAPPED_MATRIX = "DCM-SWAPPED-MATRIX"
    ODD_SLICE = "DCM-ODD-SLICE"
    # NIfTI and NRRD
    VOLUME_FILE = "VOL-UNREADABLE"
    VOLUME_PATH = "VOL-PATH-ESCAPE"
    VOLUME_KIND = "VOL-NOT-A-VOLUME"
    VOLUME_ORIENTATION = "VOL-NO-ORIENTATION"
    VOLUME_FORMS = "VOL-FORMS-DISAGREE"
    VOLUME_VALUES = "VOL-VALUES"
    VOLUME_IDENTITY = "VOL-NO-IDENTITY"
    VOLUME_NO_AIR = "VOL-NO-AIR"


_R, _W = GateVerdict.REFUSE, GateVerdict.WARN
CODE_TEXTS = {
    Code.NOTHING_TO_READ: (_R, "No CT was found here. Choose the folder that holds the slices."),
    Code.TOO_MANY_FILES: (
        _R,
        "The folder holds more files than a study can have. Choose the folder of the study.",
    ),
    Code.UNREADABLE_FILE: (
        _R,
        "A file cannot be read, and it may be a slice. Export the series again, or remove the "
        "file if it is not part of it.",
    ),
    Code.NOT_DICOM: (_W, "Files that are not DICOM were left out."),
    Code.DICOMDIR: (
        _R,
        "The DICOMDIR names a file that is not there or cannot be used. Copy the whole disc "
        "again.",
    ),
    Code.PATH_ESCAPE: (
        _R,
        "The DICOMDIR points outside its own folder. It is damaged or hostile; do not use it.",
    ),
    Code.EXECUTABLE_PREAMBLE: (
        _W,
        "A file begins like a program. It was read as an image only; tell your IT department.",
    ),
    Code.NO_FILE_META: (
        _W,
        "A file lacks the part that says how it is coded; this was worked out from the data.",
    ),
    Code.SEVERAL_PATIENTS: (
        _R,
        "The folder holds more than one patient. Choose the series by the patient's name.",
    ),
    Code.OTHER_SERIES: (_W, "The folder holds other series besides this one. Check the choice."),
    Code.PICK_SERIES: (_R, "The folder holds more than one CT series. Choose one."),
    Code.NO_SUCH_SERIES: (_R, "The series that was asked for is not here."),
    Code.INTERNAL: (
        _R,
        "Reading this failed in a way that was not foreseen, so it is not used. Please report it.",
    ),
    Code.BURNED_IN: (
        _R,
        "The pictures say that text is burned into them. It may name the patient, so no "
        "de-identified copy is made.",
    ),
    Code.NOT_CT: (_R, "There are no CT slices in this series."),
    Code.SET_ASIDE: (_W, "Pictures that are not slices of the volume were left out."),
    Code.NO_UID: (_R, "A slice does not say to which series it belongs. Export it again."),
    Code.MIXED_PATIENT: (
        _R,
        "One series names more than one patient. Nothing of it may be used; report it to the "
        "archive.",
    ),
    Code.MIXED_STUDY: (_R, "One series belongs to more than one study. Export it again."),
    Code.MIXED_FRAME_OF_REFERENCE: (
        _R,
        "The slices do not share one frame of reference, so the patient may have moved between "
        "them.",
    ),
    Code.OWN_FRAMES: (
        _W,
        "Every slice names a frame of reference of its own, as some anonymisers do. The slices "
        "are joined by their positions; check that the picture is unbroken.",
    ),
    Code.MIXED_POSITION: (_R, "The slices do not agree how the patient lay."),
    Code.SEVERAL_VOLUMES: (
        _R,
        "The series holds several volumes (phases, kernels or reconstructions). Export one alone.",
    ),
    Code.MIXED_ACQUISITION: (
        _W,
        "Parts of the series were acquired differently. Check the picture where they meet.",
    ),
    Code.DUPLICATE_DROPPED: (_W, "Exact copies of slices were left out."),
    Code.SAME_UID_DIFFERENT: (
        _R,
        "Two different pictures carry the same identifier, so one of them has been altered. "
        "Export the series again.",
    ),
    Code.SAME_POSITION: (
        _R,
        "Two different slices lie at one position; which one is right cannot be known.",
    ),
    Code.INCOMPLETE: (
        _W,
        "The series may be incomplete: compare the number of slices with the archive.",
    ),
    Code.TOO_FEW_SLICES: (_R, "Too few slices for a volume."),
    Code.TOO_LARGE: (_R, "The image claims to be larger than any CT. The file is damaged."),
    Code.LOSSY: (
        _W,
        "The pictures were compressed with loss: fine bone detail and HU values are altered. "
        "Use the original if there is one.",
    ),
    Code.NO_PATIENT_POSITION: (
        _W,
        "The scan does not say how the patient lay. Confirm the side before planning.",
    ),
    Code.POSITION_CONTRADICTS: (
        _W,
        "The stated patient position does not fit the image orientation, so left and right may "
        "be exchanged. Confirm the side before planning.",
    ),
    Code.POSTERIOR_SIDE: (
        _W,
        "The back of the spine does not lie where the header puts the back of the patient, who "
        "may have lain differently than was entered. Left and right may then be exchanged. "
        "Confirm the side before planning.",
    ),
    Code.NO_POSITION: (_R, "A slice does not say where it lies in the patient."),
    Code.NO_ORIENTATION: (_R, "A slice does not say how it is turned in the patient."),
    Code.ORIENTATION: (_R, "The stated image directions are not at right angles or not unit."),
    Code.MIXED_ORIENTATION: (
        _R,
        "The slices are turned differently (a change of gantry tilt, or two stacks in one).",
    ),
    Code.NO_PIXEL_SPACING: (_R, "The pixel size is missing, so nothing could be measured."),
    Code.PIXEL_SPACING: (_R, "The stated pixel size is impossible."),
    Code.MIXED_PIXEL_SPACING: (_R, "The pixel size differs between slices."),
    Code.NO_MATRIX: (_R, "The image does not state its number of rows and columns."),
    Code.MIXED_MATRIX: (_R, "The matrix size differs between slices."),
    Code.MISSING_SLICE: (
        _R,
        "The slices are not evenly spaced: a slice is missing or does not belong. Export the "
        "series again; nothing is filled in.",
    ),
    Code.OFF_LINE: (_R, "The slices do not lie on one line: the field of view moved on the way."),
    Code.TILT: (
        _W,
        "The gantry was tilted. The slices are placed as they were acquired (a sheared volume).",
    ),
    Code.TILT_CONTRADICTS: (
        _R,
        "The stated gantry tilt does not fit where the slices lie. One of the two is wrong.",
    ),
    Code.TILT_CORNERS: (
        _R,
        "The tilted slices do not fit one sheared volume to 0.01 mm.",
    ),
    Code.SLICE_GAP: (
        _W,
        "The slices are thinner than the step between them: there is anatomy nobody has seen.",
    ),
    Code.SPACING_TAG: (
        _W,
        "The stated slice spacing does not fit the slice positions. The positions are used.",
    ),
    Code.FIELD_OF_VIEW: (
        _W,
        "The pixel size does not fit the stated field of view: the scale may be wrong, or the "
        "pictures were cropped. Measure something of known size.",
    ),
    Code.BAD_NUMBER: (_R, "A number in the header cannot be read."),
    Code.NOT_FINITE: (_R, "A number in the header is infinite or not a number."),
    Code.FRAME_COUNT: (_R, "The number of frames does not fit the geometry in the file."),
    Code.NO_RESCALE: (_R, "The values cannot be turned into HU: slope and intercept are missing."),
    Code.RESCALE: (_R, "The values cannot be turned into HU: slope or intercept is impossible."),
    Code.RESCALE_JUMP: (
        _R,
        "The slope or intercept of a slice makes its HU jump against its neighbours.",
    ),
    Code.NOT_HU: (_R, "The values are not Hounsfield units."),
    Code.MODALITY_LUT: (_R, "The values go through a table instead of slope and intercept."),
    Code.PHOTOMETRIC: (_R, "The picture is not plain grey with white for high values."),
    Code.BITS: (_R, "The layout of the stored values is not one a CT has."),
    Code.BITS_OVERFLOW: (_R, "There are values outside the bits the header states."),
    Code.HU_RANGE: (_R, "There are HU values outside -32768 to 32767."),
    Code.PADDING: (
        _W,
        "The value that marks unscanned pixels is that of tissue, or differs between slices. It "
        "was not applied where it is tissue.",
    ),
    Code.NO_PIXELS: (_R, "The file holds no picture."),
    Code.PIXEL_CODING: (_R, "The pixels are not coded the way the header says."),
    Code.PIXELS_SHORT: (_R, "The picture is cut short. Export the series again."),
    Code.PIXELS_LONG: (_R, "There are more pixels than rows and columns say."),
    Code.DECODE: (_R, "The compressed picture cannot be unpacked. Export the series again."),
    Code.DECODE_LIMIT: (
        _R,
        "Unpacking the compressed picture took too long or too much memory and was stopped.",
    ),
    Code.SWAPPED_MATRIX: (_R, "Rows and columns look swapped in the header."),
    Code.ODD_SLICE: (
        _W,
        "A slice differs sharply from both its neighbours. Look at it before planning.",
    ),
    Code.VOLUME_FILE: (_R, "The volume file cannot be read."),
    Code.VOLUME_PATH: (
        _R,
        "The file says that its voxels lie somewhere else than beside it. It is damaged or "
        "hostile; do not use it.",
    ),
    Code.VOLUME_KIND: (_R, "The file does not hold one three-dimensional volume."),
    Code.VOLUME_ORIENTATION: (
        _R,
        "The file does not say how its axes lie in the patient, so left and right are unknown.",
    ),
    Code.VOLUME_FORMS: (
        _R,
        "The file states two orientations that disagree (sform and qform). One of them is wrong.",
    ),
    Code.VOLUME_VALUES: (_R, "The values are not whole Hounsfield units within 16 bits."),
    Code.VOLUME_IDENTITY: (
        _W,
        "This format does not say who the patient is or how he or she lay. Confirm both.",
    ),
    Code.VOLUME_NO_AIR: (
        _W,
        "No air is seen in the volume. Make sure that the values are Hounsfield units.",
    ),
}
"""Weight and sentence of every code."""


def finding(code: Code, detail: str = "", files: Iterable[str] = ()) -> GateFinding:
    """Make a finding: the sentence of the code, and ``detail`` in brackets."""
    severity, sentence = CODE_TEXTS[code]
    message = f"{sentence} ({detail})" if detail else sentence
    return GateFinding(
        code=code.value, severity=severity, message=message, files=tuple(sorted(set(files)))
    )


def worst(findings: Iterable[GateFinding]) -> GateVerdict:
    """Return the heaviest verdict among ``findings``; LOAD when there is none."""
    order = (GateVerdict.REFUSE, GateVerdict.WARN)
    severities = {found.severity for found in findings}
    return next((verdict for verdict in order if verdict in severities), GateVerdict.LOAD)
