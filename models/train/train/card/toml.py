"""Writing TOML: enough of it for a card."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path


def quote(text: str) -> str:
    """A TOML basic string."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    if any(ord(c) < 32 or ord(c) == 127 for c in plain):
        raise ValueError(f"control character in {text!r}")
    return f'"{plain}"'


def value(item: object) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, float) and not math.isfinite(item):
        return "nan" if math.isnan(item) else ("inf" if item > 0 else "-inf")
    if isinstance(item, (int, float)):
        # NumPy's numbers are Python's too, but say their type when asked for themselves.
        return repr(float(item) if isinstance(item, float) else int(item))
    if isinstance(item, (list, tuple)):
        return "[" + ", ".join(value(i) for i in item) + "]"
    return quote(str(item))


def section(header: str, pairs: dict[str, object]) -> str:
    lines = [header] if header else []
    return "\n".join(lines + [f"{key} = {value(item)}" for key, item in pairs.items()]) + "\n"


def rewrite(path: Path, text: str) -> None:
    """Writes a file anew, whole or not at all. Raises TOMLDecodeError, and writes nothing, when it is no TOML."""
    tomllib.loads(text)
    partial = path.with_suffix(".part")
    partial.write_text(text)
    partial.replace(path)
