import errno
import json
import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from document.strategies import plans, simple_plan
from planner.document import plan_file
from planner.document.migrations import migrated, newest_version
from planner.document.plan_file import content_sha256, is_plan_file, load_plan, save_plan
from planner.domain.errors import InputRefusedError, SaveFailedError
from planner.domain.outcome import Outcome
from planner.domain.plan import Ablation

on_one_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)


def refusal(path, **options):
    with pytest.raises(InputRefusedError) as caught:
        load_plan(path, **options)
    assert path.name in str(caught.value)
    return caught.value.code


@on_one_folder
@given(plan=plans())
def test_that_a_plan_survives_its_file_to_the_last_bit(tmp_path, plan):
    path = tmp_path / "plan.json"
    path.unlink(missing_ok=True)
    saved = save_plan(path, plan)
    loaded = load_plan(path)
    assert loaded == saved
    assert replace(loaded, saved_sha256="") == plan
    assert repr(loaded) == repr(saved), "equal is not enough: 0.0 == -0.0 and 1 == 1.0"


@on_one_folder
@given(data=st.data())
def test_that_no_single_changed_bit_goes_unnoticed(tmp_path, data):
    path = tmp_path / "plan.json"
    save_plan(path, simple_plan())
    good = path.read_bytes()
    bit = data.draw(st.integers(0, 8 * len(good) - 1))
    bad = bytearray(good)
    bad[bit // 8] ^= 1 << bit % 8
    path.write_bytes(bad)
    assert refusal(path) in {"PLAN-DAMAGED", "PLAN-NOT-A-PLAN", "PLAN-NEWER"}
    path.write_bytes(good)
    load_plan(path)


def test_that_no_bit_of_a_whole_file_can_change_unnoticed(tmp_path):
    path = tmp_path / "plan.json"
    save_plan(path, simple_plan())
    good = path.read_bytes()
    for place in range(len(good)):
        bad = bytearray(good)
        bad[place] ^= 1 << place % 8
        path.write_bytes(bad)
        with pytest.raises(InputRefusedError):
            load_plan(path)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.99])
def test_that_a_file_cut_short_is_called_damaged(tmp_path, keep):
    path = tmp_path / "plan.json"
    save_plan(path, simple_plan())
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    assert refusal(path) == "PLAN-DAMAGED"


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"[]", b"3", b'{"format": "other"}', b"\xff\xfe", b"[" * 100_000]
)
def test_that_another_file_is_not_taken_for_a_plan(tmp_path, content):
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    assert refusal(path) == "PLAN-NOT-A-PLAN"


def test_that_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "plan.json"
    with path.open("wb") as file:
        file.truncate(plan_file.LARGEST_FILE_BYTES + 1)
    assert refusal(path) == "PLAN-NOT-A-PLAN"


def test_that_a_missing_file_and_a_folder_are_refused_with_a_sentence(tmp_path):
    assert refusal(tmp_path / "none.json") == "PLAN-UNREADABLE"
    assert refusal(tmp_path) == "PLAN-UNREADABLE"


def test_that_a_file_from_a_newer_version_is_refused_and_says_so(tmp_path):
    path = tmp_path / "plan.json"
    path.write_bytes(plan_file._envelope(newest_version() + 1, {"anything": 1}))
    with pytest.raises(InputRefusedError, match=r"newer version.*Update the program") as caught:
        load_plan(path)
    assert caught.value.code == "PLAN-NEWER"


def with_content(path, change):
    save_plan(path, simple_plan())
    plain = json.loads(path.read_bytes())["plan"]
    change(plain)
    path.write_bytes(plan_file._envelope(newest_version(), plain))


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain.update(mood="good"),
        lambda plain: plain.pop("scan"),
        lambda plain: plain.update(revision="1"),
        lambda plain: plain.update(revision=True),
        lambda plain: plain.update(trajectories={}),
        lambda plain: plain.update(scan=[]),
        lambda plain: plain["trajectories"][0].update(level="L9"),
        lambda plain: plain["trajectories"][0].update(side=None),
        lambda plain: plain["trajectories"][0].update(tip=plain["trajectories"][0]["entry"]),
        lambda plain: plain["ablations"][0].update(power_w=True),
        lambda plain: plain["ablations"][0].update(power_w=10**400),
        lambda plain: plain["anatomy"].update(seeds=[["L3"]]),
        lambda plain: plain["ablations"][0].update(trajectory_id="t9"),
    ],
)
def test_that_a_well_sealed_file_that_says_nonsense_is_damaged(tmp_path, change):
    path = tmp_path / "plan.json"
    with_content(path, change)
    assert refusal(path) == "PLAN-DAMAGED"


