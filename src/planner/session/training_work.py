"""Training as the command line and the window ask for it: scans, scores, what was done."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

from planner import __version__
from planner.document.plan_file import save_plan
from planner.domain.errors import (
    InputRefusedError,
    PlannerError,
    SaveFailedError,
    UsageError,
)
from planner.domain.plan import AnatomyBinding
from planner.domain.progress import unreported
from planner.imaging import load_ct, write_ct_series
from planner.phantom import make_phantom
from planner.session.anatomy_store import load_anatomy, store_anatomy
from planner.session.training_outcome import known_case, outcome_of
from planner.training.attempt import SUFFIX, Attempt, load_attempt, save_attempt
from planner.training.exercise import Exercise, another_like, exercise, exercises
from planner.training.files import FOLDER
from planner.training.group import Assignment, load_assignment, save_assignment
from planner.training.judged_case import JudgedCase
from planner.training.progress import Progress, result_of, write_csv
from planner.training.scoring import score
from planner.training.standard import change_standard, load_standard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from planner.catalog import Catalog
    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import Plan
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume
    from planner.phantom import Phantom
    from planner.session.training_outcome import KnownCase
    from planner.training.progress import Result
    from planner.training.score_card import ScoreCard
    from planner.training.standard import Standard

SCANS: Final = "scans"
ATTEMPTS: Final = "attempts"
KEY_LETTERS: Final = 12
TRUTH: Final = AnatomyBinding(backend="truth")
"""Where the truth of a scan is kept among outlines."""

NO_REFERENCE: Final = (
    "There is no reference plan: not to treat is right, or no proposal is good enough here."
)

NO_ANSWER: Final = "Exercise"
"""What the series of every exercise is called: names of cases tell the level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A score, the plan it may be compared with, and what is really where.

    ``reference`` is ``None`` where no plan is right or none is found, ``truth`` where nothing was
    measured on one.
    """

    attempt: Attempt
    card: ScoreCard
    reference: Plan | None
    truth: Anatomy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """The attempts of a folder: scored, and a sentence for each that could not be."""

    scored: tuple[Scored, ...]
    refused: tuple[str, ...]


class TrainingServices(Protocol):
    """What the window asks; every method may raise a ``PlannerError``."""

    @property
    def standard(self) -> Standard:
        """What counts."""
        ...

    @property
    def bare_diameter_mm(self) -> float:
        """Outer diameter of a needle that no device asks for."""
        ...

    def exercises(self) -> tuple[Exercise, ...]:
        """Return the exercises over the sample cases, easiest first."""
        ...

    def exercise(self, name: str) -> Exercise:
        """Return the exercise of that name."""
        ...

    def another_like(self, name: str) -> str:
        """Return the name of an exercise like one that was not done here."""
        ...

    def assignment(self, path: Path) -> Assignment:
        """Read what an instructor gave out."""
        ...

    def save_assignment(self, path: Path, assignment: Assignment) -> None:
        """Write what an instructor gives out."""
        ...

    def scan(self, name: str, report: ProgressReport) -> Path:
        """Return the folder of an exercise's scan; makes it on its first use."""
        ...

    def truth(self, name: str, report: ProgressReport) -> Anatomy:
        """Return what is really where in the spine of an exercise."""
        ...

    def collect(self, folder: Path, report: ProgressReport) -> Collected:
        """Score every attempt in a folder and the folders in it."""
        ...

    def load(self, path: Path) -> Attempt:
        """Read an attempt."""
        ...

    def change_standard(
        self, pass_percent: float, weights: Mapping[str, float], fatal: Mapping[str, bool]
    ) -> Path:
        """Keep what counts in the instructor's own file, and say where it is."""
        ...

    def score(self, attempt: Attempt, report: ProgressReport) -> Scored:
        """Score an attempt on the truth, and remember the result."""
        ...

    def keep(self, attempt: Attempt) -> Path:
        """Write the file of an attempt, and say where it is."""
        ...

    def keep_reference(self, scored: Scored) -> Path:
        """Write the reference plan beside the attempt, and say where it is."""
        ...

    def results(self) -> tuple[Result, ...]:
        """Return what was scored here, oldest first."""
        ...

    def export(self, path: Path) -> None:
        """Write what was scored here as CSV."""
        ...


