"""What the chooser of a folder's series shows, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from planner.domain.volume import GateVerdict
from planner.session.state_words import day

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from planner.domain.volume import GateFinding, PatientIdentity
    from planner.imaging.inspection import Inspection, SeriesInspection

NAMES_HIDDEN = "Names are hidden. Show them (Ctrl+H) to choose between patients."

THE_CHOICE_ITSELF = ("DCM-OTHER-SERIES", "DCM-SEVERAL-PATIENTS")
"""What the gate says of a folder that the chooser says by being there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRow:
    """One series.

    Attributes
    ----------
    best
        Why it is the best for planning; empty for every other series.
    remarks
        What the gate says of it, heaviest first, each with its code; without what the chooser
        says above the list of the whole folder.
    verdict_sentence
        The heaviest of them, or why there is none.
    refused
        Why it cannot be chosen; empty when it can.
    """

    series_uid: str
    title: str
    what: str
    advice: str
    best: str
    verdict: GateVerdict
    remarks: tuple[str, ...]
    verdict_sentence: str
    refused: str
    thumbnail: NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)

    @property
    def spoken(self) -> str:
        """All of it in one line, for a screen reader."""
        verdict = {
            GateVerdict.LOAD: "can be loaded",
            GateVerdict.WARN: "can be loaded with warnings",
            GateVerdict.REFUSE: "refused",
        }[self.verdict]
        parts = (self.title, verdict, self.best or self.advice, self.what, *self.remarks)
        return ". ".join(part.rstrip(".") for part in parts if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyGroup:
    """The series of one study of one patient."""

    patient: str
    identity: str
    study: str
    rows: tuple[SeriesRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooserState:
    """What lies in a folder.

    Attributes
    ----------
    chosen
        UID of the series that is offered; empty between two patients, who are never guessed.
    remarks
        What the gate says of the folder as a whole.
    """

    place: str
    hint: str
    groups: tuple[StudyGroup, ...]
    chosen: str = ""
    remarks: tuple[str, ...] = ()


def opens_straight(inspection: Inspection) -> str | None:
    """Return the UID of the one series that needs no choice, or ``None``."""
    if len(inspection.series) != 1:
        return None
    only = inspection.series[0]
    return None if only.verdict is GateVerdict.REFUSE else only.series_uid


def chooser_state(inspection: Inspection, *, names_hidden: bool) -> ChooserState:
    """Group the series by patient and study, best for planning first."""
    patients = list(dict.fromkeys(_who(one) for one in inspection.series))
    several = len(patients) > 1
    best = next((one for one in inspection.series if _is_best(one)), None)
    studies = list(dict.fromkeys(one.study_uid for one in inspection.series))
    order = sorted(
        inspection.series,
        key=lambda one: (patients.index(_who(one)), studies.index(one.study_uid), one.rank),
    )
    best_of = {_who(one): one for one in reversed(inspection.series) if _is_best(one)}
    groups = []
    for (who, _), members in groupby(order, key=lambda one: (_who(one), one.study_uid)):
        found = list(members)
        groups.append(
            StudyGroup(
                patient=_name(patients.index(who), who, names_hidden=names_hidden),
                identity="" if names_hidden else _identity(found[0].patient),
                study=_study(found[0]),
                rows=tuple(
                    _row(
                        one,
                        is_best=one is best_of.get(who) and len(inspection.series) > 1,
                        blocked=NAMES_HIDDEN if several and names_hidden else "",
                        said_above=inspection.findings,
                    )
                    for one in found
                ),
            )
        )
    return ChooserState(
        place=inspection.path.name,
        hint=_hint(len(patients), best is not None),
        groups=tuple(groups),
        chosen="" if several or best is None else best.series_uid,
        remarks=tuple(
            f"{item.message} ({item.code})"
            for item in inspection.findings
            if item.code not in THE_CHOICE_ITSELF
        ),
    )


def _who(one: SeriesInspection) -> tuple[str, str, str]:
    patient = one.patient
    return patient.patient_id, patient.name, patient.birth_date


def _is_best(one: SeriesInspection) -> bool:
    """Tell whether it may be offered; the gate put the series in order of merit."""
    return one.verdict is not GateVerdict.REFUSE


def _name(place: int, who: tuple[str, str, str], *, names_hidden: bool) -> str:
    if names_hidden:
        return f"Patient {place + 1}, name hidden"
    return who[1].replace("^", " ").strip() or "No name"


def _identity(patient: PatientIdentity) -> str:
    parts = [f"ID {patient.patient_id}" if patient.patient_id else "no patient ID"]
    if patient.birth_date:
        parts.append(f"born {day(patient.birth_date)}")
    return " · ".join(parts)


def _study(one: SeriesInspection) -> str:
    parts = (one.study_description, day(one.acquired))
    return " · ".join(part for part in parts if part) or "Study without a description"


def _hint(patients: int, any_opens: bool) -> str:
    if not any_opens:
        return "Nothing here can be opened. Each series says why."
    if patients > 1:
        return f"This folder holds {patients} patients. Choose by name: none is chosen for you."
    return "Best for planning first. Headers were checked; pixels are checked on opening."


def _row(
    one: SeriesInspection, *, is_best: bool, blocked: str, said_above: tuple[GateFinding, ...]
) -> SeriesRow:
    advice = ", ".join(one.advice)
    heaviest = sorted(one.findings, key=lambda item: item.severity is not GateVerdict.REFUSE)
    own = [item for item in heaviest if item not in said_above]
    refused = blocked
    if one.verdict is GateVerdict.REFUSE:
        refused = next(
            (item.message for item in heaviest if item.severity is GateVerdict.REFUSE),
            "The gate refuses this series.",
        )
    return SeriesRow(
        series_uid=one.series_uid,
        title=one.series_description or "Series without a description",
        what=". ".join(part for part in (one.kind, one.description) if part),
        thumbnail=one.thumbnail,
        advice=advice,
        best=f"Best for planning: {advice}" if is_best else "",
        verdict=one.verdict,
        remarks=tuple(f"{item.message} ({item.code})" for item in own),
        verdict_sentence=_verdict_sentence(own, one.verdict),
        refused=refused,
    )


def _verdict_sentence(own: list[GateFinding], verdict: GateVerdict) -> str:
    if verdict is GateVerdict.LOAD:
        return "Nothing to remark in the headers."
    if not own or (verdict is GateVerdict.REFUSE and own[0].severity is not verdict):
        return "For what is said of the folder, above the list."
    more = f"  (+{len(own) - 1} more)" if len(own) > 1 else ""
    return f"{own[0].message} ({own[0].code}){more}"
