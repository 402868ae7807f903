"""Outlines one scan and corrects the outlines, keeping what a correction does not touch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeGuard

from planner.anatomy import builtin, imported
from planner.anatomy.corrected_spine import CorrectedSpine, corrected
from planner.anatomy.description import (
    Measured,
    Provenance,
    assemble,
    measure,
    with_difference,
)
from planner.anatomy.facing import with_facing_noted
from planner.anatomy.imported import (
    ImportedSpine,
    import_spine,
    imported_names,
    with_own_voxels,
)
from planner.anatomy.lesion_words import with_drawn_structures
from planner.anatomy.naming import NamedLevels, name_levels, words_of
from planner.anatomy.organs import find_organs
from planner.anatomy.painted_spine import (
    change_by,
    owners,
    painted,
    painted_numbers,
    paints_spine,
)
from planner.anatomy.quality import judge
from planner.anatomy.roots import with_roots
from planner.anatomy.sac_and_cord import with_sac_and_cord
from planner.anatomy.spine_guides import guides_of
from planner.domain.anatomy import Origin
from planner.domain.corrections import (
    BodyClicked,
    BoneScribble,
    BoneThreshold,
    BrushStroke,
    CanalPoint,
    Correction,
    DiscAdded,
    DiscDeleted,
    DiscMoved,
    WallLine,
)
from planner.domain.errors import UsageError
from planner.domain.progress import ProgressReport, unreported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.anatomy.naming import NamingWords
    from planner.anatomy.organs import Organs
    from planner.anatomy.outline_evidence import OutlineEvidence
    from planner.anatomy.spine_model import SpineModel
    from planner.domain.anatomy import Anatomy, Quality
    from planner.domain.levels import Level
    from planner.domain.volume import CtVolume, LabelVolume
    from planner.geometry.points import PointLps

OutlineCorrection = (
    DiscMoved
    | DiscAdded
    | DiscDeleted
    | BodyClicked
    | CanalPoint
    | BoneThreshold
    | WallLine
    | BoneScribble
)
"""Corrections of how the built-in segmenter reads the CT."""

STEPS_KEPT = 3
"""Latest states kept besides the automatic one, so that undo and redo need not start over."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Step:
    """The outlines after some corrections.

    Attributes
    ----------
    spine
        ``None`` for imported outlines.
    model
        With the strokes on it.
    """

    spine: CorrectedSpine | None
    model: SpineModel
    strokes: tuple[BrushStroke, ...]
    measured: Measured


def _is_geometry(word: Correction) -> TypeGuard[OutlineCorrection | BrushStroke]:
    """Tell whether a correction changes outlines, not names or what is drawn over them."""
    return isinstance(word, OutlineCorrection) or paints_spine(word)