def test_that_a_field_added_since_takes_its_default(tmp_path):
    path = tmp_path / "plan.json"
    with_content(path, lambda plain: plain.pop("notes"))
    assert load_plan(path).notes == ""


def test_that_an_older_file_is_migrated_step_by_step(tmp_path):
    path = tmp_path / "plan.json"
    with_content(path, lambda plain: plain.update(remarks=plain.pop("notes") + "old"))

    def to_2(plain):
        return {**plain, "comments": plain["remarks"]} | {"remarks": None}

    def to_3(plain):
        rest = {key: value for key, value in plain.items() if key not in ("comments", "remarks")}
        return {**rest, "notes": plain["comments"] + "er"}

    assert load_plan(path, {2: to_2, 3: to_3}).notes == "older"
    assert migrated({"x": 1}, 3, {2: to_2, 3: to_3}) == {"x": 1}


def test_that_the_revision_rises_only_when_the_content_changed(tmp_path):
    path = tmp_path / "plan.json"
    first = save_plan(path, simple_plan())
    again = save_plan(path, first)
    changed = save_plan(path, replace(again, notes="x"))
    assert [first.revision, again.revision, changed.revision] == [1, 1, 2]
    assert load_plan(path).revision == 2


def test_that_saving_elsewhere_after_an_edit_raises_the_revision_too(tmp_path):
    first = save_plan(tmp_path / "a.json", simple_plan())
    other = save_plan(tmp_path / "b.json", replace(first, notes="x"))
    assert other.revision == 2


def test_that_another_state_of_the_plan_is_replaced_only_by_a_higher_revision(tmp_path):
    path = tmp_path / "plan.json"
    save_plan(path, simple_plan(revision=5))
    assert save_plan(path, simple_plan(notes="x")).revision == 6
    assert save_plan(path, simple_plan(notes="x")).revision == 6


def test_that_a_file_of_another_plan_lends_no_revision(tmp_path):
    path = tmp_path / "plan.json"
    save_plan(path, simple_plan(plan_id="q", revision=5))
    assert save_plan(path, simple_plan()).revision == 1


def test_that_the_content_digest_ignores_the_revision_alone():
    plan = simple_plan()
    assert content_sha256(plan) == content_sha256(replace(plan, revision=9, saved_sha256="s"))
    assert content_sha256(plan) != content_sha256(replace(plan, notes="x"))


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_that_a_failed_save_keeps_the_old_file_and_leaves_no_draft(tmp_path, monkeypatch, call):
    path = tmp_path / "plan.json"
    old = save_plan(path, simple_plan())

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(*((os, "fsync", full) if call == "fsync" else (Path, "replace", full)))
    with pytest.raises(SaveFailedError, match=r"plan\.json could not be saved.*No space left"):
        save_plan(path, replace(old, notes="x"))
    monkeypatch.undo()
    assert load_plan(path) == old
    assert [item.name for item in tmp_path.iterdir()] == ["plan.json"]


