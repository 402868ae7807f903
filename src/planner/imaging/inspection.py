"""What the gate says of an input, for people and for ``planner inspect --json``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from planner.domain.volume import GateFinding, GateVerdict, PatientIdentity
from planner.imaging.codes import worst
from planner.imaging.position import position_in_words

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesInspection:
    """One series.

    Attributes
    ----------
    size_ijk, spacing_mm
        Zeros when the series cannot be put on a grid.
    slices
        Slices of the volume, or files of a series that is none.
    patient_key
        Equal for series of one patient (same ID, name and birth date); names nobody.
    posterior_side
        As in ``ScanRecord``; only pixels can tell.
    kind
        A few words for people: what it is, such as ``Thin axial slices, bone kernel``.
    description
        One line for people: what it measures.
    advice
        Why it suits planning, or why not, in short clauses, the heaviest first.
    merit
        What series are ordered by, smallest first.
    rank
        0 is the best series for planning.
    thumbnail
        Middle slice in a bone window, grey, shape ``[j, i]``; ``None`` when it was not asked
        for, or there is none.
    """

    series_uid: str
    study_uid: str
    patient: PatientIdentity
    modality: str
    verdict: GateVerdict
    slices: int
    size_ijk: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    patient_position: str
    series_description: str
    study_description: str
    acquired: str
    convolution_kernel: str
    slice_thickness_mm: float | None
    findings: tuple[GateFinding, ...]
    patient_key: str = ""
    frame_of_reference_uid: str = ""
    posterior_side: str = "cannot tell"
    series_number: str = ""
    kind: str = ""
    description: str = ""
    advice: tuple[str, ...] = ()
    merit: tuple[float, ...] = ()
    rank: int = 0
    thumbnail: NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)

    @property
    def patient_position_in_words(self) -> str:
        """Such as ``head first, prone (face down)``."""
        return position_in_words(self.patient_position)

    def as_json(self) -> dict[str, Any]:
        """Return the keys the command line promises, and more."""
        return {
            "series_uid": self.series_uid,
            "study_uid": self.study_uid,
            "modality": self.modality,
            "verdict": self.verdict.value,
            "slices": self.slices,
            "size": list(self.size_ijk),
            "spacing_mm": list(self.spacing_mm),
            "frame_of_reference_uid": self.frame_of_reference_uid,
            "patient_position": self.patient_position,
            "patient_position_in_words": self.patient_position_in_words,
            "posterior_side": self.posterior_side,
            "series_number": self.series_number,
            "series_description": self.series_description,
            "study_description": self.study_description,
            "convolution_kernel": self.convolution_kernel,
            "slice_thickness_mm": self.slice_thickness_mm,
            "acquired": self.acquired,
            "patient_key": self.patient_key,
            "patient": {
                "name": self.patient.name,
                "id": self.patient.patient_id,
                "birth_date": self.patient.birth_date,
                "sex": self.patient.sex,
            },
            "rank": self.rank,
            "kind": self.kind,
            "description": self.description,
            "advice": list(self.advice),
            "findings": [finding_json(found) for found in self.findings],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyGroup:
    """Series of one study, best for planning first."""

    study_uid: str
    description: str
    series: tuple[SeriesInspection, ...]

    @property
    def date(self) -> str:
        """Earliest date of its series, ``YYYYMMDD``; empty when none says."""
        return min((one.acquired for one in self.series if one.acquired), default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientGroup:
    """Studies of one patient; the one with the best series first."""

    key: str
    patient: PatientIdentity
    studies: tuple[StudyGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What lies under one path.

    Attributes
    ----------
    series
        Best for planning first.
    findings
        About the folder as a whole.
    """

    path: Path
    series: tuple[SeriesInspection, ...]
    findings: tuple[GateFinding, ...]

    @property
    def verdict(self) -> GateVerdict:
        """What opening this path would meet.

        REFUSE when the folder is refused as a whole or no series can be loaded; WARN when
        there is anything to look at first, such as a choice between series.
        """
        loadable = self.choices
        if not loadable:
            return GateVerdict.REFUSE
        everything = list(self.findings)
        if len(loadable) == 1:
            everything += loadable[0].findings
        elif worst(self.findings) is GateVerdict.LOAD:
            return GateVerdict.WARN
        return worst(everything)

    @property
    def choices(self) -> tuple[SeriesInspection, ...]:
        """Series that may be loaded, best first; the user picks when there is more than one."""
        return tuple(one for one in self.series if one.verdict is not GateVerdict.REFUSE)

    @property
    def patients(self) -> tuple[PatientGroup, ...]:
        """All series by patient and study, in the order of the best series of each."""
        patients: dict[str, dict[str, list[SeriesInspection]]] = {}
        for one in self.series:
            patients.setdefault(one.patient_key, {}).setdefault(one.study_uid, []).append(one)
        return tuple(
            PatientGroup(
                key=key,
                patient=next(iter(studies.values()))[0].patient,
                studies=tuple(
                    StudyGroup(
                        study_uid=uid,
                        description=found[0].study_description,
                        series=tuple(found),
                    )
                    for uid, found in studies.items()
                ),
            )
            for key, studies in patients.items()
        )

    def as_json(self) -> dict[str, Any]:
        """Return the document of ``planner inspect --json``."""
        return {
            "verdict": self.verdict.value,
            "series": [one.as_json() for one in self.series],
            "findings": [finding_json(found) for found in self.findings],
        }


def finding_json(found: GateFinding) -> dict[str, Any]:
    """Return one finding as JSON."""
    return {
        "code": found.code,
        "severity": found.severity.value,
        "message": found.message,
        "files": list(found.files),
    }
