"""``planner inspect`` and ``planner convert`` on a folder with something to remark."""

import json
from pathlib import Path

from imaging.dicom_patient import series, write
from planner.app.main import DONE, INPUT_REFUSED, main


def folder_of_two(folder: Path) -> Path:
    other = series()[:2]
    for place, data in enumerate(other):
        data.SeriesInstanceUID = "1.2.3.9"
        data.SOPInstanceUID = f"1.2.3.9.{place}"
    lossy = series()
    for data in lossy:
        data.LossyImageCompression = "01"
        data.SeriesDescription = "Spine\x07\x08"
    write(folder / "a", lossy)
    write(folder / "b", other)
    return folder


def test_that_inspect_of_one_series_answers_for_that_series(tmp_path, capsys):
    folder = str(folder_of_two(tmp_path))
    for uid, verdict, code in (("1.2.3.2", "warn", DONE), ("1.2.3.9", "refuse", INPUT_REFUSED)):
        assert main(["inspect", folder, "--series", uid, "--json"]) == code
        answer = json.loads(capsys.readouterr().out)
        assert answer["verdict"] == verdict
        assert [one["series_uid"] for one in answer["series"]] == [uid]


def test_that_inspect_of_a_series_that_is_not_there_is_refused(tmp_path, capsys):
    folder = str(folder_of_two(tmp_path))
    assert main(["inspect", folder, "--series", "9.9", "--json"]) == INPUT_REFUSED
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "DCM-NO-SUCH-SERIES"


def test_that_a_converted_volume_carries_its_warnings(tmp_path, capsys):
    folder = folder_of_two(tmp_path / "in")
    out = tmp_path / "ct.nii.gz"
    assert main(["convert", str(folder), "--out", str(out), "--json"]) == DONE
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"] == "warn"
    assert any("DCM-LOSSY" in said for said in answer["warnings"])


def test_that_no_header_steers_the_terminal(tmp_path, capsys):
    main(["inspect", str(folder_of_two(tmp_path))])
    assert "\x07" not in capsys.readouterr().out
