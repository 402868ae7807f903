"""Two plans of one scan side by side: which needles, zones and findings differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.document.differences import Difference, differences, needle_name
from planner.domain.prediction import MissingZone, PredictedZone
from planner.session.comparison import Comparison
from planner.session.drawing import Drawing, NeedleMark, ZoneMark, level_tags, wall_points
from planner.session.outline_desk import outlines_key

if TYPE_CHECKING:
    from pathlib import Path

    from planner.domain.anatomy import Anatomy
    from planner.domain.finding import Finding
    from planner.domain.plan import Plan
    from planner.domain.progress import ProgressReport
    from planner.session.case_desk import CaseDesk
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.pane_desk import PaneDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices, Evaluation

SLOT = "compare"
ABSENT = "no finding"
OTHER_OUTLINES = (
    "The other plan stands on other outlines, so its zones and findings are not compared here: "
    "they would be judged on outlines that are not its own."
)
OTHER_SCAN = "The other plan is of another scan, so only what was planned is compared."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Compared:
    plan: Plan
    comparison: Comparison
    drawing: Drawing | None


class CompareDesk:
    """Holds one comparison until the case changes or it is closed."""

    def __init__(
        self,
        services: CaseServices,
        floor: Floor,
        jobs: JobDesk,
        case: CaseDesk,
        edits: PlanDesk,
        panes: PaneDesk,
    ) -> None:
        self._services = services
        self._floor = floor
        self._jobs = jobs
        self._case = case
        self._edits = edits
        self._panes = panes
        self._file: Path | None = None
        self._made: _Compared | None = None

    @property
    def state(self) -> Comparison | None:
        """What is shown."""
        made = self._made
        if made is None or self._edits.document is None:
            return None
        return replace(made.comparison, is_stale=self._edits.plan != made.plan)

    @property
    def drawing(self) -> Drawing | None:
        """The other plan as drawn over the slices; ``None`` when it cannot be."""
        return None if self._made is None else self._made.drawing

    def forget(self) -> None:
        """Compare with nothing."""
        self._jobs.cancel(SLOT)
        self._file = self._made = None
        self._panes.show_compared(shown=False)
        self._floor.refresh()

    def with_saved(self) -> None:
        """Compare with what the plan's own file says."""
        if self._case.path is not None:
            self.with_file(self._case.path)

    def again(self) -> None:
        """Compare with the same file as it is now."""
        if self._file is not None:
            self.with_file(self._file)

    def with_file(self, path: Path) -> None:
        """Compare with another plan, in the background."""
        ct, anatomy = self._case.ct, self._edits.anatomy
        if ct is None:
            return
        plan, services = self._edits.plan, self._services

        def work(report: ProgressReport) -> _Compared:
            other = services.load_plan(path)
            rows = [("Plan", row) for row in differences(plan, other)]
            begun = f", begun {other.created_utc[:10]}" if other.created_utc else ""
            title = f"revision {other.revision}{begun}"
            if other.scan.sha256 != plan.scan.sha256:
                made = Comparison(title=title, rows=tuple(rows), remarks=(OTHER_SCAN,))
                return _Compared(plan=plan, comparison=made, drawing=None)
            drawing = _drawing(other, anatomy, services)
            if outlines_key(other.anatomy) != outlines_key(plan.anatomy):
                made = Comparison(title=title, rows=tuple(rows), remarks=(OTHER_OUTLINES,))
                return _Compared(plan=plan, comparison=made, drawing=drawing)
            report(0.3, "Checking both plans")
            one = services.evaluate(plan, ct, anatomy, report)
            two = services.evaluate(other, ct, anatomy, report)
            verdicts = [run.assessment.verdict.value.replace("_", " ") for run in (one, two)]
            if verdicts[0] != verdicts[1]:
                row = Difference(what="Verdict", one=verdicts[0], other=verdicts[1])
                rows.append(("Check", row))
            rows += [("Zones", row) for row in zone_differences(one, two)]
            found, same = finding_differences(one, two)
            rows += [("Findings", row) for row in found]
            alike = "1 finding is" if same == 1 else f"{same} findings are"
            remarks = (f"{alike} the same in both plans.",)
            made = Comparison(title=title, rows=tuple(rows), remarks=remarks)
            return _Compared(plan=plan, comparison=made, drawing=drawing)

        self._jobs.start(SLOT, "Comparing two plans", work, lambda value: self._came(path, value))

    def _came(self, path: Path, value: object) -> None:
        made: _Compared = value  # type: ignore[assignment]  # what the work above returns
        self._file, self._made = path, made
        self._panes.show_compared(shown=made.drawing is not None)


