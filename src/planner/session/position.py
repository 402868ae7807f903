"""DICOM patient positions in words."""

from __future__ import annotations

_LIES = {"S": "supine", "P": "prone", "DR": "on the right side", "DL": "on the left side"}
_ENTERS = {"HF": "head first", "FF": "feet first"}


def position_sentence(code: str) -> str:
    """Return a code of DICOM (0018,5100) in words, such as ``Supine, feet first``."""
    enters, lies = _ENTERS.get(code[:2]), _LIES.get(code[2:])
    if enters is None or lies is None:
        return "Patient position not stated" if not code else f"Patient position {code}"
    return f"{lies.capitalize()}, {enters}"


def position_alarm(code: str) -> str:
    """Return what must stand on every picture: ``PRONE`` and the like; empty when supine."""
    if not code:
        return "POSITION NOT STATED"
    lies = _LIES.get(code[2:], code)
    return "" if lies == "supine" else lies.upper()
