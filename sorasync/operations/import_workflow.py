"""Reads the workflow that ComfyUI embeds in the files it saves, and writes it for a library to render."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sorasync.errors import SorasyncError
from sorasync.installed import missing_extra
from sorasync.library_file import open_file, unreadable
from sorasync.operations.output_file import write_output

_PNG = b"\x89PNG\r\n\x1a\n"
# The key that has the graph as it was run; other nodes that save put all of it into a comment.
_KEY, _COMMENT = "prompt", "comment"
_LARGEST = 64 << 20
_TEXTS = ("text", "prompt", "positive_prompt", "positive")
_NUMBERS = {
    "seed": ("seed", "noise_seed"),
    "width": ("width",),
    "height": ("height",),
    "frames": ("length", "num_frames", "frames", "video_frames"),
}


@dataclass(frozen=True, slots=True)
class FoundWorkflow:
    """The file that was written, how many nodes it has, and what seems to take which value of a clip.

    `fps` is what it saves videos with, 0 where it does not say.
    """

    path: Path
    nodes: int
    bind: Mapping[str, str]
    fps: int


def import_workflow(source: Path, out: Path, *, force: bool = False) -> FoundWorkflow:
    """Write the workflow inside a PNG or a video to a file. Raises `SorasyncError`."""
    graph = embedded_workflow(source)
    if out.exists() and not force:
        raise SorasyncError(f"{out} exists", hint="--out names another file, --force overwrites this one")
    write_output(out, json.dumps(graph, indent=2, ensure_ascii=False) + "\n")
    return FoundWorkflow(out, len(graph), suggested_bind(graph), _fps(graph))


def embedded_workflow(source: Path) -> dict[str, Any]:
    """The graph that a file was made by, in the form that ComfyUI's API takes. Raises `SorasyncError`."""
    for text in _embedded(source):
        graph = _graph_in(text)
        if graph is not None:
            return graph
    raise SorasyncError(
        f"{source} holds no workflow of ComfyUI",
        hint="files keep it as ComfyUI saved them; converted or re-encoded ones have usually lost it",
    )


def _embedded(source: Path) -> Iterator[str]:
    try:
        with open_file(source, within=None) as file:
            if file.read(len(_PNG)) == _PNG:
                yield from _png_texts(file)
                return
    except OSError as error:
        raise SorasyncError(unreadable(str(source), error)) from None
    yield from _video_texts(source)


def _png_texts(file: BinaryIO) -> Iterator[str]:
    """The texts under that key, as Pillow writes them: plain, compressed or international."""
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IEND":
            return
        if kind not in (b"tEXt", b"zTXt", b"iTXt") or length > _LARGEST:
            file.seek(length + 4, 1)
            continue
        name, _, rest = file.read(length).partition(b"\0")
        file.seek(4, 1)
        if name == _KEY.encode():
            yield _text_of(kind, rest)


def _text_of(kind: bytes, rest: bytes) -> str:
    if kind == b"tEXt":
        return rest.decode("latin-1")
    if kind == b"zTXt":
        return _inflated(rest[1:]).decode("latin-1")
    # A flag, the method, then the language and the name in it, each with an end.
    compressed, text = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
    return (_inflated(text) if compressed else text).decode("utf-8", "replace")


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _LARGEST)
    except zlib.error:
        return b""


def _video_texts(source: Path) -> Iterator[str]:
    try:
        import av
    except ImportError:
        raise SorasyncError(missing_extra("reading what a video says of itself", "preview")) from None
    try:
        with av.open(str(source)) as container:
            said = {name.lower(): value for name, value in container.metadata.items()}
    except (av.FFmpegError, OSError, ValueError):
        return
    yield from (said[name] for name in (_KEY, _COMMENT) if name in said)


def _graph_in(text: str) -> dict[str, Any] | None:
    """The graph in a text: by itself, or under its key beside other things."""
    try:
        found = json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    inner = found.get(_KEY) if isinstance(found, dict) else None
    if isinstance(inner, str):
        return _graph_in(inner)
    for graph in (inner, found):
        if isinstance(graph, dict) and graph and all(map(_is_node, graph.values())):
            return graph
    return None


def _is_node(value: object) -> bool:
    return isinstance(value, dict) and "class_type" in value and isinstance(value.get("inputs"), dict)


def suggested_bind(graph: Mapping[str, Any]) -> dict[str, str]:
    """Which inputs seem to take which value of a clip, for a person to check."""
    found: dict[str, str] = {}
    for word, role in (("prompt", "positive"), ("negative", "negative")):
        for node in graph.values():
            link = node["inputs"].get(role)
            if isinstance(link, list) and link and (text := _text_input(graph, str(link[0]))):
                found.setdefault(word, text)
    if "prompt" not in found:
        _enter(found, "prompt", (text for name in graph if (text := _text_input(graph, name))))
    for word, names in _NUMBERS.items():
        places = (f"{name}.{one}" for name, node in graph.items() for one in names if _is_number(node, one))
        _enter(found, word, places)
    loads = (name for name, node in graph.items() if node["class_type"] == "LoadImage")
    _enter(found, "image", (f"{name}.image" for name in loads))
    return found


def _enter(found: dict[str, str], word: str, places: Iterator[str]) -> None:
    if (place := next(places, None)) is not None:
        found[word] = place


def _fps(graph: Mapping[str, Any]) -> int:
    said = (node["inputs"].get(name) for node in graph.values() for name in ("fps", "frame_rate"))
    return next((round(one) for one in said if isinstance(one, int | float) and one >= 1), 0)


def _text_input(graph: Mapping[str, Any], name: str) -> str | None:
    inputs = graph[name]["inputs"] if name in graph else {}
    return next((f"{name}.{one}" for one in _TEXTS if isinstance(inputs.get(one), str)), None)


def _is_number(node: Mapping[str, Any], name: str) -> bool:
    value = node["inputs"].get(name)
    return isinstance(value, int) and not isinstance(value, bool)