SAVE_ON_A_FULL_DISK = """
import resource, signal, sys
from dataclasses import replace
from pathlib import Path
from planner.document.plan_file import load_plan, save_plan
from planner.domain.errors import SaveFailedError
path = Path(sys.argv[1])
plan = load_plan(path)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    save_plan(path, replace(plan, notes="x"))
except SaveFailedError:
    sys.exit(7)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="needs a limit on file sizes")
def test_that_a_disk_that_takes_no_more_bytes_loses_nothing(tmp_path):
    path = tmp_path / "plan.json"
    old = save_plan(path, simple_plan())
    sources = str(Path(plan_file.__file__).parents[2])
    run = subprocess.run(
        [sys.executable, "-c", SAVE_ON_A_FULL_DISK, path],
        env={**os.environ, "PYTHONPATH": sources},
        check=False,
    )
    assert run.returncode == 7
    assert load_plan(path) == old
    assert [item.name for item in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.parametrize("folder", ["missing", "/proc"])
def test_that_a_folder_that_takes_no_file_gives_one_sentence(tmp_path, folder):
    if folder == "/proc" and not Path(folder).is_dir():
        pytest.skip("no read-only folder here")
    with pytest.raises(SaveFailedError, match="choose another folder"):
        save_plan(tmp_path / folder / "plan.json", simple_plan())


def test_that_saving_through_a_link_keeps_the_link(tmp_path):
    target, link = tmp_path / "plan.json", tmp_path / "link.json"
    save_plan(target, simple_plan())
    link.symlink_to(target)
    save_plan(link, simple_plan(notes="x"))
    assert link.is_symlink()
    assert load_plan(target).notes == "x"


@pytest.mark.skipif(os.name != "posix", reason="file modes are a POSIX matter")
def test_that_a_file_kept_private_stays_private(tmp_path):
    path = tmp_path / "plan.json"
    save_plan(path, simple_plan())
    path.chmod(0o600)
    save_plan(path, simple_plan(notes="x"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_that_a_plan_is_known_by_its_content_and_not_by_its_name(tmp_path):
    saved = tmp_path / "anything.at.all"
    save_plan(saved, simple_plan())
    other = tmp_path / "other.plan"
    other.write_text('{"format": "something else"}', encoding="utf-8")
    assert is_plan_file(saved)
    assert not is_plan_file(other)
    assert not is_plan_file(tmp_path)


def test_that_a_file_of_the_first_version_opens_with_what_came_since_unsaid():
    """The file was written by the first version there was, and is never written anew."""
    path = Path(__file__).with_name("first_version.plan")
    plain = json.loads(path.read_bytes())["plan"]
    assert "looser_limits" not in plain
    assert "corrections" not in plain["anatomy"]
    assert "thermometer_celsius" not in plain["clinical"]
    plan = load_plan(path)
    assert plan.looser_limits == ()
    assert plan.grid_mark is None
    assert plan.ablation_order is None
    assert plan.protection == ()
    assert plan.tissue_choices == ()
    assert plan.controls == ()
    assert plan.outcome == Outcome()
    assert all(needle.size is None for needle in plan.trajectories)
    assert plan.anatomy.corrections == ()
    assert plan.clinical.thermometer_celsius is None
    assert (plan.notes, plan.clinical.inr, plan.anatomy.accepted_levels) == ("first", 1.1, ("L3",))
    assert plan.trajectories == simple_plan().trajectories


def test_that_a_file_of_the_first_version_is_saved_with_all_there_is_now(tmp_path):
    old = load_plan(Path(__file__).with_name("first_version.plan"))
    path = tmp_path / "plan.json"
    assert save_plan(path, old).revision == old.revision
    assert load_plan(path) == old
    assert "looser_limits" in json.loads(path.read_bytes())["plan"]


def test_that_an_old_draft_of_a_killed_save_is_removed_and_a_young_one_is_not(tmp_path):
    path = tmp_path / "plan.json"
    old, young, other = (
        tmp_path / name
        for name in (".plan.json.1a2b.part", ".plan.json.3c4d.part", ".else.json.1a2b.part")
    )
    for draft in (old, young, other):
        draft.write_text("half a pla", "utf-8")
    for draft in (old, other):
        os.utime(draft, (0, 0))
    save_plan(path, simple_plan())
    assert {item.name for item in tmp_path.iterdir()} == {path.name, young.name, other.name}


def test_that_cycles_of_a_burn_are_kept(tmp_path):
    ablation = Ablation(
        id="a1", trajectory_id="t1", device_id="eco-mwa", time_s=240.0, cycle_s=60.0, pause_s=30.0
    )
    assert ablation.longest_s == 60.0
    for wrong in ({"cycle_s": 60.0}, {"pause_s": 30.0}, {"cycle_s": 0.0, "pause_s": 30.0}):
        with pytest.raises(ValueError, match=r"cycles need both|must be positive"):
            Ablation(id="a1", trajectory_id="t1", device_id="eco-mwa", **wrong)
    plan = replace(load_plan(Path(__file__).with_name("first_version.plan")))
    kept = tuple(
        replace(item, time_s=240.0, cycle_s=60.0, pause_s=30.0) for item in plan.ablations
    )
    assert kept
    save_plan(tmp_path / "p.plan", replace(plan, ablations=kept))
    assert load_plan(tmp_path / "p.plan").ablations == kept
