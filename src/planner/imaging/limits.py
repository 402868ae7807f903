"""What an input may ask of this machine before anything is allocated for it.

No file of an ordinary scan comes near these; a file that passes one is damaged or hostile.
"""

from __future__ import annotations

import os

MAX_FILES = 20_000
"""Files under one folder. A long cardiac study holds about 6,000."""

MAX_FOLDER_DEPTH = 16
"""Nested folders below the chosen one; archives use three or four."""

MAX_NESTING = 64
"""Sequences within sequences. A structured report reaches about 12."""

MAX_ELEMENTS = 2_000_000
"""Data elements in one file. 5,000 Enhanced CT frames hold about 300,000."""

MAX_HEADER_BYTES = 64 * 1024**2
"""Bytes before the pixels, and of a whole deflated data set."""

MAX_MATRIX = 4096
"""Rows or columns; the finest clinical CT has 2,048."""

MAX_FRAMES = 20_000
"""Slices in one volume."""

MAX_VOXELS = 2**31
"""Voxels in one volume: 4 GiB as int16."""

MAX_PACKING = 200
MOST_PACKED_BYTES = 512 * 1024**2
"""A volume file of more bytes than this may not be packed more than so many times: a CT packs
2 to 10 times, for its noise; large outlines pack more, but are whole numbers of few bytes."""

MAX_VALUE_BYTES = 1024 * 1024
"""One header value that is read; a longer one is stepped over."""

DECODE_SECONDS = 20.0
"""Longest time one compressed frame may take to decode."""

DECODE_BYTES = 2 * 1024**3
"""Address space of the process that decodes; a 4,096 x 4,096 frame needs about 0.3 GiB."""

DECODE_FRAME_BYTES = 256 * 1024**2
"""Compressed bytes of one frame: 4,096 x 4,096 at 16 bits eight times over."""

DECODE_PROCESSES = max(2, min(8, os.cpu_count() or 1))
"""Processes that decode side by side: one for each processor, within reason."""
