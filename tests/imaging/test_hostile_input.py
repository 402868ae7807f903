"""Input made to harm: nothing is allocated, run or followed because a file says so."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from imaging.dicom_patient import series, write
from planner.domain.errors import InputRefusedError
from planner.geometry.volume_geometry import VolumeGeometry
from planner.imaging import inspect, load_ct
from planner.imaging.codes import Code
from planner.imaging.decoding import Decoders
from planner.imaging.elements import BeyondWindowError, DamagedFileError, ElementWalk
from planner.imaging.fragments import frame_parts
from planner.imaging.frames import FrameRefusedError, frames_of
from planner.imaging.header import HeaderReader
from planner.imaging.nifti import nifti_bytes

BOMB_BYTES = 512 * 1024**2
MOST_BYTES = 300 * 1024**2


def deflate_bomb(folder: Path) -> None:
    """Replace one slice by 0.5 MB that unpack to 512 MiB of zeros in a private element."""
    slices = series()
    for data in slices:
        data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    write(folder, slices)
    victim = folder / "IM0013.dcm"
    content = victim.read_bytes()
    start = content.index(b"1.2.840.10008.1.2.1.99")
    # The deflated part begins after the file meta, whose length is its first element.
    meta_end = 128 + 4 + 12 + int.from_bytes(content[140:144], "little")
    assert start < meta_end
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    head = b"\x09\x00\x10\x10OB\0\0" + BOMB_BYTES.to_bytes(4, "little")
    with victim.open("wb") as file:
        file.write(content[:meta_end] + packer.compress(head))
        zeros = bytes(1024**2)
        for _ in range(BOMB_BYTES // len(zeros)):
            file.write(packer.compress(zeros))
        file.write(packer.flush())


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read in Linux")
def test_that_a_deflate_bomb_is_refused_in_little_memory(tmp_path: Path) -> None:
    deflate_bomb(tmp_path)
    assert (tmp_path / "IM0013.dcm").stat().st_size < 1024**2
    script = (
        "import re, sys; from pathlib import Path; from planner.imaging import inspect;"
        "found = inspect(Path(sys.argv[1]));"
        "print(found.verdict.value, found.findings[0].message);"
        "status = Path('/proc/self/status').read_text();"
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', status)[1]) * 1024)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert answer[0].startswith("refuse")
    assert "deflate bomb" in answer[0]
    assert int(answer[1]) < MOST_BYTES


def test_that_a_volume_file_of_zeros_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    size = (512, 512, 1100)
    header = nifti_bytes(
        VolumeGeometry.axis_aligned((4, 4, 4), (1.0, 1.0, 1.0)),
        np.zeros((4, 4, 4), np.int16),
        packed=False,
    )
    start = bytearray(header[:352])
    start[40:48] = np.array([3, *size], "<i2").tobytes()
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    bomb = tmp_path / "bomb.nii.gz"
    with bomb.open("wb") as file:
        file.write(packer.compress(bytes(start)))
        for _ in range(size[2]):
            file.write(packer.compress(bytes(2 * size[0] * size[1])))
        file.write(packer.flush())
    tracemalloc.start()
    try:
        with pytest.raises(InputRefusedError, match="unpack to") as refused:
            load_ct(bomb)
        assert tracemalloc.get_traced_memory()[1] < 64 * 1024**2
    finally:
        tracemalloc.stop()
    assert refused.value.code == Code.TOO_LARGE.value


def test_that_a_pipe_in_the_folder_is_not_opened(tmp_path: Path) -> None:
    write(tmp_path, series())
    os.mkfifo(tmp_path / "pipe.dcm")
    codes = [found.code for found in load_ct(tmp_path).record.findings]
    assert codes == ["DCM-NOT-DICOM"]


def test_that_a_folder_of_too_many_files_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, series())
    monkeypatch.setattr("planner.imaging.folder.MAX_FILES", 20)
    with pytest.raises(InputRefusedError) as refused:
        load_ct(tmp_path)
    assert refused.value.code == "DCM-TOO-MANY-FILES"


def test_that_a_link_to_a_folder_above_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, series())
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert load_ct(tmp_path).record.findings == ()


def compressed_frame(folder: Path):
    slices = series()[:1]
    slices[0].compress(RLELossless, generate_instance_uid=False)
    write(folder, slices)
    header = HeaderReader().read(folder / "IM0001.dcm", "IM0001.dcm")
    (frame,) = frames_of(header)
    ((part,),) = frame_parts(header, 1)
    return frame, header.read(*part)


def test_that_a_decoder_out_of_time_is_stopped_and_the_next_frame_still_decodes(
    tmp_path: Path,
) -> None:
    frame, source = compressed_frame(tmp_path)
    target = np.empty((frame.rows, frame.columns), dtype=np.int16)
    hasty = Decoders(seconds=0.0)
    try:
        with pytest.raises(FrameRefusedError) as refused:
            hasty.decode(frame, source, target)
        assert refused.value.code is Code.DECODE_LIMIT
    finally:
        hasty.stop()
    patient = Decoders()
    try:
        patient.decode(frame, source, target)
    finally:
        patient.stop()
    assert target.view(np.uint16).max() > 1000


def test_that_a_decoder_out_of_memory_refuses_and_harms_nobody(tmp_path: Path) -> None:
    frame, source = compressed_frame(tmp_path)
    target = np.empty((frame.rows, frame.columns), dtype=np.int16)
    poor = Decoders(memory_bytes=1024**2)
    try:
        with pytest.raises(FrameRefusedError) as refused:
            poor.decode(frame, source, target)
        assert refused.value.code in (Code.DECODE, Code.DECODE_LIMIT)
    finally:
        poor.stop()


def test_that_a_codestream_of_another_size_is_refused(tmp_path: Path) -> None:
    slices = series()
    for data in slices:
        data.compress("1.2.840.10008.1.2.4.90", generate_instance_uid=False)
    content = slices[12].PixelData
    at = content.index(b"\xff\x4f\xff\x51")
    huge = content[: at + 8] + (60000).to_bytes(4, "big") * 2 + content[at + 16 :]
    slices[12].PixelData = huge
    write(tmp_path, slices)
    with pytest.raises(InputRefusedError) as refused:
        load_ct(tmp_path)
    assert refused.value.code == "DCM-DECODE"
    assert "IM0013.dcm" in str(refused.value)


@settings(max_examples=400, deadline=None)
@given(
    content=st.binary(max_size=400),
    explicit=st.booleans(),
    little=st.booleans(),
    total=st.integers(0, 4000),
)
def test_that_any_bytes_are_walked_to_an_end(
    content: bytes, explicit: bool, little: bool, total: int
) -> None:
    walk = ElementWalk(content, total=max(total, len(content)), explicit=explicit, little=little)
    try:
        found = walk.data_set(0)
    except (DamagedFileError, BeyondWindowError):
        return
    assert sum(len(value) for value in found.values.values()) <= len(content)


def test_that_an_unforeseen_failure_is_a_refusal_without_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object) -> None:
        raise RuntimeError("Analytic^One")

    write(tmp_path, series())
    monkeypatch.setattr("planner.imaging.gate.read_folder", broken)
    with pytest.raises(InputRefusedError) as refused:
        load_ct(tmp_path)
    assert refused.value.code == "DCM-INTERNAL"
    assert "Analytic" not in str(refused.value)
    assert [found.code for found in inspect(tmp_path).findings] == ["DCM-INTERNAL"]


def test_that_no_message_names_the_patient(tmp_path: Path) -> None:
    slices = series()
    slices[12].PatientName = "Somebody^Else"
    slices[13].ImagePositionPatient = None
    write(tmp_path, slices)
    document = str(inspect(tmp_path).series[0].findings)
    assert "Somebody" not in document
    assert "Analytic" not in document