def zone_differences(one: Evaluation, other: Evaluation) -> list[Difference]:
    """Return the zones that are not the same, by ablation."""
    first, second = ({zone.ablation_id: zone for zone in run.zones} for run in (one, other))
    found = []
    for name in first | second:
        words = [_zone_words(run.get(name)) for run in (first, second)]
        if words[0] != words[1]:
            found.append(Difference(what=f"Zone of {name}", one=words[0], other=words[1]))
    return found


def _zone_words(zone: PredictedZone | MissingZone | None) -> str:
    if zone is None:
        return "none"
    if isinstance(zone, MissingZone):
        return f"unknown: {zone.reason}"
    shape = zone.shape
    return (
        f"{2 * shape.half_length_mm:.0f} × {2 * shape.half_width_mm:.0f} mm, "
        f"{shape.volume_mm3 / 1000:.1f} mL, about {_place(zone)}"
    )


def _place(zone: PredictedZone) -> str:
    x, y, z = zone.shape.centre.array
    return (
        f"{'L' if x >= 0 else 'R'} {abs(x):.1f} {'P' if y >= 0 else 'A'} {abs(y):.1f} "
        f"{'S' if z >= 0 else 'I'} {abs(z):.1f} mm"
    )


def finding_differences(one: Evaluation, other: Evaluation) -> tuple[list[Difference], int]:
    """Return the findings that differ, and how many are the same in both plans."""
    first, second = (_by_what(run) for run in (one, other))
    found, same = [], 0
    for key in first | second:
        a, b = first.get(key), second.get(key)
        words = [_finding_words(finding) for finding in (a, b)]
        if words[0] == words[1]:
            same += 1
            continue
        known = a or b
        if known is None:
            continue
        plan = one.plan if a else other.plan
        place = (b or known).at
        what = f"{known.rule} {_subject(plan, known)}".strip()
        found.append(Difference(what=what, one=words[0], other=words[1], at=place))
    return found, same


def _by_what(run: Evaluation) -> dict[tuple[str, str, str, int], Finding]:
    """Return the findings by rule, object and structure; a number tells repeated ones apart."""
    found: dict[tuple[str, str, str, int], Finding] = {}
    for finding in run.assessment.findings:
        number = 0
        key = (finding.rule, finding.subject, finding.structure or "", number)
        while key in found:
            number += 1
            key = (*key[:3], number)
        found[key] = finding
    return found


def _subject(plan: Plan, finding: Finding) -> str:
    needles = {str(needle.id): needle.id for needle in plan.trajectories}
    if finding.subject in needles:
        return needle_name(plan, needles[finding.subject])
    return finding.subject


def _finding_words(finding: Finding | None) -> str:
    if finding is None:
        return ABSENT
    distance = "" if finding.distance_mm is None else f" {finding.distance_mm:.1f} mm."
    return f"{finding.severity.value.replace('_', ' ')}: {finding.message}{distance}"


def _drawing(plan: Plan, anatomy: Anatomy | None, services: CaseServices) -> Drawing:
    """Return the other plan as drawn; none of its needles can be taken hold of."""
    parts = services.needle_parts(plan)
    needles = []
    for needle in plan.trajectories:
        made = parts.assemblies.get(needle.id)
        needles.append(
            NeedleMark(
                id=needle.id,
                label=f"{needle.level} {needle.side}",
                entry=needle.entry,
                tip=needle.tip,
                selected=False,
                locked=True,
                solids=() if made is None else made.solids,
                active=None if made is None else made.active,
            )
        )
    zones = tuple(
        ZoneMark(shape=zone.shape, band_mm=zone.band_mm, label=zone.ablation_id)
        for zone in services.predict_zones(plan)
        if isinstance(zone, PredictedZone)
    )
    return Drawing(
        needles=tuple(needles),
        zones=zones,
        wall_points_mm=wall_points(anatomy) if anatomy else None,
        levels=level_tags(anatomy) if anatomy else (),
    )
