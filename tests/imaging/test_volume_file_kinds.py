"""NIfTI-2, NRRD with its voxels in another file, and compressed voxels that are not whole."""

from __future__ import annotations

import gzip
from struct import pack_into
from typing import TYPE_CHECKING

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from imaging.analytic_patient import worst_landmark_mm
from imaging.volumes import AXES, ct_on, grid, tilted_axes
from planner.domain.errors import InputRefusedError
from planner.domain.volume import CtVolume
from planner.imaging import load_ct, read_labels, write_volume
from planner.imaging.codes import Code

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REFUSALS = {code.value for code in Code} - {"DCM-INTERNAL"}
RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def nifti_2(ct: CtVolume, order: str = "<", *, sform: bool = True) -> bytearray:
    """Return a NIfTI-2 file, packed by the offsets of nifti2.h."""
    header = bytearray(544)
    pack_into(order + "i", header, 0, 540)
    header[4:12] = b"n+2\0\r\n\x1a\n"
    pack_into(order + "2h", header, 12, 4, 16)
    pack_into(order + "8q", header, 16, 3, *ct.geometry.size_ijk, 1, 1, 1, 1)
    pack_into(order + "8d", header, 104, 1.0, *ct.geometry.spacing_mm, 0, 0, 0, 0)
    pack_into(order + "q", header, 168, 544)
    pack_into(order + "2d", header, 176, 1.0, 0.0)
    pack_into(order + "2i", header, 344, 0, 1 if sform else 0)
    ras = RAS @ ct.geometry.lps_from_ijk
    if not sform:
        pack_into(order + "i", header, 344, 1)
        pack_into(order + "6d", header, 352, 0.0, 0.0, 1.0, *ras[:3, 3])
    pack_into(order + "12d", header, 400, *ras[:3].ravel())
    pack_into(order + "i", header, 500, 2)
    return header + ct.hu.astype(order + "i2").tobytes()


def outcome(read: Callable[[Path], object], path: Path) -> str:
    """Return the digest of what was read, or the code of the refusal."""
    try:
        found = read(path)
    except InputRefusedError as refused:
        return refused.code
    return found.record.sha256 if isinstance(found, CtVolume) else ""


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("position", ["HFS", "HFP", "HFDL"])
def test_that_a_nifti_2_file_is_the_patient(
    tmp_path: Path, order: str, packed: bool, position: str
) -> None:
    ct = ct_on(grid(AXES[position]))
    content = bytes(nifti_2(ct, order))
    path = tmp_path / ("ct.nii.gz" if packed else "ct.nii")
    path.write_bytes(gzip.compress(content) if packed else content)
    back = load_ct(path)
    assert np.array_equal(back.hu, ct.hu)
    assert np.allclose(back.geometry.lps_from_ijk, ct.geometry.lps_from_ijk, atol=1e-9)
    assert worst_landmark_mm(back.geometry, back.hu) < 0.05


def test_that_a_nifti_2_file_lies_where_simpleitk_sees_its_nifti_1_twin(tmp_path: Path) -> None:
    """ITK reads no NIfTI-2."""
    ct = ct_on(grid(AXES["HFP"]))
    (tmp_path / "two.nii").write_bytes(nifti_2(ct))
    write_volume(tmp_path / "one.nii", ct.geometry, ct.hu)
    image = sitk.ReadImage(str(tmp_path / "one.nii"))
    back = load_ct(tmp_path / "two.nii")
    assert np.array_equal(sitk.GetArrayFromImage(image), back.hu)
    for index in ((0, 0, 0), (55, 3, 7)):
        seen = image.TransformIndexToPhysicalPoint(index)
        assert np.allclose(seen, back.geometry.lps_mm(np.array(index)), atol=1e-3)


