"""One check in progress: what a rule is given, what it must give back."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite, nan
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import binary_dilation

from planner.domain.finding import Finding, Severity
from planner.domain.prediction import PredictedCement, PredictedZone
from planner.domain.sourced import Status
from planner.geometry.capsule import Capsule
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import unit
from planner.safety.frame import check_frame
from planner.safety.gives import gives
from planner.safety.measured import Measured, MissingInputError
from planner.safety.naming import PLAN_SUBJECT, parts_digest
from planner.safety.surfaces import in_voxels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.anatomy import Vertebra
    from planner.domain.devices import Device, RuleText
    from planner.domain.levels import Level
    from planner.domain.plan import Ablation, CementInjection, Plan, Trajectory
    from planner.domain.sourced import Sourced
    from planner.safety.ruler import Ruler
    from planner.safety.scene import Scene


FILL_TOLERANCE = 0.05
"""Share by which the voxels of a fill may fall short of its volume: the last voxel is filled whole
or not at all, and arrival times are single precision."""


CAVITY_TOLERANCE_ML = 0.01
"""A cavity is drawn for the volume that is planned; more apart it is of another plan."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule gives back: always a word on what it looked at, and perhaps findings.

    A rule that gives back anything else, or nothing, has not run. What it could not look at
    stands in ``missing``: it is NOT EVALUATED beside what was found in the rest.
    """

    evidence: str
    findings: tuple[Finding, ...] = ()
    missing: tuple[MissingInputError, ...] = ()

    def __post_init__(self) -> None:
        if not self.evidence.strip():
            raise ValueError("a rule must say what it looked at")


@dataclass(slots=True)
class Case:
    """The plan, the scene and the limits, as one rule sees them.

    It cannot be hashed: what a ruler remembers must never be found by a whole case.

    Attributes
    ----------
    names
        What each part of the plan is called.
    recalled
        Limits and numbers of devices from memory that the rule used. They may raise a finding;
        when none was raised the rule has not passed but was NOT EVALUATED.
    """

    plan: Plan
    scene: Scene
    ruler: Ruler
    rule: RuleText
    names: Mapping[str, str]
    recalled: list[str] = field(default_factory=list)

    @gives(float)
    def limit(self, name: str) -> float:
        """Return a threshold of this rule."""
        found = self.rule.thresholds.get(name)
        if found is None:
            raise MissingInputError(f"rule {self.rule.id} has no {name}", kind="catalogue")
        if found.status.may_pass_a_check is not True:
            self.recalled.append(f"{name} of {self.rule.id}")
        return found.value

    def answer(self, name: str, words: str) -> object:
        """Return a clinical answer.

        Raises
        ------
        MissingInputError
            When nobody answered, or the number is not finite.
        """
        value = getattr(self.plan.clinical, name)
        if value is None or (isinstance(value, float) and not isfinite(value)):
            raise MissingInputError(words, kind="answer")
        return value

    @gives(float)
    def number(self, name: str, words: str) -> float:
        """Return a clinical answer that is a number."""
        value = self.answer(name, words)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise MissingInputError(f"{words} (not a number)", kind="answer")
        return float(value)

    @gives(bool)
    def yes(self, name: str, words: str) -> bool:
        """Return a clinical answer that is yes or no."""
        value = self.answer(name, words)
        if not isinstance(value, bool):
            raise MissingInputError(f"{words} (neither yes nor no)", kind="answer")
        return value

    @gives(str)
    def called(self, part: Trajectory | Ablation | CementInjection) -> str:
        """Return what a part of the plan is called, such as ``L3 left needle``."""
        return self.names[part.id]

    def vertebra(self, level: Level) -> Vertebra:
        """Return the vertebra of a level."""
        found = self.scene.anatomy.vertebrae.get(level)
        if found is None:
            raise MissingInputError(f"{level} is not outlined")
        self.ruler.remembered(check_frame, found, about=level)
        return found

    def device(self, ablation: Ablation) -> Device:
        """Return the device of an ablation."""
        found = self.scene.catalog.devices.get(ablation.device_id)
        if found is None:
            raise MissingInputError(
                f"device {ablation.device_id} is not in the catalogue", kind="catalogue"
            )
        return found

    def device_number(self, device: Device, key: str, words: str) -> Sourced:
        """Return a catalogue value of a device; one from memory never makes a rule pass."""
        found = device.numbers.get(key)
        if found is None:
            raise MissingInputError(f"{words} of {device.name}", kind="catalogue")
        if found.status.may_pass_a_check is not True:
            self.recalled.append(f"{key} of {self.rule.id}")
        return found

    def needle_of(self, part: Ablation | CementInjection) -> Trajectory:
        """Return the needle an ablation or a cement is planned on."""
        return self.plan.trajectory(part.trajectory_id)

    def level_of(self, part: Ablation | CementInjection) -> Level:
        """Return the level an ablation or a cement is planned at."""
        return self.needle_of(part).level

    def zone(self, ablation: Ablation) -> PredictedZone:
        """Return the predicted zone of an ablation."""
        found = self.scene.zones.get(ablation.id)
        if not isinstance(found, PredictedZone):
            raise MissingInputError(
                f"no zone is drawn for the {self.called(ablation)}", kind="prediction"
            )
        sound = isfinite(found.band_mm) and found.band_mm >= 0.0
        if found.ablation_id != ablation.id or not sound:
            raise MissingInputError(
                f"the zone drawn for the {self.called(ablation)} is of another ablation",
                kind="prediction",
            )
        if found.model.status.may_pass_a_check is not True:
            self.recalled.append(f"the table of the {self.called(ablation)}")
        return found

    def cement(self, injection: CementInjection) -> PredictedCement:
        """Return the predicted cement of an injection, as rules judge it."""
        found = self.scene.cements.get(injection.id)
        if not isinstance(found, PredictedCement) or found.cement_injection_id != injection.id:
            raise MissingInputError(
                f"no cement is predicted for the {self.called(injection)}", kind="prediction"
            )
        if not (isfinite(found.fill_fraction) and isfinite(found.placed_ml)):
            raise MissingInputError(
                f"how much the {self.called(injection)} fills", kind="prediction"
            )
        if found.asked_ml != injection.volume_ml:
            raise MissingInputError(
                f"the fill of the {self.called(injection)} is that of {found.asked_ml:g} mL, "
                f"not of {injection.volume_ml:g} mL",
                kind="prediction",
            )
        if not all(self.ruler.remembered(adds_up, one) for one in (found, found.judged)):
            raise MissingInputError(
                f"the fill of the {self.called(injection)} is smaller than what is injected",
                kind="prediction",
            )
        if found.worst is None and found.band_mm != 0.0:
            raise MissingInputError(
                f"no fill with its doubt of {found.band_mm:g} mm is predicted for the "
                f"{self.called(injection)}",
                kind="prediction",
            )
        if not self.ruler.remembered(holds_nominal, found):
            raise MissingInputError(
                f"the fill of the {self.called(injection)} that rules judge does not hold the "
                "nominal one",
                kind="prediction",
            )
        return found.judged

    @gives(Spheroid)
    def cavity(self, injection: CementInjection) -> Spheroid:
        """Return what a balloon or a stent hollows out before cement is given.

        Raises
        ------
        MissingInputError
            When where it opens was not predicted, or not for this volume.
        """
        found = self.scene.cements.get(injection.id)
        cavity = found.cavity if isinstance(found, PredictedCement) else None
        volume_ml = cavity.volume_mm3 / 1e3 if isinstance(cavity, Spheroid) else nan
        if cavity is None or not abs(volume_ml - injection.cavity_ml) <= CAVITY_TOLERANCE_ML:
            raise MissingInputError(
                f"where the {injection.technique.opens} of the {self.called(injection)} opens",
                kind="prediction",
            )
        return cavity

    def outer_diameter(self, needle: Trajectory) -> Sourced:
        """Return the outer diameter, mm, of the widest thing that goes in along a needle."""
        devices = [
            self.device(item) for item in self.plan.ablations if item.trajectory_id == needle.id
        ]
        return self.scene.catalog.access_diameter(devices, needle.size)

    def body_of(self, needle: Trajectory) -> Capsule:
        """Return a needle as a solid from skin to tip."""
        radius_mm = self.outer_diameter(needle).value / 2.0
        if not (isfinite(radius_mm) and radius_mm > 0.0):
            raise MissingInputError(f"the diameter of the {self.called(needle)}", kind="catalogue")
        return Capsule(needle.entry, needle.tip, radius_mm)

    def applicator_of(self, ablation: Ablation) -> Capsule:
        """Return the part of a device that gives energy: what stands beyond its cannula."""
        device, needle = self.device(ablation), self.needle_of(ablation)
        active_mm = self.device_number(
            device, "tip_beyond_cannula_mm", "how far the antenna stands beyond its cannula"
        ).value
        back = unit(needle.entry.array - needle.tip.array)
        end = needle.tip.moved(ablation.active_offset_mm * back)
        return Capsule(end, end.moved(active_mm * back), self.body_of(needle).radius_mm)

    def finding(
        self,
        severity: Severity,
        message: str,
        *,
        subject: str = PLAN_SUBJECT,
        measured: Measured | None = None,
        threshold: str = "",
        resolve: str = "",
    ) -> Finding:
        """Make a finding of this rule, with its source and the status of that source."""
        return Finding(
            rule=self.rule.id,
            severity=severity,
            message=message,
            subject=subject,
            structure=measured.structure if measured else "",
            distance_mm=measured.distance_mm if measured else None,
            at=measured.at if measured else None,
            threshold=threshold,
            source=f"{self.rule.source} ({_in_words(self.rule.status)})",
            resolve=resolve,
            judged=parts_digest(self.plan, subject)
            if measured is None and subject != PLAN_SUBJECT
            else "",
        )


@gives(str)
def _in_words(status: Status) -> str:
    return "from memory, unverified" if status is Status.RECALLED else str(status)


@gives(bool)
def holds_nominal(cement: PredictedCement) -> bool:
    """Tell whether the fill that rules judge is nowhere less than the nominal one."""
    if cement.worst is None:
        return True
    places = np.argwhere(cement.filled())[:, ::-1].astype(np.float64)
    centres = cement.geometry.lps_mm(places)
    # Each is read off its run by nearest voxel, so a tie may go another way in either of them.
    room = binary_dilation(cement.worst.filled(), np.ones((3, 3, 3)))
    return bool(in_voxels(cement.worst.geometry, room, centres).all())


@gives(bool)
def adds_up(cement: PredictedCement) -> bool:
    """Tell whether a fill takes at least the room of what is injected, and no voxel is unknown.

    Cement shares its voxels with bone, so it may take more room than its volume, never less.
    """
    voxel_ml = abs(float(np.linalg.det(cement.geometry.lps_from_ijk[:3, :3]))) / 1e3
    room_ml = int(cement.filled().sum()) * voxel_ml
    unknown = bool(np.isnan(cement.arrival_ml).any())
    return not unknown and room_ml >= (1.0 - FILL_TOLERANCE) * cement.placed_ml - voxel_ml
