"""NIfTI and NRRD, held against SimpleITK."""

from __future__ import annotations

import gzip
import tracemalloc
from struct import pack_into
from typing import TYPE_CHECKING

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.analytic_patient import worst_landmark_mm
from imaging.volumes import AXES, SIZE, ct_on, grid, tilted_axes
from planner.domain.errors import InputRefusedError, UsageError
from planner.domain.volume import GateVerdict
from planner.geometry.volume_geometry import VolumeGeometry
from planner.imaging import inspect, load_ct, read_labels, write_volume

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".nii", ".nii.gz", ".nrrd")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("position", AXES)
def test_that_a_written_volume_comes_back_with_every_landmark(
    tmp_path: Path, suffix: str, position: str
) -> None:
    ct = ct_on(grid(AXES[position]))
    write_volume(tmp_path / f"ct{suffix}", ct.geometry, ct.hu)
    back = load_ct(tmp_path / f"ct{suffix}")
    assert np.array_equal(back.hu, ct.hu)
    assert worst_landmark_mm(back.geometry, back.hu) < 0.05
    assert back.record.verdict is GateVerdict.WARN


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("position", AXES)
def test_that_simpleitk_sees_a_written_volume_at_the_same_place(
    tmp_path: Path, suffix: str, position: str
) -> None:
    ct = ct_on(grid(AXES[position]))
    path = tmp_path / f"ct{suffix}"
    write_volume(path, ct.geometry, ct.hu)
    image = sitk.ReadImage(str(path))
    assert np.array_equal(sitk.GetArrayFromImage(image), ct.hu)
    for index in ((0, 0, 0), (SIZE[0] - 1, 3, 7)):
        seen = image.TransformIndexToPhysicalPoint(index)
        assert np.allclose(seen, ct.geometry.lps_mm(np.array(index)), atol=1e-3)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("position", AXES)
def test_that_a_volume_simpleitk_wrote_is_read_at_the_same_place(
    tmp_path: Path, suffix: str, position: str
) -> None:
    ct = ct_on(grid(AXES[position]))
    image = sitk.GetImageFromArray(ct.hu)
    image.SetSpacing(ct.geometry.spacing_mm)
    image.SetOrigin(ct.geometry.lps_from_ijk[:3, 3].tolist())
    image.SetDirection(ct.geometry.direction.ravel().tolist())
    sitk.WriteImage(image, str(tmp_path / f"ct{suffix}"))
    back = load_ct(tmp_path / f"ct{suffix}")
    assert worst_landmark_mm(back.geometry, back.hu) < 0.05


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_that_shear_survives(tmp_path: Path, suffix: str) -> None:
    ct = ct_on(grid(tilted_axes(18.0)))
    write_volume(tmp_path / f"ct{suffix}", ct.geometry, ct.hu)
    back = load_ct(tmp_path / f"ct{suffix}")
    assert not back.geometry.is_orthogonal
    assert np.allclose(back.geometry.lps_from_ijk, ct.geometry.lps_from_ijk, atol=1e-4)


@settings(max_examples=60, deadline=None)
@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
    mirror=st.booleans(),
    spacing=st.tuples(*[st.floats(0.3, 5)] * 3),
)
def test_that_any_orientation_survives_nifti(tmp_path_factory, angles, mirror, spacing) -> None:
    a, b, c = np.radians(angles)
    turn = (
        np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
        @ np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
        @ np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    )
    matrix = np.eye(4)
    matrix[:3, :3] = turn * np.array(spacing) * np.array([1, 1, -1 if mirror else 1])
    matrix[:3, 3] = (12.5, -80.0, 300.0)
    geometry = VolumeGeometry.from_matrix((4, 3, 2), matrix)
    path = tmp_path_factory.mktemp("n") / "l.nii"
    labels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    write_volume(path, geometry, labels)
    back = read_labels(path)
    assert np.array_equal(back.labels, labels)
    assert np.allclose(back.geometry.lps_from_ijk, matrix, atol=1e-4)


def test_that_a_mask_is_written_as_labels(tmp_path: Path) -> None:
    geometry = grid(AXES["HFS"])
    mask = np.zeros(geometry.shape_kji, dtype=np.bool_)
    mask[3:5] = True
    write_volume(tmp_path / "m.nii.gz", geometry, mask)
    assert np.array_equal(read_labels(tmp_path / "m.nii.gz").labels, mask)


def test_that_the_same_volume_gives_the_same_bytes(tmp_path: Path) -> None:
    ct = ct_on(grid(AXES["HFS"]))
    for name in ("a.nii.gz", "b.nii.gz"):
        write_volume(tmp_path / name, ct.geometry, ct.hu)
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


