"""How another scan is related to the one that is wanted, in words, without naming anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from planner.domain.volume import PatientIdentity


class Identified(Protocol):
    """What a scan says of itself; a record, a plan's binding and an inspection all do."""

    @property
    def patient(self) -> PatientIdentity:
        """Whose it is."""
        ...

    @property
    def study_uid(self) -> str:
        """DICOM (0020,000D)."""
        ...

    @property
    def series_uid(self) -> str:
        """DICOM (0020,000E)."""
        ...

    @property
    def frame_of_reference_uid(self) -> str:
        """DICOM (0020,0052): equal where places mean the same."""
        ...

    @property
    def acquired(self) -> str:
        """``YYYYMMDD`` or empty."""
        ...


def relation_in_words(wanted: Identified, found: Identified) -> str:
    """Say how a scan that is not the wanted one is related to it, the gravest first."""
    whose = _whose(wanted.patient, found.patient)
    if whose != SAME_PATIENT:
        return whose
    if not (wanted.study_uid and found.study_uid):
        return "it is of the same patient, but does not say of which study"
    if wanted.study_uid != found.study_uid:
        date = found.acquired
        day = f" of {date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == len("YYYYMMDD") else ""
        return f"it is of the same patient, but from another study{day}"
    if wanted.frame_of_reference_uid != found.frame_of_reference_uid:
        return (
            "it is of the same patient and study, but in another frame of reference: the patient "
            "was moved or scanned anew, so no place carries over"
        )
    if wanted.series_uid != found.series_uid:
        return (
            "it is another series of the same patient, study and frame of reference, such as "
            "another reconstruction or phase"
        )
    return (
        "it is the same series of the same patient, but its voxels or geometry differ: slices "
        "were lost, added or changed on the way"
    )


SAME_PATIENT = ""


def names_another_patient(wanted: PatientIdentity, found: PatientIdentity) -> bool:
    """Tell whether two identities contradict each other; silence contradicts nothing."""
    return any(
        mine and theirs and mine != theirs
        for mine, theirs in (
            (wanted.patient_id, found.patient_id),
            (wanted.name, found.name),
            (wanted.birth_date, found.birth_date),
        )
    )


def _whose(wanted: PatientIdentity, found: PatientIdentity) -> str:
    pairs = (
        (wanted.patient_id, found.patient_id),
        (wanted.name, found.name),
        (wanted.birth_date, found.birth_date),
    )
    if names_another_patient(wanted, found):
        return "it is of ANOTHER PATIENT"
    if not any(mine and theirs for mine, theirs in pairs[:2]):
        return "it does not say whose it is"
    if any(bool(mine) is not bool(theirs) for mine, theirs in pairs):
        return "whether it is of the same patient is not certain, for one of the two says less"
    return SAME_PATIENT