class Workbench:
    """Outlines one scan; the same corrections always give the same outlines.

    What it keeps between calls only saves time. Not for several threads at once.
    """

    def __init__(
        self,
        ct: CtVolume,
        labels: LabelVolume | None = None,
        *,
        backend: str = imported.BACKEND,
        notes: tuple[str, ...] = (),
    ) -> None:
        self._ct = ct
        self._labels = labels
        self._backend = builtin.BACKEND if labels is None else backend
        self._notes = notes
        self._imported: ImportedSpine | None = None
        self._organs: Organs | None = None
        self._evidence: dict[bytes, OutlineEvidence] = {}
        self._steps: dict[tuple[Correction, ...], _Step] = {}

    def outline(
        self,
        *,
        seeds: Mapping[Level, PointLps] | None = None,
        corrections: Sequence[Correction] = (),
        report: ProgressReport = unreported,
    ) -> Anatomy:
        """Return the outlines with every correction played in order.

        Raises
        ------
        InputRefusedError
            When the scan shows no spine, or imported outlines do not fit it.
        UsageError
            When a correction does not make sense at its place.
        """
        made = tuple(word for word in corrections if _is_geometry(word))
        step = self._step(made, report)
        words = words_of(seeds or {}, corrections)
        names = self._names(step.model, words)
        anatomy = assemble(
            self._on_scan(step), step.model, names, self._qualities(step), self._provenance(step)
        )
        if step.spine is not None:
            anatomy = replace(anatomy, guides=guides_of(step.spine.outline.spine))
            anatomy = self._with_organs(anatomy, step, step.spine, names)
        anatomy = self._with_losses(anatomy, names)
        anatomy = with_facing_noted(with_drawn_structures(self._ct, anatomy, corrections))
        anatomy = with_roots(with_sac_and_cord(anatomy))
        report(1.0, "done")
        return anatomy

    def _step(self, made: tuple[Correction, ...], report: ProgressReport) -> _Step:
        """Return the state after some corrections, from the longest one that is kept."""
        known = next(n for n in range(len(made), -1, -1) if made[:n] in self._steps or n == 0)
        step = self._steps.get(made[:known]) or self._automatic(report)
        self._steps[made[:known]] = step
        for n in range(known, len(made)):
            step = self._next(step, made[n], report)
            self._steps[made[: n + 1]] = step
        self._steps[made] = self._steps.pop(made)
        self._forget(made)
        return step

    def _forget(self, made: tuple[Correction, ...]) -> None:
        """Drop the oldest states, never the automatic one."""
        for old in [key for key in self._steps if key][:-STEPS_KEPT]:
            if old != made:
                del self._steps[old]

    def _automatic(self, report: ProgressReport) -> _Step:
        spine = None
        if self._labels is None:
            outline = builtin.outline_spine(self._ct, report)
            spine, model = CorrectedSpine(outline=outline), outline.model()
        else:
            self._imported = import_spine(self._ct, self._labels, report)
            model = self._imported.model
        measured = measure(model, self._origin, report)
        return _Step(spine=spine, model=model, strokes=(), measured=measured)

    def _next(self, step: _Step, word: Correction, report: ProgressReport) -> _Step:
        """Play one correction."""
        if paints_spine(word):
            strokes = (*step.strokes, word)
            model = painted(step.model, (word,))
            change = change_by(step.model, model, word)
            change = with_difference(change, step.model, model)
            return _Step(
                spine=step.spine,
                model=model,
                strokes=strokes,
                measured=measure(model, self._origin, report, step.measured, change),
            )
        if step.spine is None:
            raise UsageError(
                "imported outlines have no lines to correct; use the brush, or outline the spine "
                "with the built-in segmenter"
            )
        spine = corrected(word, step.spine)
        model = painted(spine.outline.model(), step.strokes)
        redone = spine.change and with_difference(spine.change, step.model, model)
        return _Step(
            spine=spine,
            model=model,
            strokes=step.strokes,
            measured=measure(model, self._origin, report, step.measured, redone),
        )

    @property
    def _origin(self) -> Origin:
        return Origin.AUTOMATIC if self._labels is None else Origin.IMPORTED

    def _on_scan(self, step: _Step) -> Measured:
        """Return what was measured, with imported outlines as they came."""
        if self._imported is None:
            return step.measured
        geometry = step.measured.geometry
        own = painted_numbers(
            self._imported.numbers_on(geometry), geometry, step.model, step.strokes
        )
        return with_own_voxels(step.measured, own)

    def _with_organs(
        self, anatomy: Anatomy, step: _Step, spine: CorrectedSpine, names: NamedLevels
    ) -> Anatomy:
        """Add the vessels and the pleura that show, each at the levels it shows at."""
        if self._organs is None:
            self._organs = find_organs(spine.outline, step.measured)
        numbers = self._organs.seen_at(step.model, step.measured)
        seen = {
            name: frozenset(level for n in found if (level := names.levels[n - 1]) is not None)
            for name, found in numbers.items()
        }
        shown = {name: mask for name, mask in self._organs.masks.items() if seen[name]}
        return replace(
            anatomy,
            masks={**anatomy.masks, **shown},
            seen_at={name: seen[name] for name in shown},
        )

    def _qualities(self, step: _Step) -> list[Quality]:
        scan = None if step.spine is None else step.spine.outline.quality
        return judge(step.model, scan, self._evidence)

    def _provenance(self, step: _Step) -> Provenance:
        clicked = frozenset[int]() if step.spine is None else step.spine.clicked
        origins = dict.fromkeys(clicked, Origin.CLICKED)
        origins |= dict.fromkeys(owners(step.model, step.strokes), Origin.PAINTED)
        notes = self._notes
        if self._imported is not None and self._imported.ignored:
            ignored = list(self._imported.ignored)
            notes += (f"Numbers left out of the imported outlines: {ignored}.",)
        return Provenance(backend=self._backend, origin=self._origin, origins=origins, notes=notes)

    def _with_losses(self, anatomy: Anatomy, names: NamedLevels) -> Anatomy:
        """Say which imported vertebrae have no body in the scan."""
        if self._imported is None:
            return anatomy
        lost = [level for level in names.levels if level and level not in anatomy.vertebrae]
        if not lost:
            return anatomy
        note = f"No body was found inside the scan for {', '.join(lost)}; left out."
        return replace(anatomy, notes=(*anatomy.notes, note))

    def _names(self, model: SpineModel, words: NamingWords) -> NamedLevels:
        if self._imported is None:
            return name_levels(model, words)
        return imported_names(replace(self._imported, model=model), words)
