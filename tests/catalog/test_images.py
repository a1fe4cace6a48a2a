"""The picture pipeline: what comes in is checked, what goes out is upright, stripped, and never wider than it was."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from storefront.catalog import images
from storefront.catalog.images import (
    MAX_BYTES,
    ImageFile,
    PictureTooHeavy,
    PictureTooLarge,
    UnreadablePicture,
    store_drawing,
    store_upload,
)
from storefront.catalog.models import Image as ImageRow

RED, BLUE = (200, 30, 30), (30, 30, 200)


def encoded(picture: Image.Image, format: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()


def half_and_half(width: int = 1200, height: int = 800) -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(BLUE, (width // 2, 0, width, height))
    return picture


def stored(file: ImageFile, media: Path) -> dict[str, Image.Image]:
    found = {}
    for width, extension, path in file.paths(media):
        found[f"{width}.{extension}"] = Image.open(path)
        found[f"{width}.{extension}"].load()
    return found


def near(colour: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 14 for a, b in zip(colour, expected, strict=True))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_picture_is_written_in_every_width_and_both_formats(tmp_path: Path, format: str) -> None:
    file = store_upload(encoded(half_and_half(), format), tmp_path)
    pictures = stored(file, tmp_path)
    assert (file.width, file.height) == (1200, 800)
    assert {name: picture.size for name, picture in pictures.items()} == {
        f"{width}.{extension}": (width, round(width * 800 / 1200))
        for width in (320, 640, 960)
        for extension in ("avif", "webp")
    }
    assert {picture.format for picture in pictures.values()} == {"AVIF", "WEBP"}
    assert all(near(p.convert("RGB").getpixel((5, 5)), RED) for p in pictures.values())


def test_files_lie_where_the_catalogue_links_to_them(tmp_path: Path) -> None:
    for width in (100, 320, 700, 2000):
        file = store_upload(encoded(half_and_half(width, 300)), tmp_path)
        row = ImageRow(key=file.key, width=file.width, height=file.height)
        links = {row.url(w, extension).removeprefix("/media/") for w in row.widths for extension in ("avif", "webp")}
        assert links == {str(path.relative_to(tmp_path)) for _, _, path in file.paths(tmp_path)}
        assert all((tmp_path / link).is_file() for link in links)


def test_no_file_is_wider_than_the_original(tmp_path: Path) -> None:
    file = store_upload(encoded(half_and_half(700, 500)), tmp_path)
    assert list(file.widths) == [320, 640]
    small = store_upload(encoded(half_and_half(90, 60)), tmp_path)
    assert {picture.size for picture in stored(small, tmp_path).values()} == {(90, 60)}


def test_a_photograph_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # The camera was turned: the left edge of the file is the top of the picture.
    file = store_upload(encoded(half_and_half(1200, 800), "JPEG", exif=exif), tmp_path)
    picture = stored(file, tmp_path)["320.webp"].convert("RGB")
    assert (file.width, file.height) == (800, 1200)
    assert near(picture.getpixel((160, 20)), RED)
    assert near(picture.getpixel((160, 460)), BLUE)


def test_a_large_photograph_keeps_the_size_of_its_original(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = store_upload(encoded(half_and_half(6000, 4000), "JPEG", exif=exif), tmp_path)
    assert (file.width, file.height) == (4000, 6000)
    assert stored(file, tmp_path)["960.avif"].size == (960, 1440)


def test_metadata_is_stripped(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "where we live"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = store_upload(encoded(half_and_half(), "JPEG", exif=exif, icc_profile=profile, comment=b"secret"), tmp_path)
    for _, _, path in file.paths(tmp_path):
        content = path.read_bytes()
        assert b"where we live" not in content
        assert b"secret" not in content
        with Image.open(path) as picture:
            assert not picture.getexif()
            assert "icc_profile" not in picture.info


def test_colours_of_a_wide_profile_become_srgb(tmp_path: Path) -> None:
    file = store_upload(encoded(half_and_half(), "PNG", icc_profile=swapped_profile()), tmp_path)
    colour = stored(file, tmp_path)["320.webp"].convert("RGB").getpixel((20, 20))
    # The profile says that what stands in the red channel is meant as blue.
    assert colour[2] > colour[0] + 60


def swapped_profile() -> bytes:
    """sRGB with the primaries of red and blue exchanged, so that a conversion cannot be overlooked."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    entries = {bytes(profile[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    red, blue = entries[b"rXYZ"], entries[b"bXYZ"]
    profile[red + 4 : red + 12], profile[blue + 4 : blue + 12] = (
        profile[blue + 4 : blue + 12],
        profile[red + 4 : red + 12],
    )
    return bytes(profile)