def nifti(tmp_path: Path, change: object, suffix: str = ".nii") -> Path:
    ct = ct_on(grid(AXES["HFS"]))
    path = tmp_path / f"ct{suffix}"
    write_volume(path, ct.geometry, ct.hu)
    content = bytearray(path.read_bytes())
    change(content)  # type: ignore[operator]
    path.write_bytes(content)
    return path


def _mirrored_qform(content: bytearray) -> None:
    pack_into("<f", content, 256, 0.0)
    pack_into("<f", content, 264, 0.0)


DAMAGE = {
    "VOL-NO-ORIENTATION": lambda c: pack_into("<2h", c, 252, 0, 0),
    "VOL-FORMS-DISAGREE": _mirrored_qform,
    "VOL-NOT-A-VOLUME": lambda c: pack_into("<8h", c, 40, 4, 56, 50, 15, 2, 1, 1, 1),
    "VOL-VALUES": lambda c: pack_into("<h", c, 70, 128),
    "DCM-TOO-LARGE": lambda c: pack_into("<8h", c, 40, 3, 32767, 32767, 32767, 1, 1, 1, 1),
    "DCM-PIXELS-SHORT": lambda c: c.__delitem__(slice(-100, None)),
    "VOL-UNREADABLE": lambda c: pack_into("<i", c, 0, 12),
}


@pytest.mark.parametrize("code", DAMAGE)
def test_that_a_damaged_nifti_is_refused_by_code(tmp_path: Path, code: str) -> None:
    path = nifti(tmp_path, DAMAGE[code])
    with pytest.raises(InputRefusedError) as refused:
        load_ct(path)
    assert refused.value.code == code
    inspection = inspect(path)
    assert inspection.verdict is GateVerdict.REFUSE
    assert [found.code for found in inspection.series[0].findings] == [code]


def test_that_scaled_values_become_hu_and_nan_is_refused(tmp_path: Path) -> None:
    path = nifti(tmp_path, lambda c: pack_into("<2f", c, 112, 0.5, -10.0))
    plain = ct_on(grid(AXES["HFS"])).hu
    assert np.array_equal(load_ct(path).hu, np.rint(plain * 0.5 - 10.0).astype(np.int16))
    values = np.zeros(grid(AXES["HFS"]).shape_kji, dtype=np.float32)
    values[0, 0, 0] = np.nan
    write_volume(tmp_path / "n.nii", grid(AXES["HFS"]), values)
    with pytest.raises(InputRefusedError, match="not a number"):
        load_ct(tmp_path / "n.nii")


def test_that_labels_which_are_no_whole_numbers_are_refused(tmp_path: Path) -> None:
    geometry = grid(AXES["HFS"])
    for wrong in (0.5, -1.0, 256.0):
        values = np.full(geometry.shape_kji, wrong, dtype=np.float32)
        write_volume(tmp_path / "l.nrrd", geometry, values)
        with pytest.raises(InputRefusedError, match="whole numbers"):
            read_labels(tmp_path / "l.nrrd")


def test_that_a_volume_without_air_is_flagged(tmp_path: Path) -> None:
    geometry = grid(AXES["HFS"])
    write_volume(tmp_path / "a.nii", geometry, np.full(geometry.shape_kji, 50, dtype=np.int16))
    codes = {found.code for found in load_ct(tmp_path / "a.nii").record.findings}
    assert codes == {"VOL-NO-IDENTITY", "VOL-NO-AIR"}


def test_that_a_compressed_bomb_is_not_unpacked(tmp_path: Path) -> None:
    ct = ct_on(grid(AXES["HFS"]))
    path = tmp_path / "ct.nii.gz"
    write_volume(path, ct.geometry, ct.hu)
    whole = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(whole + bytes(200_000_000), mtime=0))
    tracemalloc.start()
    with pytest.raises(InputRefusedError) as refused:
        load_ct(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == "DCM-PIXELS-LONG"
    assert peak < 20_000_000


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        (b"space: left-posterior-superior", b"space: scanner-xyz", "VOL-NO-ORIENTATION"),
        (b"dimension: 3", b"dimension: 4", "VOL-NOT-A-VOLUME"),
        (b"encoding: gzip", b"encoding: hex", "VOL-UNREADABLE"),
        (b"kinds:", b"data file: /etc/passwd\nkinds:", "VOL-PATH-ESCAPE"),
        (b"kinds:", b"data file: LIST\nkinds:", "VOL-UNREADABLE"),
        (b"kinds:", b"byte skip: 10\nkinds:", "VOL-UNREADABLE"),
        (b"kinds:", b'space units: "m" "m" "m"\nkinds:', "VOL-NO-ORIENTATION"),
        (b"type: int16", b"type: block", "VOL-VALUES"),
        (b"sizes: 56", b"sizes: 99999999", "DCM-TOO-LARGE"),
    ],
)
def test_that_a_damaged_nrrd_is_refused_by_code(tmp_path, field, value, code) -> None:
    ct = ct_on(grid(AXES["HFS"]))
    path = tmp_path / "ct.nrrd"
    write_volume(path, ct.geometry, ct.hu)
    content = path.read_bytes()
    assert field in content
    path.write_bytes(content.replace(field, value, 1))
    with pytest.raises(InputRefusedError) as refused:
        load_ct(path)
    assert refused.value.code == code


