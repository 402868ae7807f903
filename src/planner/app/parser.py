"""The words of the command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

from planner import __version__
from planner.app.batch_words import add_batch
from planner.app.registration_words import add_registration
from planner.app.sample_words import add_samples
from planner.app.training_parser import add_verbs
from planner.app.treatment_words import LAYER_FORM, TISSUE_FORM, layer, tissue
from planner.domain.corrections import LesionGrown
from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side
from planner.domain.plan import Approach, CementTechnique
from planner.geometry.points import PointLps

NOT_A_DEVICE = "Research and teaching software. Not a medical device."

ONE_COPY = (
    "One run copies one series, under identifiers that no other run gives again: copies of two "
    "series of a study no longer say that they belong together, so that nobody can link them."
)

EXPORTS = {
    "seg": "outlines as DICOM SEG",
    "rtstruct": "outlines as DICOM RTSTRUCT",
    "pdf": "the report as an encapsulated PDF",
    "markups": "needles as Slicer markups",
    "stl": "surfaces as STL",
    "obj": "surfaces as OBJ",
    "plan-dicom": "the plan itself as a DICOM object, to be found with its study",
    "all": "whatever the scan allows",
}

_Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"  # noqa: SLF001 - argparse has no public name for it


class _Parser(argparse.ArgumentParser):
    """Raises instead of leaving the process, so that every error takes one way out."""

    def error(self, message: str) -> None:  # type: ignore[override]  # argparse says NoReturn; we raise
        raise UsageError(f"{message}. See: {self.prog} --help")


def point(text: str) -> PointLps:
    """Read ``x,y,z`` in LPS mm."""
    try:
        return PointLps.of(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a point; write x,y,z in LPS millimetres, such as 12.5,-30,410"
        ) from None


def level(text: str) -> Level:
    """Read a level name."""
    try:
        return Level(text.upper())
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a level; write C1-C7, T1-T13, L1-L6 or S1"
        ) from None


def seed(text: str) -> tuple[Level, PointLps]:
    """Read ``L3=x,y,z``."""
    name, equals, where = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"'{text}' is not a seed; write L3=x,y,z")
    return level(name), point(where)


def lesion(text: str) -> LesionGrown:
    """Read ``x,y,z`` with limits behind it, such as ``12.5,-30,410:high=90:reach=12``."""
    where, *limits = text.split(":")
    known = {"low": "low_hu", "high": "high_hu", "reach": "reach_mm"}
    given: dict[str, float] = {}
    for limit in limits:
        name, _, value = limit.partition("=")
        try:
            given[known[name]] = float(value)
        except (KeyError, ValueError):
            raise argparse.ArgumentTypeError(
                f"'{limit}' is not a limit of a lesion; write low=HU, high=HU or reach=MM"
            ) from None
    at = point(where)
    try:
        return LesionGrown(at=at, **given)
    except ValueError as refusal:
        raise argparse.ArgumentTypeError(str(refusal)) from None


def positive(text: str) -> float:
    """Read a number above zero."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above zero")
    return value