def test_that_the_quaternion_of_a_nifti_2_file_is_read(tmp_path: Path) -> None:
    """b, c, d = 0, 0, 1 is half a turn about the long axis, and that is RAS from LPS."""
    ct = ct_on(grid(AXES["HFS"]))
    (tmp_path / "ct.nii").write_bytes(nifti_2(ct, sform=False))
    back = load_ct(tmp_path / "ct.nii")
    assert np.allclose(back.geometry.lps_from_ijk, ct.geometry.lps_from_ijk, atol=1e-9)


NIFTI_2_DAMAGE: dict[str, Callable[[bytearray], None]] = {
    "VOL-NO-ORIENTATION": lambda c: pack_into("<2i", c, 344, 0, 0),
    "VOL-NOT-A-VOLUME": lambda c: pack_into("<8q", c, 16, 4, 56, 50, 15, 2, 1, 1, 1),
    "VOL-VALUES": lambda c: pack_into("<h", c, 12, 128),
    "DCM-TOO-LARGE": lambda c: pack_into("<8q", c, 16, 3, 2**62, 2**62, 3, 1, 1, 1, 1),
    "DCM-PIXELS-SHORT": lambda c: c.__delitem__(slice(-100, None)),
    "DCM-PIXELS-LONG": lambda c: c.extend(bytes(10_000)),
    "VOL-UNREADABLE": lambda c: pack_into("<q", c, 168, -5),
}


@pytest.mark.parametrize("code", NIFTI_2_DAMAGE)
def test_that_a_damaged_nifti_2_is_refused_by_code(tmp_path: Path, code: str) -> None:
    content = nifti_2(ct_on(grid(AXES["HFS"])))
    NIFTI_2_DAMAGE[code](content)
    (tmp_path / "ct.nii").write_bytes(content)
    with pytest.raises(InputRefusedError) as refused:
        load_ct(tmp_path / "ct.nii")
    assert refused.value.code == code


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("position", AXES)
def test_that_a_detached_nrrd_simpleitk_wrote_is_the_patient(
    tmp_path: Path, position: str, packed: bool
) -> None:
    ct = ct_on(grid(AXES[position]))
    image = sitk.GetImageFromArray(ct.hu)
    image.SetSpacing(ct.geometry.spacing_mm)
    image.SetOrigin(ct.geometry.lps_from_ijk[:3, 3].tolist())
    image.SetDirection(ct.geometry.direction.ravel().tolist())
    sitk.WriteImage(image, str(tmp_path / "ct.nhdr"), packed)
    assert {file.suffix for file in tmp_path.iterdir()} > {".nhdr"}
    back = load_ct(tmp_path / "ct.nhdr")
    assert np.array_equal(back.hu, ct.hu)
    assert worst_landmark_mm(back.geometry, back.hu) < 0.05


def detached(folder: Path, data_file: str, axes: np.ndarray = AXES["HFS"]) -> Path:
    """Write a header that names ``data_file``, and the voxels as ``ct.raw``."""
    ct = ct_on(grid(axes))
    write_volume(folder / "whole.nrrd", ct.geometry, ct.hu)
    header = (folder / "whole.nrrd").read_bytes().split(b"\n\n")[0]
    (folder / "whole.nrrd").unlink()
    header = header.replace(b"encoding: gzip", b"encoding: raw")
    (folder / "ct.nhdr").write_bytes(header + b"\ndata file: " + data_file.encode() + b"\n")
    (folder / "ct.raw").write_bytes(ct.hu.astype("<i2").tobytes())
    return folder / "ct.nhdr"


def test_that_the_shear_of_a_detached_nrrd_is_kept(tmp_path: Path) -> None:
    axes = tilted_axes(12.0)
    back = load_ct(detached(tmp_path, "ct.raw", axes))
    assert np.allclose(back.geometry.lps_from_ijk, grid(axes).lps_from_ijk)