def test_a_broken_profile_does_not_cost_the_picture(tmp_path: Path) -> None:
    file = store_upload(encoded(half_and_half(), "PNG", icc_profile=b"no profile at all"), tmp_path)
    assert near(stored(file, tmp_path)["320.webp"].convert("RGB").getpixel((20, 20)), RED)


def test_what_shows_through_still_does(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (640, 640), (0, 0, 0, 0))
    picture.paste((*RED, 255), (0, 0, 320, 640))
    for content in (encoded(picture), encoded(picture.convert("P"))):
        found = stored(store_upload(content, tmp_path), tmp_path)["640.webp"]
        assert found.mode == "RGBA"
        assert found.getpixel((600, 300))[3] < 10
        assert found.getpixel((20, 300))[3] > 245


@pytest.mark.parametrize("mode", ["CMYK", "L", "1", "I;16", "LA", "P"])
def test_every_kind_of_pixels_becomes_a_picture(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        picture = Image.frombytes("I;16", (400, 300), struct.pack("<H", 32_768) * 120_000)
    else:
        picture = half_and_half(400, 300).convert(mode)
    content = encoded(picture, "JPEG" if mode == "CMYK" else "PNG")
    found = stored(store_upload(content, tmp_path), tmp_path)["320.webp"].convert("RGB")
    assert found.size == (320, 240)
    if mode == "I;16":
        assert near(found.getpixel((100, 100)), (128, 128, 128))


def refused(content: bytes, media: Path, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        store_upload(content, media)
    assert caught.value.facts["field"] == "picture"  # type: ignore[attr-defined]
    assert list(media.rglob("*")) == []


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_truncated_picture_is_refused(tmp_path: Path, format: str) -> None:
    content = encoded(half_and_half(), format)
    refused(content[: len(content) // 2], tmp_path, UnreadablePicture)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"plain text that calls itself photo.jpg",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        encoded(half_and_half(60, 40), "GIF"),
        encoded(half_and_half(60, 40), "TIFF"),
        b"\xff\xd8\xff\xe0" + b"\x00" * 400,
    ],
    ids=["empty", "text", "svg", "gif", "tiff", "jpeg head only"],
)
def test_what_is_no_picture_of_a_known_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    refused(content, tmp_path, UnreadablePicture)


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes that unpacks to any number of pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(60_000, 60_000), (10_000, 10_000), (7_000, 6_000), (12_001, 10), (10, 12_001)])
def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, size: tuple[int, int]) -> None:
    refused(png_that_claims(*size), tmp_path, PictureTooLarge)


def test_too_many_bytes_are_refused_unread(tmp_path: Path) -> None:
    refused(b"\0" * (MAX_BYTES + 1), tmp_path, PictureTooHeavy)


def test_the_errors_say_what_to_do() -> None:
    assert "JPEG, PNG, WebP or AVIF" in str(UnreadablePicture(field="picture"))
    assert (
        str(PictureTooHeavy(field="picture", limit=10))
        == "This file is larger than 10 MB. Save it smaller and try again."
    )
    assert "12000 pixels a side" in str(PictureTooLarge(field="picture", side=12000, megapixels=40))


def test_storing_a_picture_twice_writes_nothing_the_second_time(tmp_path: Path) -> None:
    content = encoded(half_and_half())
    first = store_upload(content, tmp_path)
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    assert store_upload(content, tmp_path) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == written


def test_a_file_that_is_missing_is_written_again(tmp_path: Path) -> None:
    file = store_upload(encoded(half_and_half()), tmp_path)
    _, _, lost = next(file.paths(tmp_path))
    lost.unlink()
    store_upload(encoded(half_and_half()), tmp_path)
    assert lost.is_file()


def test_a_failed_write_leaves_no_half_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*args: object, **options: object) -> None:
        raise OSError("No space left on device")

    picture = half_and_half()
    monkeypatch.setattr(Image.Image, "save", full_disk)
    with pytest.raises(OSError, match="No space"):
        store_drawing(picture, tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_drawings_with_other_pixels_get_other_keys(tmp_path: Path) -> None:
    first = store_drawing(half_and_half(640, 640), tmp_path)
    second = store_drawing(half_and_half(640, 640).rotate(180), tmp_path)
    assert first.key != second.key
    assert list(first.widths) == [320, 640]
    assert images.QUICK != images.CAREFUL