def triple(text: str) -> tuple[float, float, float]:
    """Read three numbers above zero."""
    values = tuple(positive(part) for part in text.split(","))
    if len(values) != 3:
        raise argparse.ArgumentTypeError(f"'{text}' is not three numbers, such as 0.8,0.8,1.0")
    return values[0], values[1], values[2]


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every command; each sets ``handler`` as ``module:function``."""
    parser = _Parser(
        prog="planner",
        description=f"Plans ablation and augmentation of spinal metastases on CT. {NOT_A_DEVICE}",
        epilog="Without a command the window opens. Exit codes: 0 done, 2 wrong usage, "
        "3 input refused, 4 unresolved findings (--strict), 5 a fault of ours.",
    )
    parser.add_argument("--version", action="version", version=f"planner {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command", parser_class=_Parser)
    for add in (
        _imaging,
        _anatomy,
        _batch,
        _registration,
        _planning,
        _checking,
        _room,
        _output,
        _outcome,
        _pacs,
        _samples,
        _training,
        _catalog,
        _window,
    ):
        add(commands)
    return parser


def _command(
    commands: _Commands,
    name: str,
    does: str,
    module: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=does, description=f"{does} {NOT_A_DEVICE}")
    parser.set_defaults(handler=f"planner.app.commands.{module}:{name}")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    return parser


def _ct(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "ct",
        type=Path,
        metavar="CT",
        help="DICOM folder or file, NIfTI or NRRD",
    )
    parser.add_argument("--series", metavar="UID", help="which series to read")


def _outlines(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--anatomy", type=Path, metavar="LABELS", help="vertebra labels to use")
    _seed(parser)
    _lesion(parser)


def _seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seed", type=seed, action="append", default=[], metavar="L3=x,y,z",
        help="a point in the body of a vertebra and its level; may be repeated",
    )  # fmt: skip


def _lesion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lesion", type=lesion, action="append", default=[],
        metavar="x,y,z[:low=HU][:high=HU][:reach=MM]",
        help="grow a lesion from a point inside it, within limits where given; may be repeated",
    )  # fmt: skip


def _imaging(commands: _Commands) -> None:
    _ct(_command(commands, "inspect", "Say what the gate says of a CT.", "imaging"))
    convert = _command(commands, "convert", "Write the volume as the planner sees it.", "imaging")
    _ct(convert)
    convert.add_argument("--out", type=Path, required=True, help="NIfTI or NRRD, by its ending")
    deidentify = _command(commands, "deidentify", "Write a de-identified copy.", "imaging")
    deidentify.epilog = ONE_COPY
    _ct(deidentify)
    deidentify.add_argument("--out", type=Path, required=True, help="a folder")


def _anatomy(commands: _Commands) -> None:
    segment = _command(commands, "segment", "Outline the vertebrae.", "anatomy")
    _ct(segment)
    segment.add_argument(
        "--out", type=Path, required=True, help="vertebra labels in VerSe numbers, NIfTI or NRRD"
    )
    segment.add_argument(
        "--backend", default="builtin", metavar="builtin|totalsegmentator|import:FILE",
        help="who outlines",
    )  # fmt: skip
    _seed(segment)
    segment.add_argument(
        "--structures", type=Path, metavar="DIR", help="also write canal, foramina and the like"
    )
    _lesion(segment)
    segment.add_argument(
        "--corrections", type=Path, metavar="PLAN",
        help="a plan file whose corrections of the outlines are played",
    )  # fmt: skip


def _needle_size(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--needle-size", default="", metavar="'13 G, 2.41 x 150 mm'",
        help="of the bone needle, as its packet says; without it as the device asks",
    )  # fmt: skip


def _approach(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--approach", choices=[*Approach, "any"], default="any", help="any that suits the level"
    )


def _planning(commands: _Commands) -> None:
    suggest = _command(commands, "suggest", "Propose trajectories to a level.", "planning")
    _ct(suggest)
    _outlines(suggest)
    suggest.add_argument("--level", type=level, required=True, help="such as L3")
    suggest.add_argument("--side", choices=[*Side, "both"], default="both", help="the way in")
    _approach(suggest)
    suggest.add_argument("--target", type=point, metavar="x,y,z", help="where the tip has to lie")
    suggest.add_argument("--entry", type=point, metavar="x,y,z", help="a skin point to keep")
    suggest.add_argument(
        "--two-needles", choices=["auto", "yes", "no"], default="auto",
        help="one from each side; auto does for a lesion of two thirds of its body",
    )  # fmt: skip
    suggest.add_argument("--device", metavar="ID", help="whose width and zone count")
    _needle_size(suggest)
    suggest.add_argument("--count", type=int, default=3, help="most paths, and most pairs")
    plan = _command(commands, "plan", "Make a plan file.", "planning")
    _ct(plan)
    _outlines(plan)
    plan.add_argument("--level", type=level, required=True, help="such as L3")
    plan.add_argument("--side", choices=list(Side), required=True, help="the way in")
    plan.add_argument("--device", metavar="ID", required=True, help="see planner devices")
    _needle_size(plan)
    plan.add_argument("--power-w", type=positive, help="power, or a set point, not both")
    plan.add_argument("--setpoint-celsius", type=float, help="temperature the device holds")
    plan.add_argument("--time-s", type=positive, help="time with energy, all cycles together")
    plan.add_argument("--cycle-s", type=positive, help="longest stretch with energy")
    plan.add_argument("--pause-s", type=positive, help="pause between two cycles, or thaw")
    plan.add_argument(
        "--layer", type=layer, action="append", default=[], metavar=LAYER_FORM,
        help="CO2, D5W or saline between the heat and a nerve; may be repeated",
    )  # fmt: skip
    plan.add_argument(
        "--tissue", type=tissue, action="append", default=[], metavar=TISSUE_FORM,
        help="what the heat model takes a part for: lesion, L3, discs, canal, a structure, or "
        "ball:at=x,y,z:r=8; may be repeated",
    )  # fmt: skip
    _approach(plan)
    plan.add_argument(
        "--entry", type=point, metavar="x,y,z",
        help="on the skin; without entry and tip the best proposal is taken",
    )  # fmt: skip
    plan.add_argument("--tip", type=point, metavar="x,y,z", help="belongs to --entry")
    plan.add_argument("--cement", metavar="ID", help="see planner devices")
    plan.add_argument("--cement-ml", type=positive, help="belongs to --cement")
    plan.add_argument(
        "--cement-technique", choices=[str(one) for one in CementTechnique],
        help="vertebroplasty where it is not given",
    )  # fmt: skip
    plan.add_argument("--cavity-ml", type=positive, help="of the balloon or the stent")
    plan.add_argument(
        "--pull-back-mm", type=positive, help="draw the cannula back after half of the cement"
    )
    plan.add_argument(
        "--side-confirmed-by",
        metavar="NAME",
        help="who saw the picture and confirmed the side",
    )
    plan.add_argument(
        "--accept", action="store_true", help="accept the outline and the name of the level"
    )
    plan.add_argument(
        "--clinical", action="append", default=[], metavar="KEY=VALUE",
        help="answer a clinical question, such as inr=1.1 or infection=no; may be repeated",
    )  # fmt: skip
    plan.add_argument("--out", type=Path, required=True, help="the plan file")


def _checking(commands: _Commands) -> None:
    assess = _command(commands, "assess", "Run every rule on a plan.", "checking")
    _plan(assess)
    assess.add_argument("--strict", action="store_true", help="exit 4 if findings hold it")
    simulate = _command(commands, "simulate", "Predict heat or cold, and cement.", "simulating")
    _plan(simulate)
    simulate.add_argument(
        "--tier", choices=["table", "preview", "full"], default="preview",
        help="rules read full alone",
    )  # fmt: skip
    simulate.add_argument(
        "--order", choices=["together", "in-turn"], default="together",
        help="needles at once, as the rules judge them, or one burn after another",
    )  # fmt: skip
    simulate.add_argument("--zones", type=Path, metavar="DIR", help="write zones as volumes")


def _plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", type=Path, metavar="PLAN", help="a plan file")
    parser.add_argument("--ct", type=Path, metavar="CT", help="where the plan's CT is now")


def _room(commands: _Commands) -> None:
    room = _command(commands, "room", "Say what to dial for each needle of a plan.", "room")
    _plan(room)
    room.add_argument("--needle", metavar="ID", help="one of the plan's; all without it")
    room.add_argument(
        "--grid-mark", type=point, metavar="x,y,z", help="a mark of the grid on the skin"
    )
    correct = _command(commands, "correct", "Say how to turn a needle seen on a CT.", "room")
    for name, what in (
        ("--target", "where the tip has to go"),
        ("--skin", "where the needle goes in, as this CT shows it"),
        ("--tip", "where its tip lies, as this CT shows it"),
    ):
        correct.add_argument(name, type=point, metavar="x,y,z", required=True, help=what)

    control = _command(commands, "control", "Keep where a control CT shows a needle.", "room")
    control.add_argument("plan", type=Path, metavar="PLAN", help="a plan file")
    control.add_argument("--scan", type=Path, required=True, metavar="CT", help="the control CT")
    control.add_argument("--needle", required=True, metavar="ID", help="one of the plan's")
    for name, what in (
        ("--skin", "where the needle goes in, as the control CT shows it"),
        ("--tip", "where its tip lies, as the control CT shows it"),
    ):
        control.add_argument(name, type=point, metavar="x,y,z", required=True, help=what)
    control.add_argument(
        "--offset", type=point, metavar="x,y,z",
        help="what to add to the control CT's places, where its frame of reference is another",
    )  # fmt: skip
    control.add_argument("--out", type=Path, required=True, help="where to write the plan")


def _output(commands: _Commands) -> None:
    report = _command(commands, "report", "Write a plan to PDF.", "output")
    _plan(report)
    report.add_argument("--out", type=Path, required=True, help="the PDF")
    report.add_argument("--paper", choices=["a4", "letter"], default="a4", help="its size")
    export = _command(commands, "export", "Write what other programs read.", "output")
    _plan(export)
    export.add_argument("--out", type=Path, required=True, help="a folder")
    for kind, what in EXPORTS.items():
        export.add_argument(f"--{kind}", action="store_true", help=what)


def _outcome(commands: _Commands) -> None:
    outcome = _command(commands, "outcome", "Record what became of the patient.", "outcome")
    outcome.add_argument("plan", type=Path, metavar="PLAN", help="a plan file")
    outcome.add_argument(
        "--treated-on", default="", metavar="YYYY-MM-DD", help="the day that days count from"
    )
    for word, form in (
        ("--visit", "'time=month-1; vas=3; odi=23; morphine=20; on=2026-03-01'"),
        ("--complication", "'what=...; cirse-2026=2; ctcae=1; on=...'"),
        ("--leak", "'level=L3; kind=B; place=canal; symptoms=no'"),
    ):
        outcome.add_argument(word, action="append", default=[], metavar=form)
    outcome.add_argument(
        "--complications-asked", action="store_true", help="somebody looked for complications"
    )
    outcome.add_argument(
        "--leaks-sought", action="store_true", help="a scan afterwards was read for leaks"
    )
    outcome.add_argument("--out", type=Path, help="where to write the plan with what is given")
    outcome.add_argument(
        "--register", type=Path, metavar="DIR", help="write CSV and FHIR for a register"
    )
    outcome.add_argument(
        "--identified", action="store_true",
        help="with patient ID, name, days and own words; without it none of these",
    )  # fmt: skip


def _pacs(commands: _Commands) -> None:
    pacs = commands.add_parser("pacs", help="Ask an archive, get from it and send to it.")
    verbs = pacs.add_subparsers(dest="verb", metavar="verb", parser_class=_Parser, required=True)
    echo = _command(verbs, "echo", "Ask whether an archive listens and knows us.", "pacs")
    find = _command(verbs, "find", "Find studies, or the series of one.", "pacs")
    for word in ("patient-id", "patient-name", "accession"):
        find.add_argument(f"--{word}", default="", metavar="TEXT", help="as the archive has it")
    find.add_argument(
        "--date", default="", metavar="YYYYMMDD[-YYYYMMDD]", help="of the study, or first to last"
    )
    find.add_argument("--study", default="", metavar="UID", help="list the series of this study")
    get = _command(verbs, "get", "Get a series, or the plans of a study.", "pacs")
    get.add_argument("--study", required=True, metavar="UID", help="as find lists it")
    what = get.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--series", metavar="UID", help="get this series, whole and through the gate"
    )
    what.add_argument("--plans", action="store_true", help="get the plans that lie with it")
    get.add_argument("--out", type=Path, required=True, help="a folder that is not there yet")
    send = _command(verbs, "send", "Send DICOM files, as export writes them.", "pacs")
    send.add_argument(
        "what", nargs="+", type=Path, metavar="FILE|FOLDER", help="DICOM files of one patient"
    )
    watch = _command(verbs, "watch", "Look which series in a folder are complete.", "pacs")
    watch.add_argument("folder", type=Path, metavar="FOLDER", help="it is only looked at")
    watch.add_argument("--quiet-s", type=positive, default=30.0, help="silence that ends a series")
    kept = _command(verbs, "kept", "List the fetched scans on this computer.", "pacs")
    kept.add_argument("--remove", action="append", default=[], metavar="NAME")
    kept.add_argument("--remove-older", type=positive, metavar="DAYS", help="fetched before that")
    kept.add_argument("--even-used", action="store_true", help="also what a plan refers to")
    for one in (echo, find, get, send):
        one.add_argument("--node", default="", metavar="NAME", help="as pacs.toml calls it")


def _samples(commands: _Commands) -> None:
    add_samples(commands, _command, triple)


def _batch(commands: _Commands) -> None:
    add_batch(commands, _command)


def _registration(commands: _Commands) -> None:
    add_registration(commands, _command, _ct, level, seed)


def _training(commands: _Commands) -> None:
    train = commands.add_parser("train", help="Learn on cases with known truth.")
    verbs = train.add_subparsers(dest="verb", metavar="verb", parser_class=_Parser, required=True)
    add_verbs(verbs, _command, level, point)


def _catalog(commands: _Commands) -> None:
    _command(commands, "devices", "List devices, needles and cements with sources.", "catalog")
    _command(commands, "rules", "List the rules with their sources.", "catalog")
    calibrate = _command(
        commands, "calibrate", "Fit a device's heat model to its zone table.", "calibrating"
    )
    calibrate.add_argument("device", nargs="?", metavar="DEVICE")
    calibrate.add_argument("--all", action="store_true", help="every device of the catalogue")
    calibrate.add_argument(
        "--form", type=Path, metavar="FILE", help="write the device's empty table to fill in"
    )
    calibrate.add_argument(
        "--table", type=Path, metavar="FILE", help="take in a filled table, fit it and keep both"
    )
    calibrate.add_argument(
        "--tissue", choices=["lytic", "soft", "cancellous", "fat", "water"], default="lytic",
        help="the reference medium the table was measured in",
    )  # fmt: skip
    calibrate.add_argument("--dry-run", action="store_true", help="fit and keep nothing")
    doctor = _command(
        commands, "doctor", "Say what this machine and installation can do.", "doctor"
    )
    doctor.add_argument(
        "--bundle", type=Path, metavar="FILE.zip",
        help="also write text files for whoever helps; read them before you send them",
    )  # fmt: skip
    bench = _command(commands, "bench", "Measure speed beside peers.", "bench")
    bench.add_argument("names", nargs="*", metavar="NAME")


def _window(commands: _Commands) -> None:
    view = _command(commands, "view", "Open the window.", "window")
    view.add_argument("what", nargs="?", type=Path, metavar="CT|PLAN")