class TrainingWork:
    """Implements ``TrainingServices`` in the user's folder."""

    def __init__(self, user_folder: Path, catalog: Catalog) -> None:
        self._user_folder = user_folder
        self._folder = user_folder / FOLDER
        self._catalog = catalog
        self._progress = Progress(self._folder)

    @cached_property
    def standard(self) -> Standard:
        """What counts, as the files said when it was first asked for."""
        return load_standard(self._user_folder)

    @property
    def bare_diameter_mm(self) -> float:
        """Outer diameter of a needle that no device asks for."""
        return self._catalog.access_diameter(()).value

    def exercises(self) -> tuple[Exercise, ...]:
        """Return the exercises over the sample cases, easiest first."""
        return exercises(self._user_folder)

    def exercise(self, name: str) -> Exercise:
        """Return the exercise of that name."""
        return exercise(name, self._user_folder)

    def another_like(self, name: str) -> str:
        """Return the name of an exercise like one that was not done here."""
        return another_like(name, self._progress.done())

    def assignment(self, path: Path) -> Assignment:
        """Read what an instructor gave out."""
        return load_assignment(path, self._user_folder)

    def save_assignment(self, path: Path, assignment: Assignment) -> None:
        """Write what an instructor gives out."""
        save_assignment(path, assignment, self._user_folder)

    def truth(self, name: str, report: ProgressReport) -> Anatomy:
        """Return what is really where in the spine of an exercise."""
        return self._spine(name, report)[1]

    def load(self, path: Path) -> Attempt:
        """Read an attempt."""
        return load_attempt(path)

    def collect(self, folder: Path, report: ProgressReport) -> Collected:
        """Score every attempt in a folder and the folders in it; the same attempt counts once.

        Raises
        ------
        UsageError
            When no attempt lies there.
        """
        files = sorted(folder.rglob(f"*{SUFFIX}"))
        if not files:
            raise UsageError(f"No attempt (*{SUFFIX}) lies in {folder}.")
        found: dict[str, Attempt] = {}
        refused: list[str] = []
        for file in files:
            try:
                one = load_attempt(file)
                self.exercise(one.exercise)
            except PlannerError as refusal:
                told = str(refusal)
                refused.append(told if file.name in told else f"{file.name}: {told}")
            else:
                found[one.id] = one
        scored = self.score_all(tuple(found.values()), report, refused)
        return Collected(scored=scored, refused=tuple(refused))

    def change_standard(
        self, pass_percent: float, weights: Mapping[str, float], fatal: Mapping[str, bool]
    ) -> Path:
        """Keep what counts in the instructor's own file, and say where it is."""
        path = change_standard(self._user_folder, pass_percent, weights, fatal)
        self.__dict__.pop("standard", None)  # what the property keeps is of the old file
        return path

    def scan(self, name: str, report: ProgressReport) -> Path:
        """Return the folder of an exercise's scan; makes it whole on its first use."""
        recipe = self.exercise(name).recipe
        key = hashlib.sha256(f"{__version__} {recipe!r}".encode()).hexdigest()[:KEY_LETTERS]
        folder = self._folder / SCANS / f"{name} {key}"
        if not folder.exists():
            self._write_scan(folder, make_phantom(recipe, report=report))
        return folder

    def _write_scan(self, folder: Path, made: Phantom) -> None:
        """Write a scan whole, and keep its truth apart from it, where no trainee opens it."""
        record = replace(made.ct.record, series_description=NO_ANSWER)
        draft = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
        try:
            write_ct_series(draft, replace(made.ct, record=record))
            draft.replace(folder)
        except OSError as failure:
            raise SaveFailedError(
                f"The scan of the exercise could not be written to {folder} "
                f"({failure.strerror or failure}). Free some space and try again."
            ) from failure
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        store_anatomy(made.ct, TRUTH, made.truth)

    def _spine(self, name: str, report: ProgressReport) -> tuple[CtVolume, Anatomy]:
        """Return the scan that a trainee reads, and its truth; painted on the first use alone.

        It is the scan as it is read from its files, never the painted one, so that an attempt
        scores the same whether the spine was painted now or before.
        """
        folder = self.scan(name, lambda part, what: report(part * 0.8, what))
        report(0.8, "reading the scan of the exercise")
        ct = load_ct(folder)
        truth = load_anatomy(ct, TRUTH)
        if truth is None:
            made = make_phantom(self.exercise(name).recipe, report=report)
            if made.ct.record.sha256 != ct.record.sha256:
                raise InputRefusedError(
                    "TRAIN-SCAN-CHANGED",
                    f"The scan of {name} in {folder} is no longer as it was painted. Remove that "
                    "folder; it is made again.",
                )
            truth = made.truth
            store_anatomy(ct, TRUTH, truth)
        return ct, truth

    def score(self, attempt: Attempt, report: ProgressReport = unreported) -> Scored:
        """Score an attempt on the truth of its exercise, and remember the result.

        Raises
        ------
        InputRefusedError
            ``TRAIN-OTHER-SCAN`` when its plan was made on another scan than the exercise has.
        """
        return self.score_all((attempt,), report)[0]

    def score_all(
        self,
        attempts: Sequence[Attempt],
        report: ProgressReport = unreported,
        refused: list[str] | None = None,
    ) -> tuple[Scored, ...]:
        """Score attempts, in their order; the truth of each exercise is worked out once.

        What cannot be scored is told in ``refused`` and left out; without it, it is raised.
        """
        found: dict[str, Scored] = {}
        for name in dict.fromkeys(one.exercise for one in attempts):
            wanted = self.exercise(name)
            ct, truth = self._spine(name, lambda part, what: report(part * 0.3, what))
            here = [one for one in attempts if one.exercise == name]
            for one in tuple(here):
                try:
                    _refuse_other_scan(one, ct.record.sha256)
                except InputRefusedError as refusal:
                    if refused is None:
                        raise
                    refused.append(str(refusal))
                    here.remove(one)
            known = known_case(
                wanted,
                self._catalog,
                self.standard,
                ct,
                truth,
                lambda part, what: report(0.3 + part * 0.4, what),
                predicts=any(_is_predicted(one) for one in here),
            )
            for one in here:
                found[one.id] = self._scored(
                    one, known, lambda part, what: report(0.7 + part * 0.3, what)
                )
        return tuple(found[one.id] for one in attempts if one.id in found)

    def _scored(self, attempt: Attempt, known: KnownCase, report: ProgressReport) -> Scored:
        is_planned = attempt.reading.treat and known.exercise.treat
        plan = attempt.plan if is_planned else None
        judged = JudgedCase(
            exercise=known.exercise,
            truth=known.reading,
            attempt=attempt,
            outcome=outcome_of(plan, known.case, report, predicts=_is_predicted(attempt)),
            reference=known.outcome,
            standard=self.standard,
        )
        card = score(judged)
        self._progress.keep(result_of(attempt, card))
        truth = known.case.anatomy
        return Scored(attempt=attempt, card=card, reference=known.reference, truth=truth)

    def keep(self, attempt: Attempt) -> Path:
        """Write the file of an attempt, and say where it is."""
        path = self._folder / ATTEMPTS / f"{attempt.exercise} {attempt.id}{SUFFIX}"
        save_attempt(path, attempt)
        return path

    def keep_reference(self, scored: Scored) -> Path:
        """Write the reference plan beside the attempt, and say where it is.

        Raises
        ------
        UsageError
            When there is none.
        """
        if scored.reference is None:
            raise UsageError(NO_REFERENCE)
        path = self._folder / ATTEMPTS / f"{scored.attempt.exercise} reference.plan"
        path.parent.mkdir(parents=True, exist_ok=True)
        save_plan(path, scored.reference)
        return path

    def results(self) -> tuple[Result, ...]:
        """Return what was scored here, oldest first."""
        return self._progress.results()

    def export(self, path: Path) -> None:
        """Write what was scored here as CSV."""
        write_csv(path, self.results(), tuple(self.standard.criteria))


def _is_predicted(attempt: Attempt) -> bool:
    """Tell whether heat and cement of an attempt are compared with those of the reference."""
    return attempt.reading.treat and attempt.shots is None


def _refuse_other_scan(attempt: Attempt, sha256: str) -> None:
    if attempt.plan is not None and attempt.plan.scan.sha256 != sha256:
        raise InputRefusedError(
            "TRAIN-OTHER-SCAN",
            f"The plan of an attempt by {attempt.by} was not made on the scan of "
            f"{attempt.exercise}, so its points mean other places. Do the exercise again with "
            "this version.",
        )
