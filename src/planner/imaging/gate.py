"""The gate: what an input is, and the volume in it if it may be used."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from planner.domain.errors import InputRefusedError, PlannerError
from planner.domain.progress import unreported
from planner.domain.volume import CtVolume, GateFinding, GateVerdict, ScanRecord
from planner.imaging import tags
from planner.imaging.codes import Code, finding, worst
from planner.imaging.folder import read_folder
from planner.imaging.identity import acquired_on, decoded, identity_key, patient_of
from planner.imaging.inspection import Inspection, SeriesInspection
from planner.imaging.posterior import Facing, facing_of
from planner.imaging.ranking import describe, ranked
from planner.imaging.series import Series, group_series, judge, note_scattered
from planner.imaging.stack import Stack, StackRefusedError
from planner.imaging.thumbnail import thumbnail_of
from planner.imaging.values import text
from planner.imaging.volume_files import inspect_volume_file, is_volume_file, load_volume_file
from planner.imaging.voxels import SliceDelivery, Voxels, check_recoded, read_voxels

if TYPE_CHECKING:
    from planner.domain.progress import ProgressReport

_LOG = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Judged:
    """The header pass over one path.

    ``findings`` are about the folder; those that weigh on every series are in the series too.
    """

    series: list[Series] = field(default_factory=list)
    findings: list[GateFinding] = field(default_factory=list)

    @property
    def loadable(self) -> list[Series]:
        return [one for one in self.series if one.verdict is not GateVerdict.REFUSE]


def inspect(
    path: Path,
    report: ProgressReport = unreported,
    *,
    pixels: bool = True,
    thumbnails: bool = False,
) -> Inspection:
    """Say what lies under ``path`` and whether it may be used; never raises for bad input.

    Parameters
    ----------
    path
        A DICOM folder, a DICOMDIR, a single file, NIfTI or NRRD.
    pixels
        Also read every slice, so that the verdict is the one ``load_ct`` would reach. Without
        it only headers are read: quick, for a list to choose from.
    thumbnails
        Also read the middle slice of every series that may be used.
    """
    try:
        return _inspect(Path(path), report, pixels=pixels, thumbnails=thumbnails)
    except PlannerError:
        raise
    # The gate's border: hostile bytes may fail anywhere, and whatever fails is a refusal. The
    # fuzz counts such a refusal (DCM-INTERNAL) as a fault, so this hides none.
    except Exception as error:  # noqa: BLE001 - the gate's border
        return Inspection(path=Path(path), series=(), findings=(_unforeseen(error, Path(path)),))


def load_ct(
    path: Path,
    series_uid: str | None = None,
    report: ProgressReport = unreported,
    *,
    on_slices: SliceDelivery | None = None,
) -> CtVolume:
    """Load one CT in HU on its own grid, or refuse it.

    Parameters
    ----------
    series_uid
        Needed when the path holds several CT series or patients.
    report
        Progress; may raise ``CancelledByUserError``.
    on_slices
        Shows slices while the rest is read; see ``SliceDelivery``.

    Raises
    ------
    InputRefusedError
        With the code of the heaviest finding.
    """
    try:
        return _load_ct(Path(path), series_uid, report, on_slices)
    except PlannerError:
        raise
    except Exception as error:  # the gate's border, as in ``inspect``
        raise refusal([_unforeseen(error, Path(path))]) from error


def _unforeseen(error: Exception, path: Path) -> GateFinding:
    # The text of a foreign exception may hold header values, so only its type is kept.
    kind = type(error).__name__
    _LOG.error("reading failed with %s", kind)
    if isinstance(error, OSError):
        detail = f"the path cannot be opened: {error.strerror}"
        return finding(Code.NOTHING_TO_READ, detail, files=[path.name])
    return finding(Code.INTERNAL, kind, files=[path.name])


def _inspect(path: Path, report: ProgressReport, *, pixels: bool, thumbnails: bool) -> Inspection:
    if is_volume_file(path):
        return inspect_volume_file(path)
    judged = _header_pass(path, report)
    if pixels:
        for series in judged.loadable:
            _read(series, report, None)
    patients = _patients(judged.series)
    if patients > 1 and len(judged.series) > 1:
        judged.findings.append(finding(Code.SEVERAL_PATIENTS, f"{patients} patients"))
    elif len(judged.series) > 1:
        judged.findings.append(finding(Code.OTHER_SERIES, f"{len(judged.series)} series"))
    return Inspection(
        path=path,
        series=ranked([_described(series, thumbnails) for series in judged.series]),
        findings=tuple(judged.findings),
    )


def _described(series: Series, thumbnails: bool) -> SeriesInspection:
    described = describe(series)
    if not thumbnails or series.stack is None or described.verdict is GateVerdict.REFUSE:
        return described
    try:
        return replace(described, thumbnail=thumbnail_of(series.stack))
    except StackRefusedError as error:
        series.findings.extend(error.findings)
        return describe(series)


def _header_pass(path: Path, report: ProgressReport) -> _Judged:
    """Read every header under ``path`` and judge every series."""
    contents = read_folder(path, report)
    judged = _Judged(series=group_series(contents.headers), findings=contents.findings)
    if not judged.series and worst(contents.findings) is not GateVerdict.REFUSE:
        judged.findings.append(finding(Code.NOTHING_TO_READ, files=[path.name]))
    for series in judged.series:
        judge(series)
        if series.is_ct:
            # First, because a file that cannot be read is the cause of the gap it leaves.
            series.findings[:0] = contents.findings
    note_scattered(judged.series)
    return judged


def _patients(series: list[Series]) -> int:
    return len({identity_key(header.data) for one in series for header in one.headers})


def _load_ct(
    path: Path, series_uid: str | None, report: ProgressReport, on_slices: SliceDelivery | None
) -> CtVolume:
    if is_volume_file(path):
        return load_volume_file(path)
    series = chosen_series(path, series_uid, report)
    voxels = _read(series, report, on_slices)
    if series.stack is None or voxels is None or series.verdict is GateVerdict.REFUSE:
        raise refusal(series.findings)
    return CtVolume(
        geometry=series.stack.geometry,
        hu=voxels.hu,
        outside_scan=voxels.outside_scan,
        record=_record(path, series, series.stack, voxels.sha256),
    )


def chosen_series(path: Path, series_uid: str | None, report: ProgressReport) -> Series:
    """Return the one series of ``path`` that is asked for or that there is, judged by headers.

    Raises
    ------
    InputRefusedError
        When there is none, or more than one to choose from.
    """
    judged = _header_pass(path, report)
    series = _chosen(judged, series_uid)
    if len(judged.series) > 1:
        series.findings.append(finding(Code.OTHER_SERIES, f"{len(judged.series)} series"))
    return series


def _chosen(judged: _Judged, series_uid: str | None) -> Series:
    """Return the series to load; never a guess among several."""
    if series_uid is not None:
        named = [one for one in judged.series if one.uid == series_uid]
        if not named:
            raise refusal([*judged.findings, finding(Code.NO_SUCH_SERIES)])
        return named[0]
    if _patients(judged.series) > 1 and len(judged.series) > 1:
        detail = f"{_patients(judged.series)} patients"
        raise refusal([finding(Code.SEVERAL_PATIENTS, detail)])
    if len(judged.loadable) > 1:
        raise refusal([finding(Code.PICK_SERIES, f"{len(judged.loadable)} can be loaded")])
    if judged.loadable:
        return judged.loadable[0]
    ct = [one for one in judged.series if one.is_ct]
    candidates = ct or judged.series
    raise refusal([found for one in candidates for found in one.findings] + judged.findings)


def refusal(findings: list[GateFinding]) -> InputRefusedError:
    """Make the error of the first finding that refuses, naming its files."""
    first = next(found for found in findings if found.severity is GateVerdict.REFUSE)
    named = f" Files: {', '.join(first.files[:5])}." if first.files else ""
    return InputRefusedError(first.code, first.message + named)


def _read(
    series: Series, report: ProgressReport, on_slices: SliceDelivery | None
) -> Voxels | None:
    """Read the pixels of a series that passed the header pass; add what they show."""
    if series.stack is None or series.verdict is GateVerdict.REFUSE:
        return None
    try:
        voxels = read_voxels(series.stack, report, on_slices)
        check_recoded(series.recoded)
    except StackRefusedError as error:
        series.findings.extend(error.findings)
        return None
    series.findings.extend(voxels.findings)
    series.facing = facing_of(voxels.hu, series.stack.geometry)
    if series.facing is Facing.CONTRADICTS:
        series.findings.append(finding(Code.POSTERIOR_SIDE))
    return voxels


def _record(path: Path, series: Series, stacked: Stack, sha256: str) -> ScanRecord:
    """Write down how the volume was read."""
    frame = stacked.frames[0]
    data = frame.file.data
    return ScanRecord(
        sha256=sha256,
        verdict=series.verdict,
        findings=tuple(sorted(series.findings, key=lambda found: (found.code, found.message))),
        locator=str(path.resolve()),
        patient=patient_of(data),
        modality=text(data, tags.MODALITY),
        series_uid=series.uid,
        study_uid=text(data, tags.STUDY_UID),
        frame_of_reference_uid=text(data, tags.FRAME_OF_REFERENCE_UID),
        sop_uids=tuple(dict.fromkeys(one.sop_uid for one in stacked.frames)),
        patient_position=text(data, tags.PATIENT_POSITION),
        series_description=decoded(data, tags.SERIES_DESCRIPTION),
        acquired=acquired_on(data),
        slice_thickness_mm=frame.thickness_mm,
        gantry_tilt_deg=stacked.tilt_deg,
        convolution_kernel=dict(frame.mixture)["ConvolutionKernel"],
        posterior_side=series.facing.value,
    )