def test_that_an_unknown_suffix_or_shape_is_refused(tmp_path: Path) -> None:
    geometry = grid(AXES["HFS"])
    with pytest.raises(UsageError, match=r"\.nii"):
        write_volume(tmp_path / "a.mha", geometry, np.zeros(geometry.shape_kji, dtype=np.int16))
    with pytest.raises(UsageError, match="grid wants"):
        write_volume(tmp_path / "a.nii", geometry, np.zeros((1, 2, 3), dtype=np.int16))
    assert not list(tmp_path.iterdir())


def test_that_a_negative_voxel_side_is_refused_for_it_would_mirror_the_patient(
    tmp_path: Path,
) -> None:
    def change(content: bytearray) -> None:
        pack_into("<2h", content, 252, 1, 0)
        pack_into("<f", content, 80, -1.6)

    with pytest.raises(InputRefusedError, match="negative side") as refused:
        load_ct(nifti(tmp_path, change))
    assert refused.value.code == "VOL-NO-ORIENTATION"


@pytest.mark.parametrize("factor", [0.5, 1.04])
def test_that_two_voxel_sizes_in_one_file_are_refused(tmp_path: Path, factor: float) -> None:
    def change(content: bytearray) -> None:
        pack_into("<h", content, 252, 0)
        pack_into("<f", content, 80, 1.6 * factor)

    with pytest.raises(InputRefusedError) as refused:
        load_ct(nifti(tmp_path, change))
    assert refused.value.code == "VOL-FORMS-DISAGREE"


@pytest.mark.parametrize("count", [1, 2])
def test_that_one_or_two_slices_are_no_volume_in_a_volume_file_either(
    tmp_path: Path, count: int
) -> None:
    ct = ct_on(grid(AXES["HFS"]))
    i, j, _ = ct.geometry.size_ijk
    flat = VolumeGeometry.from_matrix((i, j, count), ct.geometry.lps_from_ijk)
    write_volume(tmp_path / "flat.nrrd", flat, ct.hu[:count])
    with pytest.raises(InputRefusedError) as refused:
        load_ct(tmp_path / "flat.nrrd")
    assert refused.value.code == "VOL-NOT-A-VOLUME"


@pytest.mark.parametrize("filler", [-1200, -3024, -32768])
@pytest.mark.parametrize("suffix", [".nii", ".nrrd"])
def test_that_filler_is_outside_the_scan(tmp_path: Path, filler: int, suffix: str) -> None:
    ct = ct_on(grid(AXES["HFS"]))
    filled = ct.hu.copy()
    filled[:, :4] = filler
    write_volume(tmp_path / f"f{suffix}", ct.geometry, filled)
    loaded = load_ct(tmp_path / f"f{suffix}")
    assert loaded.outside_scan is not None
    assert np.array_equal(loaded.outside_scan, filled == filler)
    assert np.array_equal(loaded.hu, np.where(filled == filler, -1000, ct.hu))
    write_volume(tmp_path / f"n{suffix}", ct.geometry, ct.hu)
    assert load_ct(tmp_path / f"n{suffix}").outside_scan is None


@pytest.mark.parametrize(
    "wrong", [lambda hu: hu - 900, lambda hu: hu // 20 - 900, lambda hu: np.full_like(hu, -1000)]
)
def test_that_values_which_cannot_be_hu_are_doubted(tmp_path: Path, wrong) -> None:
    ct = ct_on(grid(AXES["HFS"]))
    write_volume(tmp_path / "d.nii", ct.geometry, wrong(ct.hu))
    codes = {found.code for found in load_ct(tmp_path / "d.nii").record.findings}
    assert codes == {"VOL-NO-IDENTITY", "VOL-HU-DOUBTFUL"}


@pytest.mark.parametrize(
    "line", [b"space: right-anterior-superior", b"spacings: 0.5 0.5 0.5", b"sizes: 56 50 30"]
)
def test_that_an_nrrd_header_may_not_say_a_thing_twice(tmp_path: Path, line: bytes) -> None:
    ct = ct_on(grid(AXES["HFS"]))
    path = tmp_path / "t.nrrd"
    write_volume(path, ct.geometry, ct.hu)
    path.write_bytes(path.read_bytes().replace(b"\n\n", b"\n" + line + b"\n\n", 1))
    with pytest.raises(InputRefusedError) as refused:
        load_ct(path)
    assert refused.value.code in ("VOL-UNREADABLE", "VOL-NO-ORIENTATION")
