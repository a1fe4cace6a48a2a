"""Pictures from outside: opened with care, brought upright and to sRGB, stripped, and written as WebP and AVIF.

Pillow is imported when the first picture is handled: a web process that shows pages never pays for it.
"""

import hashlib
import io
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from storefront.catalog.models import IMAGE_WIDTHS
from storefront.core.errors import N_, InvalidInput

if TYPE_CHECKING:
    from PIL.Image import Image

MEBIBYTE = 1024 * 1024
MAX_BYTES = 10 * MEBIBYTE
MAX_PIXELS = 40_000_000
# A picture of this height and 320 units of width still fits into WebP, whose sides end at 16,383.
MAX_SIDE = 12_000
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
EXTENSIONS = ("avif", "webp")
# What Pillow's readers raise on damaged or hostile files.
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)
# Part of every key, so that files made by another version of this pipeline have other names.
PIPELINE = b"1:"


class UnreadablePicture(InvalidInput):
    """The file is no picture of a kind the shop takes, or it is damaged."""

    message = N_("This file cannot be read as a picture. Choose a JPEG, PNG, WebP or AVIF file.")


class PictureTooHeavy(InvalidInput):
    """The file has more bytes than the shop takes."""

    message = N_("This file is larger than %(limit)s MB. Save it smaller and try again.")


class PictureTooLarge(InvalidInput):
    """The picture has more pixels than the shop takes; `width` and `height` are what it says it has."""

    message = N_(
        "This picture is too large. Make it at most %(side)s pixels a side and %(megapixels)s megapixels in all."
    )


@dataclass(frozen=True)
class Effort:
    """How hard the encoders work: WebP's method 0-6 (6 is smallest), AVIF's speed 0-10 (0 is smallest) and quality."""

    webp_method: int
    avif_speed: int
    avif_quality: int


CAREFUL = Effort(webp_method=4, avif_speed=6, avif_quality=62)
# At full speed AVIF needs a lower quality to be the smaller of the two; on flat drawings nobody sees it.
QUICK = Effort(webp_method=2, avif_speed=9, avif_quality=48)


@dataclass(frozen=True)
class ImageFile:
    """A stored picture: its key, and the size of the upright original in pixels."""

    key: str
    width: int
    height: int

    @property
    def widths(self) -> Sequence[int]:
        """The widths it was written in, ascending; never wider than the original."""
        return tuple(width for width in IMAGE_WIDTHS if width <= self.width) or (self.width,)

    def paths(self, media: Path) -> Iterator[tuple[int, str, Path]]:
        """Width, extension and path of each of its files under the folder `media`."""
        for width in self.widths:
            for extension in EXTENSIONS:
                yield width, extension, media / self.key[:2] / f"{self.key}-{width}.{extension}"


def store_upload(content: bytes, media: Path) -> ImageFile:
    """Check an uploaded file and write it in every width under `media`; idempotent on its content.

    Raises PictureTooHeavy, PictureTooLarge or UnreadablePicture and then writes nothing.
    """
    if len(content) > MAX_BYTES:
        raise PictureTooHeavy(field="picture", limit=MAX_BYTES // MEBIBYTE)
    with _careful_reading():
        original = _opened(content)
        picture, width, height = _upright(original)
        file = ImageFile(_key(content), width, height)
    _write(picture, file, media, CAREFUL)
    return file


def store_drawing(picture: "Image", media: Path, effort: Effort = QUICK) -> ImageFile:
    """Write a picture the shop drew itself (RGB, no metadata) in every width under `media`; idempotent on pixels."""
    file = ImageFile(_key(picture.tobytes()), picture.width, picture.height)
    _write(picture, file, media, effort)
    return file


def _key(content: bytes) -> str:
    return hashlib.sha256(PIPELINE + content).hexdigest()[:24]


@contextmanager
def _careful_reading() -> Iterator[None]:
    from PIL import Image

    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(0, 0) from None
    except UNREADABLE:
        raise UnreadablePicture(field="picture") from None


def _too_large(width: int, height: int) -> PictureTooLarge:
    facts = {"side": MAX_SIDE, "megapixels": MAX_PIXELS // 1_000_000, "width": width, "height": height}
    return PictureTooLarge(field="picture", **facts)


def _opened(content: bytes) -> "Image":
    """The picture with its header read and its size checked, but not yet decoded."""
    from PIL import Image

    picture = Image.open(io.BytesIO(content), formats=FORMATS)
    width, height = picture.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise _too_large(width, height)
    return picture


def _upright(original: "Image") -> tuple["Image", int, int]:
    """The decoded picture, upright, in sRGB, without metadata; and the width and height of the upright original."""
    from PIL import ImageOps

    size = original.size
    # A JPEG can be decoded at a half, a quarter, an eighth: less memory, and still twice the widest file.
    original.draft(None, (2 * IMAGE_WIDTHS[-1], 2 * IMAGE_WIDTHS[-1]))
    original.load()
    decoded = original.size
    turned = ImageOps.exif_transpose(original)
    width, height = size if turned.size == decoded else (size[1], size[0])
    picture = _in_srgb(turned)
    picture.info.clear()
    return picture, width, height


def _in_srgb(picture: "Image") -> "Image":
    """RGB, or RGBA where something shows through, in sRGB."""
    from PIL import ImageCms

    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I;16"):
        picture = picture.point(lambda value: value / 256).convert("L")
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    if profile and picture.mode in {"RGB", "RGBA", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if picture.mode != "CMYK":
                picture = picture.convert(mode)
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
        except (ImageCms.PyCMSError, OSError):
            # A broken or unfitting profile must not cost the merchant the picture: its colours are taken as sRGB.
            converted = None
        if converted is not None:
            return converted
    return picture.convert(mode)


def _write(picture: "Image", file: ImageFile, media: Path, effort: Effort) -> None:
    folder = media / file.key[:2]
    folder.mkdir(parents=True, exist_ok=True)
    for width in file.widths:
        missing = [path for each, _, path in file.paths(media) if each == width and not path.exists()]
        fitting = _fitted(picture, width, max(1, round(width * file.height / file.width))) if missing else picture
        for path in missing:
            _save(fitting, path, effort)


def _fitted(picture: "Image", width: int, height: int) -> "Image":
    from PIL.Image import Resampling

    if picture.size == (width, height):
        return picture
    if picture.size == (2 * width, 2 * height):
        # Exactly a half is a plain mean of four: as good here, and seven times faster.
        return picture.reduce(2)
    return picture.resize((width, height), Resampling.LANCZOS, reducing_gap=2.0)


def _save(picture: "Image", path: Path, effort: Effort) -> None:
    """Write one file so that nobody ever sees a half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            if path.suffix == ".webp":
                picture.save(file, "WEBP", quality=80, method=effort.webp_method)
            else:
                picture.save(file, "AVIF", quality=effort.avif_quality, speed=effort.avif_speed, max_threads=1)
        unfinished.chmod(0o644)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
