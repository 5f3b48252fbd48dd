"""Stills are looked at before they are kept: format, size, and that they came whole."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sorasync.assets.file_errors import DamagedFile
from sorasync.assets.picture import inspect_picture, picture_mismatch

FORMS = {"png": {}, "jpeg": {}, "webp": {}, "lossless": {"lossless": True}, "alpha": {}}
once = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def packed(form: str, width: int, height: int) -> bytes:
    kind = form if form in ("png", "jpeg") else "webp"
    mode = "RGBA" if form == "alpha" else "RGB"
    buffer = io.BytesIO()
    Image.effect_noise((width, height), 40).convert(mode).save(buffer, kind, **FORMS[form])
    return buffer.getvalue()


@given(st.sampled_from(sorted(FORMS)), st.integers(1, 90), st.integers(1, 90))
@once
def test_format_and_size_are_those_of_the_file(tmp_path: Path, form: str, width: int, height: int) -> None:
    path = tmp_path / "picture"
    path.write_bytes(packed(form, width, height))
    facts = inspect_picture(path)
    assert (facts.format, facts.size) == (form if form in ("png", "jpeg") else "webp", f"{width}x{height}")
    assert picture_mismatch(path, facts, facts.size, 0) is None
    assert picture_mismatch(path, facts, f"{width * 2}x{height}", 10) == f"it is {facts.size} instead of " + (
        f"{width * 2}x{height}"
    )


@given(st.sampled_from(sorted(FORMS)), st.floats(0, 0.98))
@once
def test_a_picture_that_ends_too_soon_is_damaged(tmp_path: Path, form: str, share: float) -> None:
    whole = packed(form, 64, 48)
    path = tmp_path / "picture"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DamagedFile):
        inspect_picture(path)


@given(st.sampled_from(sorted(FORMS)), st.binary(max_size=400), st.integers(4, 40))
@once
def test_no_bytes_are_read_as_anything_but_a_picture_or_a_damaged_file(
    tmp_path: Path, form: str, noise: bytes, kept: int
) -> None:
    path = tmp_path / "picture"
    path.write_bytes(packed(form, 8, 8)[:kept] + noise)
    try:
        facts = inspect_picture(path)
    except DamagedFile:
        return
    assert facts.width > 0
    picture_mismatch(path, facts, "8x8", 10)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<html><body>no</body></html>", "it is html, not a PNG, WebP or JPEG picture"),
        (b'{"error": 1}', "it is json, not a PNG, WebP or JPEG picture"),
        (b"GIF89a" + bytes(40), "it has an unknown format, not a PNG, WebP or JPEG picture"),
        (b"", "it has an unknown format, not a PNG, WebP or JPEG picture"),
    ],
)
def test_what_is_no_picture_is_called_what_it_is(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "picture"
    path.write_bytes(content)
    with pytest.raises(DamagedFile) as error:
        inspect_picture(path)
    assert error.value.fault == says
