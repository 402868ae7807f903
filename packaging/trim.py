"""Takes out of a built folder what nothing in it reads: symbols, tables of languages, blanks."""

from __future__ import annotations

import json
import struct
import subprocess
import tempfile
from pathlib import Path

BLANKS_FROM_BYTES = 1_000_000
"""JSON files from this size on are written without blanks."""

ICU_MARK = b"\xda\x27\x14\x00\x00\x00\x00\x00\x02\x00CmnD"
"""How the common data of ICU begin, two bytes (the length of the header) before: ICU's ucmndata.h,
for a little-endian machine."""

ICU_FOLDERS_KEPT = {"coll"}
"""Qt sorts by these. What it shows of numbers and dates it has in tables of its own."""

ICU_KINDS_LEFT_OUT = (".cnv", ".spp")
"""Encodings other than Unicode, and rules of names in networks."""


def strip_symbols(folder: Path) -> None:
    """Take the names that only a debugger reads out of the libraries, a sixth of the folder.

    Libraries below ``*.libs`` were changed after they were linked and do not survive it; any other
    whose segments come out unaligned is put back as it was.
    """
    for file in sorted(folder.rglob("*.so*")):
        if file.is_symlink() or any(one.endswith(".libs") for one in file.parts):
            continue
        stripped = file.with_name(f"{file.name}.stripped")
        command = ["strip", "--strip-unneeded", "-o", str(stripped), str(file)]
        subprocess.run(command, check=True)
        if segments_are_aligned(stripped.read_bytes()):
            stripped.replace(file)
        else:
            stripped.unlink()


def segments_are_aligned(elf: bytes) -> bool:
    """Tell whether the loader can map every segment of a 64-bit little-endian ELF file."""
    (table,) = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for number in range(count):
        at = table + number * size
        kind, _, offset, address = struct.unpack_from("<IIQQ", elf, at)
        (align,) = struct.unpack_from("<Q", elf, at + 48)
        if kind == 1 and align > 1 and (address - offset) % align:
            return False
    return True


def take_out_blanks(folder: Path) -> None:
    """Write large JSON files without blanks: highdicom's table of attributes has 7 MB of them."""
    for file in sorted(folder.rglob("*.json")):
        if file.stat().st_size >= BLANKS_FROM_BYTES:
            document = json.loads(file.read_text(encoding="utf-8"))
            file.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")


def shrink_icu(folder: Path) -> None:
    """Link ICU's library of tables anew, with the few that are read."""
    for file in sorted(folder.rglob("libicudata.so.*")):
        if not file.is_symlink():
            _link_tables(file, fewer_tables(file.read_bytes()))


def fewer_tables(library: bytes) -> bytes:
    """Return ICU's common data out of a library, without the tables that nothing here reads.

    The form is that of ICU's ``ucmndata.h``: a header that begins with its own length, the number
    of tables, for each the offsets of its name and its content, the names, the contents.

    Raises
    ------
    ValueError
        When there are no such data in the library.
    """
    data = library[library.find(ICU_MARK) - 2 :]
    if ICU_MARK not in library:
        raise ValueError("the library holds no tables of ICU in the form that is known")
    (begin,) = struct.unpack_from("<H", data)
    (count,) = struct.unpack_from("<I", data, begin)
    places = list(struct.iter_unpack("<II", data[begin + 4 : begin + 4 + 8 * count]))
    ends = [place for _, place in places[1:]] + [len(data) - begin]
    kept: dict[bytes, bytes] = {}
    for (name_at, at), end in zip(places, ends, strict=True):
        name = data[begin + name_at : data.index(b"\0", begin + name_at)]
        if _is_read(name.decode("ascii")):
            kept[name] = data[begin + at : begin + end]
    return data[:begin] + _table_of_contents(kept)


def _is_read(name: str) -> bool:
    _, *folder, file = name.split("/")
    return set(folder) <= ICU_FOLDERS_KEPT and not file.endswith(ICU_KINDS_LEFT_OUT)


def _table_of_contents(kept: dict[bytes, bytes]) -> bytes:
    """Return count, offsets, names and contents; each content begins at a multiple of 16."""
    names, contents, places = b"", b"", []
    names_at = 4 + 8 * len(kept)
    contents_at = -(-(names_at + sum(len(one) + 1 for one in kept)) // 16) * 16
    for name, content in kept.items():
        places.append(struct.pack("<II", names_at + len(names), contents_at + len(contents)))
        names += name + b"\0"
        contents += content.ljust(-(-len(content) // 16) * 16, b"\0")
    head = struct.pack("<I", len(kept)) + b"".join(places) + names
    return head.ljust(contents_at, b"\0") + contents


def _link_tables(library: Path, tables: bytes) -> None:
    """Replace a library of tables; ``as`` and ``ld`` come with ``strip``."""
    symbol = f"icudt{library.name.rsplit('.', 1)[1]}_dat"
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        (place / "tables").write_bytes(tables)
        (place / "tables.s").write_text(
            f'.section .rodata\n.balign 16\n.globl {symbol}\n.type {symbol}, "object"\n'
            f'{symbol}: .incbin "tables"\n.size {symbol}, . - {symbol}\n'
            '.section .note.GNU-stack, "", "progbits"\n'
        )
        subprocess.run(["as", "-o", "tables.o", "tables.s"], check=True, cwd=place)
        words = ["-shared", "-soname", library.name, "-o", str(library), "tables.o"]
        subprocess.run(["ld", *words], check=True, cwd=place)