@pytest.mark.parametrize(
    "name",
    [
        "../ct.raw", "/etc/passwd", "sub/ct.raw", "..", "C:\\ct.raw", "..\\ct.raw",
        "//host/ct.raw", "./ct.raw",
    ],
)  # fmt: skip
def test_that_voxels_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    path = detached(tmp_path, name)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "ct.raw").write_bytes((tmp_path / "ct.raw").read_bytes())
    with pytest.raises(InputRefusedError) as refused:
        load_ct(path)
    assert refused.value.code == "VOL-PATH-ESCAPE"


def test_that_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    path = detached(inside, "link.raw")
    (inside / "ct.raw").rename(tmp_path / "ct.raw")
    (inside / "link.raw").symlink_to(tmp_path / "ct.raw")
    with pytest.raises(InputRefusedError) as refused:
        load_ct(path)
    assert refused.value.code == "VOL-PATH-ESCAPE"


@pytest.mark.parametrize("name", ["LIST", "ct%03d.raw 1 40 1", "gone.raw"])
def test_that_several_files_or_a_missing_one_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputRefusedError) as refused:
        load_ct(detached(tmp_path, name))
    assert refused.value.code == "VOL-UNREADABLE"


@pytest.mark.parametrize("change", [-10, 10_000])
def test_that_detached_voxels_of_another_length_are_refused(tmp_path: Path, change: int) -> None:
    path = detached(tmp_path, "ct.raw")
    content = (tmp_path / "ct.raw").read_bytes()
    (tmp_path / "ct.raw").write_bytes(content[:change] if change < 0 else content + bytes(change))
    with pytest.raises(InputRefusedError) as refused:
        load_ct(path)
    assert refused.value.code == ("DCM-PIXELS-SHORT" if change < 0 else "DCM-PIXELS-LONG")


def test_that_gzip_in_several_members_is_one_volume(tmp_path: Path) -> None:
    """As ``bgzip`` and ``pigz`` may write it."""
    ct = ct_on(grid(AXES["HFS"]))
    write_volume(tmp_path / "ct.nii", ct.geometry, ct.hu)
    whole = (tmp_path / "ct.nii").read_bytes()
    parts = [gzip.compress(whole[at : at + 7000]) for at in range(0, len(whole), 7000)]
    (tmp_path / "ct.nii.gz").write_bytes(b"".join(parts))
    assert np.array_equal(load_ct(tmp_path / "ct.nii.gz").hu, ct.hu)


def test_that_no_byte_of_a_compressed_file_changes_unnoticed(tmp_path: Path) -> None:
    ct = ct_on(grid(AXES["HFS"]))
    path = tmp_path / "ct.nii.gz"
    write_volume(path, ct.geometry, ct.hu)
    whole = path.read_bytes()
    for at in np.random.default_rng(3).integers(10, len(whole) - 4, 25):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        path.write_bytes(damaged)
        assert outcome(load_ct, path) in REFUSALS | {ct.record.sha256}
    path.write_bytes(whole[:-100])
    with pytest.raises(InputRefusedError):
        load_ct(path)


@pytest.mark.parametrize("kind", ["ct.nii", "ct2.nii", "ct.nhdr", "ct.nrrd"])
def test_that_no_mutated_header_is_a_fault(tmp_path: Path, kind: str) -> None:
    ct = ct_on(grid(AXES["HFS"]))
    path = tmp_path / kind
    if kind == "ct.nhdr":
        detached(tmp_path, "ct.raw")
    elif kind == "ct2.nii":
        path.write_bytes(nifti_2(ct))
    else:
        write_volume(path, ct.geometry, ct.hu)
    whole = path.read_bytes()
    random = np.random.default_rng(5)
    refused = 0
    for _ in range(80):
        damaged = bytearray(whole)
        for at in random.integers(0, min(len(whole), 544), random.integers(1, 4)):
            damaged[at] = random.choice([0, 0xFF, 0x7F, 0x80, 0x2D, int(random.integers(256))])
        path.write_bytes(damaged)
        for read in (load_ct, read_labels):
            said = outcome(read, path)
            assert said != "DCM-INTERNAL"
            refused += said in REFUSALS
    assert refused > 80
