"""What an archive answered, as our own records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.pacs.peer import SeriesFound, StudyFound

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def study_of(answer: Dataset) -> StudyFound:
    """Return a study; what the archive leaves out is empty."""
    kinds = answer.get("ModalitiesInStudy", None) or ()
    return StudyFound(
        study_uid=_text(answer, "StudyInstanceUID"),
        patient_id=_text(answer, "PatientID"),
        patient_name=_text(answer, "PatientName"),
        birth_date=_text(answer, "PatientBirthDate"),
        date=_text(answer, "StudyDate"),
        description=_text(answer, "StudyDescription"),
        accession=_text(answer, "AccessionNumber"),
        modalities=(kinds,) if isinstance(kinds, str) else tuple(str(one) for one in kinds),
    )


def series_of(answer: Dataset) -> SeriesFound:
    """Return a series; the number of its instances only where the archive says one."""
    count = _text(answer, "NumberOfSeriesRelatedInstances")
    return SeriesFound(
        series_uid=_text(answer, "SeriesInstanceUID"),
        modality=_text(answer, "Modality"),
        number=_text(answer, "SeriesNumber"),
        description=_text(answer, "SeriesDescription"),
        instances=int(count) if count.isdecimal() else None,
    )


def _text(answer: Dataset, keyword: str) -> str:
    value = answer.get(keyword, None)
    return "" if value is None else str(value)
