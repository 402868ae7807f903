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
    from typing import Self


_R, _W = GateVerdict.REFUSE, GateVerdict.WARN
_DOUBTFUL = (
    "The values do not lie where the air, fat and soft tissue of a body lie, so they may be "
    "shifted or scaled. Make sure that they are Hounsfield units."
)


class Code(StrEnum):
    """Stable code of one finding, with its weight and its sentence."""

    severity: GateVerdict
    sentence: str

    def __new__(cls, code: str, severity: GateVerdict, sentence: str) -> Self:
        """Make a member whose value is the code."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.severity = severity
        member.sentence = sentence
        return member

    # fmt: off
    # The folder
    NOTHING_TO_READ = "DCM-NOTHING-TO-READ", _R, (
        "No CT was found here. Choose the folder that holds the slices.")
    TOO_MANY_FILES = "DCM-TOO-MANY-FILES", _R, (
        "The folder holds more files than a study can have. Choose the folder of the study.")
    UNREADABLE_FILE = "DCM-UNREADABLE-FILE", _R, (
        "A file cannot be read, and it may be a slice. Export the series again, or remove the "
        "file if it is not part of it.")
    NOT_DICOM = "DCM-NOT-DICOM", _W, "Files that are not DICOM were left out."
    NOT_FOLLOWED = "DCM-NOT-FOLLOWED", _W, (
        "Folders that are links, or lie too deep, were not looked into. If slices are in them, "
        "choose that folder itself.")
    DICOMDIR = "DCM-DICOMDIR", _R, (
        "The DICOMDIR names a file that is not there or cannot be used. Copy the whole disc "
        "again.")
    PATH_ESCAPE = "DCM-PATH-ESCAPE", _R, (
        "The DICOMDIR points outside its own folder. It is damaged or hostile; do not use it.")
    EXECUTABLE_PREAMBLE = "DCM-EXECUTABLE-PREAMBLE", _W, (
        "A file begins like a program. It was read as an image only; tell your IT department.")
    NO_FILE_META = "DCM-NO-FILE-META", _W, (
        "A file lacks the part that says how it is coded; this was worked out from the data.")
    SEVERAL_PATIENTS = "DCM-SEVERAL-PATIENTS", _R, (
        "The folder holds more than one patient. Choose the series by the patient's name.")
    OTHER_SERIES = "DCM-OTHER-SERIES", _W, (
        "The folder holds other series besides this one. Check the choice.")
    PICK_SERIES = "DCM-PICK-SERIES", _R, "The folder holds more than one CT series. Choose one."
    NO_SUCH_SERIES = "DCM-NO-SUCH-SERIES", _R, "The series that was asked for is not here."
    INTERNAL = "DCM-INTERNAL", _R, (
        "Reading this failed in a way that was not foreseen, so it is not used. Please report it.")
    BURNED_IN = "DCM-BURNED-IN", _R, (
        "The pictures say that text is burned into them. It may name the patient, so no "
        "de-identified copy is made.")
    ANNOTATED = "DCM-ANNOTATED", _W, (
        "The pictures say that text is burned into them. Where it stands, the values are not the "
        "patient's.")
    # One series
    NOT_CT = "DCM-NOT-CT", _R, "There are no CT slices in this series."
    SET_ASIDE = "DCM-SET-ASIDE", _W, "Pictures that are not slices of the volume were left out."
    NO_UID = "DCM-NO-UID", _R, "A slice does not say to which series it belongs. Export it again."
    OWN_SERIES = "DCM-OWN-SERIES", _R, (
        "Every slice names a series of its own, as some anonymisers do. Export the series again "
        "and keep what joins its slices (Series Instance UID).")
    MIXED_PATIENT = "DCM-MIXED-PATIENT", _R, (
        "One series names more than one patient, or one patient in several ways. Nothing of it "
        "may be used; report it to the archive.")
    MIXED_STUDY = "DCM-MIXED-STUDY", _R, (
        "One series belongs to more than one study. Export it again.")
    MIXED_FRAME_OF_REFERENCE = "DCM-MIXED-FRAME-OF-REFERENCE", _R, (
        "The slices do not share one frame of reference, so the patient may have moved between "
        "them.")
    OWN_FRAMES = "DCM-OWN-FRAMES-OF-REFERENCE", _W, (
        "Every slice names a frame of reference of its own, as some anonymisers do. The slices "
        "are joined by their positions; check that the picture is unbroken.")
    MIXED_POSITION = "DCM-MIXED-PATIENT-POSITION", _R, (
        "The slices do not agree how the patient lay.")
    SEVERAL_VOLUMES = "DCM-SEVERAL-VOLUMES", _R, (
        "The series holds several volumes (phases, kernels or reconstructions). Export one alone.")
    MIXED_ACQUISITION = "DCM-MIXED-ACQUISITION", _W, (
        "Parts of the series were acquired differently. Check the picture where they meet.")
    DUPLICATE_DROPPED = "DCM-DUPLICATE-DROPPED", _W, "Exact copies of slices were left out."
    SAME_UID_DIFFERENT = "DCM-SAME-UID-DIFFERENT", _R, (
        "Two different pictures carry the same identifier, so one of them has been altered. "
        "Export the series again.")
    SAME_POSITION = "DCM-SAME-POSITION", _R, (
        "Two different slices lie at one position; which one is right cannot be known.")
    INCOMPLETE = "DCM-MAY-BE-INCOMPLETE", _W, (
        "The series may be incomplete: compare the number of slices with the archive.")
    TOO_FEW_SLICES = "DCM-TOO-FEW-SLICES", _R, "Too few slices for a volume."
    TOO_LARGE = "DCM-TOO-LARGE", _R, (
        "The image claims to be larger than any CT. The file is damaged.")
    LOSSY = "DCM-LOSSY", _W, (
        "The pictures were compressed with loss: fine bone detail and HU values are altered. Use "
        "the original if there is one.")
    NO_PATIENT_POSITION = "DCM-NO-PATIENT-POSITION", _W, (
        "The scan does not say how the patient lay. Confirm the side before planning.")
    POSITION_CONTRADICTS = "DCM-POSITION-CONTRADICTS", _W, (
        "The stated patient position does not fit the image orientation, so left and right may be "
        "exchanged. Confirm the side before planning.")
    POSTERIOR_SIDE = "DCM-POSTERIOR-SIDE", _W, (
        "The back of the spine does not lie where the header puts the back of the patient, who "
        "may have lain differently than was entered. Left and right may then be exchanged. "
        "Confirm the side before planning.")
    NO_IDENTITY = "DCM-NO-IDENTITY", _W, (
        "The scan does not say whose it is. Make sure that it is the right patient's.")
    NO_STUDY = "DCM-NO-STUDY", _W, (
        "The scan does not say to which study it belongs. Make sure that its slices belong "
        "together and that it is the right examination.")
    NO_FRAME_OF_REFERENCE = "DCM-NO-FRAME-OF-REFERENCE", _W, (
        "The slices name no frame of reference: that they belong together is known from their "
        "positions alone. Check that the picture is unbroken.")
    # Geometry
    NO_POSITION = "DCM-NO-POSITION", _R, "A slice does not say where it lies in the patient."
    NO_ORIENTATION = "DCM-NO-ORIENTATION", _R, (
        "A slice does not say how it is turned in the patient.")
    ORIENTATION = "DCM-ORIENTATION", _R, (
        "The stated image directions are not at right angles or not unit.")
    MIXED_ORIENTATION = "DCM-MIXED-ORIENTATION", _R, (
        "The slices are turned differently (a change of gantry tilt, or two stacks in one).")
    NO_PIXEL_SPACING = "DCM-NO-PIXEL-SPACING", _R, (
        "The pixel size is missing, so nothing could be measured.")
    PIXEL_SPACING = "DCM-PIXEL-SPACING", _R, "The stated pixel size is impossible."
    MIXED_PIXEL_SPACING = "DCM-MIXED-PIXEL-SPACING", _R, "The pixel size differs between slices."
    CURVED = "DCM-CURVED", _R, (
        "The pictures are curved or distorted: places and distances in them are not the "
        "patient's. Use the slices they were made from.")
    NO_MATRIX = "DCM-NO-MATRIX", _R, "The image does not state its number of rows and columns."
    MIXED_MATRIX = "DCM-MIXED-MATRIX", _R, "The matrix size differs between slices."
    MISSING_SLICE = "DCM-MISSING-SLICE", _R, (
        "The slices are not evenly spaced: a slice is missing or does not belong. Export the "
        "series again; nothing is filled in.")
    OFF_LINE = "DCM-OFF-LINE", _R, (
        "The slices do not lie evenly on one line: the field of view moved on the way.")
    TILT = "DCM-GANTRY-TILT", _W, (
        "The gantry was tilted. The slices are placed as they were acquired (a sheared volume).")
    TILT_CONTRADICTS = "DCM-TILT-CONTRADICTS", _R, (
        "The stated gantry tilt does not fit where the slices lie. One of the two is wrong.")
    TILT_CORNERS = "DCM-TILT-CORNERS", _R, (
        "The tilted slices do not fit one sheared volume to 0.01 mm.")
    SLICE_GAP = "DCM-SLICE-GAP", _W, (
        "The slices are thinner than the step between them: there is anatomy nobody has seen.")
    SLICE_OVERLAP = "DCM-SLICE-OVERLAP", _W, (
        "The slices are many times thicker than the step between them: their positions may be in "
        "another unit, or each blends a thick slab. Measure something of known size.")
    FIELD_OF_VIEW = "DCM-FIELD-OF-VIEW", _W, (
        "The pixel size does not fit the stated field of view: the scale may be wrong, or the "
        "pictures were cropped. Measure something of known size.")
    SPACING_TAG = "DCM-SPACING-TAG", _W, (
        "The stated slice spacing does not fit the slice positions. The positions are used.")
    BAD_NUMBER = "DCM-BAD-NUMBER", _R, "A number in the header cannot be read."
    NOT_FINITE = "DCM-NOT-FINITE", _R, "A number in the header is infinite or not a number."
    FRAME_COUNT = "DCM-FRAME-COUNT", _R, (
        "The number of frames does not fit the geometry in the file.")
    # Values
    NO_RESCALE = "DCM-NO-RESCALE", _R, (
        "The values cannot be turned into HU: slope and intercept are missing.")
    RESCALE = "DCM-RESCALE", _R, (
        "The values cannot be turned into HU: slope or intercept is impossible.")
    RESCALE_JUMP = "DCM-RESCALE-JUMP", _R, (
        "The slope or intercept of a slice makes its HU jump against its neighbours.")
    NOT_HU = "DCM-NOT-HU", _R, "The values are not Hounsfield units."
    HU_DOUBTFUL = "DCM-HU-DOUBTFUL", _W, _DOUBTFUL
    MODALITY_LUT = "DCM-MODALITY-LUT", _R, (
        "The values go through a table instead of slope and intercept.")
    PHOTOMETRIC = "DCM-PHOTOMETRIC", _R, (
        "The picture is not plain grey with white for high values.")
    BITS = "DCM-BITS", _R, "The layout of the stored values is not one a CT has."
    BITS_OVERFLOW = "DCM-BITS-OVERFLOW", _R, "There are values outside the bits the header states."
    HU_RANGE = "DCM-HU-RANGE", _R, "There are HU values outside -32768 to 32767."
    PADDING = "DCM-PADDING", _W, (
        "The value that marks unscanned pixels is that of tissue, or differs between slices. It "
        "was not applied where it is tissue.")
    NO_PIXELS = "DCM-NO-PIXELS", _R, "The file holds no picture."
    PIXEL_CODING = "DCM-PIXEL-CODING", _R, "The pixels are not coded the way the header says."
    PIXELS_SHORT = "DCM-PIXELS-SHORT", _R, "The picture is cut short. Export the series again."
    PIXELS_LONG = "DCM-PIXELS-LONG", _R, "There are more pixels than rows and columns say."
    DECODE = "DCM-DECODE", _R, (
        "The compressed picture cannot be unpacked. Export the series again.")
    DECODE_LIMIT = "DCM-DECODE-LIMIT", _R, (
        "Unpacking the compressed picture took too long or too much memory and was stopped.")
    SWAPPED_MATRIX = "DCM-SWAPPED-MATRIX", _R, (
        "Rows and columns look wrong in the header, swapped perhaps.")
    ODD_SLICE = "DCM-ODD-SLICE", _W, (
        "A slice differs sharply from both its neighbours. Look at it before planning.")
    BROKEN_PICTURE = "DCM-BROKEN-PICTURE", _W, (
        "The picture does not go on from one slice to the next: the patient may have moved, or "
        "slices are damaged or from elsewhere. Look at them before planning.")
    REPEATED_PICTURE = "DCM-REPEATED-PICTURE", _W, (
        "Several slices hold exactly the same picture, noise and all, so one stands where "
        "another should. Look at them before planning.")
    TURNED_SLICES = "DCM-TURNED-SLICES", _W, (
        "Some slices fit the others only when they are turned or mirrored, so left and right may "
        "change on the way. Look at them before planning.")
    # NIfTI and NRRD
    VOLUME_FILE = "VOL-UNREADABLE", _R, "The volume file cannot be read."
    VOLUME_PATH = "VOL-PATH-ESCAPE", _R, (
        "The file says that its voxels lie somewhere else than beside it. It is damaged or "
        "hostile; do not use it.")
    VOLUME_KIND = "VOL-NOT-A-VOLUME", _R, "The file does not hold one three-dimensional volume."
    VOLUME_ORIENTATION = "VOL-NO-ORIENTATION", _R, (
        "The file does not say how its axes lie in the patient, so left and right are unknown.")
    VOLUME_FORMS = "VOL-FORMS-DISAGREE", _R, (
        "The file states two orientations that disagree (sform and qform). One of them is wrong.")
    VOLUME_VALUES = "VOL-VALUES", _R, "The values are not whole Hounsfield units within 16 bits."
    VOLUME_IDENTITY = "VOL-NO-IDENTITY", _W, (
        "This format does not say who the patient is or how he or she lay. Confirm both.")
    VOLUME_NO_AIR = "VOL-NO-AIR", _W, (
        "No air is seen in the volume. Make sure that the values are Hounsfield units.")
    VOLUME_DOUBTFUL = "VOL-HU-DOUBTFUL", _W, _DOUBTFUL
    # fmt: on


def finding(code: Code, detail: str = "", files: Iterable[str] = ()) -> GateFinding:
    """Make a finding: the sentence of the code, and ``detail`` in brackets.

    Names and details come from the input; what is not printable in them is shown as a mark, so
    that no name of a file breaks a line, a terminal or a PDF.
    """
    message = f"{code.sentence} ({printable(detail)})" if detail else code.sentence
    names = tuple(sorted({printable(name) for name in files}))
    return GateFinding(code=code.value, severity=code.severity, message=message, files=names)


def printable(text: str) -> str:
    """Return ``text`` with a mark for every character that only steers (or is none)."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)


def worst(findings: Iterable[GateFinding]) -> GateVerdict:
    """Return the heaviest verdict among ``findings``; LOAD when there is none."""
    order = (GateVerdict.REFUSE, GateVerdict.WARN)
    severities = {found.severity for found in findings}
    return next((verdict for verdict in order if verdict in severities), GateVerdict.LOAD)
