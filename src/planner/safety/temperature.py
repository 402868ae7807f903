"""What a simulation says of nerves, and what a thermometer says: A6, A7, A8, A13, A14."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.domain.devices import Modality
from planner.domain.finding import Severity
from planner.domain.prediction import PredictedZone
from planner.domain.structures import in_words
from planner.safety.case import Outcome
from planner.safety.gives import gives
from planner.safety.measured import MissingInputError
from planner.safety.rule import AblationRule, Rule
from planner.safety.spared import layers_not_known_to_stay, nerve_structures, spared_by_zone

if TYPE_CHECKING:
    from planner.domain.finding import Finding
    from planner.domain.plan import Ablation
    from planner.domain.prediction import StructureExposure
    from planner.safety.case import Case
    from planner.safety.measured import Measured

HEAT = frozenset({Modality.BIPOLAR_RF, Modality.MONOPOLAR_RF, Modality.MICROWAVE})

HEAT_REACH_MM = 10.0
"""Beyond this from a zone and its band no heat simulation is asked for: the distance from which
temperature at the nerve is not measured in practice (A3)."""


def predicted_heat(case: Case, ablation: Ablation) -> Outcome:
    """A6: simulated peak temperature at each nerve structure, doubt included."""
    if case.device(ablation).modality not in HEAT:
        return Outcome(f"{case.called(ablation)} is not heat")
    exposures = _exposures(case, ablation)
    block, stop = case.limit("block_from_celsius"), case.limit("stop_from_celsius")
    findings = []
    for name, exposure in exposures.items():
        peak = exposure.peak_celsius + exposure.band_celsius
        if peak >= stop:
            findings.append(
                _of_structure(
                    case,
                    Severity.BLOCK if peak >= block else Severity.STOP,
                    f"The {in_words(name)} may reach {peak:.1f} °C from the "
                    f"{case.called(ablation)}.",
                    ablation,
                    name,
                    f"below {stop:g} °C",
                )
            )
    return _outcome(case, ablation, exposures, findings)


def predicted_dose(case: Case, ablation: Ablation) -> Outcome:
    """A7: simulated heat dose at each nerve structure."""
    if case.device(ablation).modality not in HEAT:
        return Outcome(f"{case.called(ablation)} is not heat")
    exposures = _exposures(case, ablation)
    stop, warn = case.limit("stop_from_cem43_min"), case.limit("warn_from_cem43_min")
    findings = []
    for name, exposure in exposures.items():
        if exposure.cem43_min >= warn:
            findings.append(
                _of_structure(
                    case,
                    Severity.STOP if exposure.cem43_min >= stop else Severity.WARN,
                    f"The {in_words(name)} may take a heat dose of {exposure.dose_words} "
                    f"from the {case.called(ablation)}.",
                    ablation,
                    name,
                    f"below {warn:g} CEM43 minutes",
                )
            )
    return _outcome(case, ablation, exposures, findings)


def live_thermometer(case: Case, ablation: Ablation) -> Outcome:
    """A8: the reading a person entered during the treatment stops the energy at its limit."""
    hot, cold = case.limit("hot_from_celsius"), case.limit("cold_to_celsius")
    if case.plan.clinical.thermometer_celsius is None:
        return Outcome(
            f"{case.called(ablation)}: no reading yet; energy stops at {hot:g} and {cold:g} °C"
        )
    celsius = case.number("thermometer_celsius", "thermometer")
    evidence = f"{case.called(ablation)}: the thermometer reads {celsius:.1f} °C"
    heat = case.device(ablation).modality in HEAT
    if celsius < hot if heat else celsius > cold:
        return Outcome(evidence)
    over = case.limit("overshoot_celsius")
    finding = case.finding(
        Severity.STOP,
        f"Stop the energy of the {case.called(ablation)} now: the thermometer reads "
        f"{celsius:.1f} °C and may go {over:g} °C further.",
        subject=ablation.id,
        threshold=f"below {hot:g} °C" if heat else f"above {cold:g} °C",
        resolve="Wait until the temperature is back, and protect before going on.",
    )
    return Outcome(evidence, (finding,))


def cold_at_nerve(case: Case, ablation: Ablation) -> Outcome:
    """A13: simulated cold at each nerve structure."""
    if case.device(ablation).modality is not Modality.CRYO:
        return Outcome(f"{case.called(ablation)} is not cold")
    exposures = _required_exposures(case, ablation)
    block, stop = case.limit("block_to_celsius"), case.limit("stop_below_celsius")
    findings = []
    for name, exposure in exposures.items():
        lowest = exposure.lowest_celsius - exposure.band_celsius
        if lowest < stop:
            findings.append(
                _of_structure(
                    case,
                    Severity.BLOCK if lowest <= block else Severity.STOP,
                    f"The {in_words(name)} may cool to {lowest:.1f} °C from the "
                    f"{case.called(ablation)}.",
                    ablation,
                    name,
                    f"at least {stop:g} °C",
                )
            )
    return _outcome(case, ablation, exposures, findings)


def cryo_spacing_and_duty(case: Case, ablation: Ablation) -> Outcome:
    """A14: distance to the next cryoprobe, and duty."""
    if case.device(ablation).modality is not Modality.CRYO:
        return Outcome(f"{case.called(ablation)} is not cold")
    if ablation.duty_percent is None:
        raise MissingInputError(f"duty of the {case.called(ablation)}", kind="prediction")
    tip = case.needle_of(ablation).tip
    others = [
        case.needle_of(item).tip.distance_mm(tip)
        for item in case.plan.ablations
        if item.id != ablation.id
        and case.device(item).modality is Modality.CRYO
        and case.level_of(item) is case.level_of(ablation)
    ]
    findings = []
    stop, info = case.limit("stop_above_mm"), case.limit("info_above_mm")
    if others and min(others) > info:
        findings.append(
            case.finding(
                Severity.STOP if min(others) > stop else Severity.INFO,
                f"The next cryoprobe is {min(others):.1f} mm from the {case.called(ablation)}.",
                subject=ablation.id,
                threshold=f"at most {info:g} mm, never over {stop:g} mm",
                resolve="Place the probes closer.",
            )
        )
    least = case.limit("duty_min_percent")
    if not ablation.duty_percent >= least:
        findings.append(
            case.finding(
                Severity.WARN,
                f"{case.called(ablation)} freezes at {ablation.duty_percent:g} % duty.",
                subject=ablation.id,
                threshold=f"at least {least:g} %",
                resolve="Raise the duty or expect a smaller zone.",
            )
        )
    return Outcome(f"{case.called(ablation)}: {len(others)} other probes", tuple(findings))


def about_zone(
    case: Case,
    severity: Severity,
    message: str,
    ablation: Ablation,
    measured: Measured,
    threshold: str,
) -> Finding:
    """Make a finding about a zone and the structure it is measured to."""
    return case.finding(
        severity,
        message,
        subject=ablation.id,
        measured=measured,
        threshold=threshold,
        resolve="Move or shrink the zone; else record a thermocouple and protection.",
    )


def _outcome(
    case: Case,
    ablation: Ablation,
    exposures: dict[str, StructureExposure],
    findings: list[Finding],
) -> Outcome:
    """Return what was found.

    A simulation clears nothing where it rests on numbers from memory, or on a layer that is not
    known to stay where it was simulated.
    """
    if exposures and not findings:
        simulated = case.scene.exposures[ablation.id]
        if simulated.model.status.may_pass_a_check is not True:
            raise MissingInputError(
                f"the simulation of the {case.called(ablation)} found no excess, but data of its "
                "device or tissue are from memory",
                kind="catalogue",
            )
        if layers := layers_not_known_to_stay(case):
            raise MissingInputError(
                f"the simulation of the {case.called(ablation)} counts on a layer of "
                f"{layers[0].words}, which is not known to stay where it protects",
                kind="prediction",
            )
    return Outcome(_simulated(exposures), tuple(findings))


def _of_structure(
    case: Case, severity: Severity, message: str, ablation: Ablation, name: str, threshold: str
) -> Finding:
    if _has_zone(case, ablation):
        near = spared_by_zone(case, ablation).near
        measured = next(item for item in near if item.structure == name)
        return about_zone(case, severity, message, ablation, measured, threshold)
    # Without a zone there is no distance to give, and one that cannot be measured from the needle
    # must not hide an excess temperature.
    return replace(
        case.finding(
            severity,
            message,
            subject=ablation.id,
            threshold=threshold,
            resolve="Move the needle or lower the setting; else record how nerves are spared.",
        ),
        structure=name,
    )


@gives(bool)
def _has_zone(case: Case, ablation: Ablation) -> bool:
    return isinstance(case.scene.zones.get(ablation.id), PredictedZone)


def _exposures(case: Case, ablation: Ablation) -> dict[str, StructureExposure]:
    """Return the simulated exposures; where no nerve is within reach of heat none are needed."""
    if _has_zone(case, ablation):
        near = spared_by_zone(case, ablation).nearest.distance_mm - case.zone(ablation).band_mm
        if near >= HEAT_REACH_MM and ablation.id not in case.scene.exposures:
            return {}
    return _required_exposures(case, ablation)


def _required_exposures(case: Case, ablation: Ablation) -> dict[str, StructureExposure]:
    found = case.scene.exposures.get(ablation.id)
    if found is None or found.ablation_id != ablation.id:
        raise MissingInputError(
            f"temperature near nerves was not simulated for the {case.called(ablation)}",
            kind="prediction",
        )
    asked = _asked(case, ablation)
    if missing := [name for name in asked if name not in found.at_structures]:
        raise MissingInputError(
            f"the simulation of the {case.called(ablation)} says nothing of "
            f"{', '.join(map(in_words, missing))}",
            kind="prediction",
        )
    # What was simulated farther away is judged too: warmth may reach beyond what dies.
    nerves = nerve_structures(case, case.level_of(ablation))
    return {name: found.at_structures[name] for name in nerves if name in found.at_structures}


def _asked(case: Case, ablation: Ablation) -> list[str]:
    """Name the nerve structures a simulation must speak of.

    Without a zone from a table there is nothing to measure nearness from, so all are asked.
    """
    if not _has_zone(case, ablation):
        return list(nerve_structures(case, case.level_of(ablation)))
    reach_mm = HEAT_REACH_MM + case.zone(ablation).band_mm
    near = spared_by_zone(case, ablation).near
    return [item.structure for item in near if item.distance_mm < reach_mm]


@gives(str)
def _simulated(exposures: dict[str, StructureExposure]) -> str:
    if not exposures:
        return f"no nerve structure within {HEAT_REACH_MM:g} mm of the zone and its band"
    return f"simulated at {', '.join(map(in_words, exposures))}"


RULES: tuple[Rule, ...] = (
    AblationRule("A6", predicted_heat),
    AblationRule("A7", predicted_dose),
    AblationRule("A8", live_thermometer),
    AblationRule("A13", cold_at_nerve),
    AblationRule("A14", cryo_spacing_and_duty),
)
