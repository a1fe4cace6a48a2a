"""A small painter on top of Pillow: outlines in units of a hundredth, anti-aliased by drawing at twice the size."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PIL import Image, ImageDraw, ImageFilter

from storefront.catalog.tiles.palette import INK, Colour, mix
from storefront.catalog.tiles.patterns import PATTERNS
from storefront.catalog.tiles.shapes import Outline, Point, box, ellipse

SUPERSAMPLING = 2


class Canvas:
    """A square picture that outlines are painted on."""

    def __init__(self, size: int, ground: Colour) -> None:
        self._pixels = size * SUPERSAMPLING
        self._unit = self._pixels / 100
        self._scale = 1.0
        self._shift: Point = (0.0, 0.0)
        self._pivot: Point = (50.0, 50.0)
        self._mirror = False
        self._image = Image.new("RGB", (self._pixels, self._pixels), ground)
        self._draw = ImageDraw.Draw(self._image)

    def finished(self) -> Image.Image:
        """The picture in its real size."""
        return self._image.reduce(SUPERSAMPLING)

    @contextmanager
    def placed(self, scale: float, pivot_y: float, shift: Point, *, mirror: bool) -> Iterator[None]:
        """Everything painted inside is scaled about the point (50, `pivot_y`), moved and mirrored."""
        kept = self._scale, self._pivot, self._shift, self._mirror
        self._scale, self._pivot, self._shift, self._mirror = scale, (50.0, pivot_y), shift, mirror
        try:
            yield
        finally:
            self._scale, self._pivot, self._shift, self._mirror = kept

    def paint(self, outline: Sequence[Point], colour: Colour, opacity: float = 1.0) -> None:
        """Fill an outline with one colour."""
        points = self._to_pixels(outline)
        if opacity >= 1:
            self._draw.polygon(points, fill=colour)
            return
        left, top, mask = self._mask(points)
        self._image.paste(colour, (left, top), mask.point(lambda value: int(value * opacity)))

    def line(self, outline: Sequence[Point], colour: Colour, width: float) -> None:
        """Draw along an open outline with a round pen `width` units thick."""
        points = self._to_pixels(outline)
        pen = width * self._unit * self._scale
        self._draw.line(points, fill=colour, width=max(1, round(pen)), joint="curve")
        for x, y in (points[0], points[-1]):
            self._draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=colour)

    def body(
        self, outline: Sequence[Point], colour: Colour, pattern: str = "plain", ink: Colour = INK, step: float = 7.0
    ) -> None:
        """Fill an outline with a colour and a printed pattern, and let light fall on it from the left."""
        points = self._to_pixels(outline)
        left, top, mask = self._mask(points)
        layer = Image.new("RGB", mask.size, colour)
        draw = ImageDraw.Draw(layer)
        unit = self._unit * self._scale
        PATTERNS[pattern](draw, layer.size, step * unit, ink, colour)
        width, height = layer.size
        self._image.paste(layer, (left, top), mask)
        side = ImageDraw.Draw(mask)
        side.polygon([(0, 0), (width * 0.72, 0), (width * 0.66, height), (0, height)], fill=0)
        self._image.paste(mix(colour, INK, 0.55), (left, top), mask.point(lambda value: value // 7))

    def shadow(self, cx: float, cy: float, rx: float, ry: float, opacity: float = 0.28) -> None:
        """A soft shadow on the table."""
        (x, y), *_ = self._to_units([(cx, cy)])
        rx, ry = rx * self._scale, ry * self._scale
        # Drawn and blurred at one point a unit, only as large as it is, then brought to full size.
        pad = 7
        left, top = int(x - rx) - pad, int(y - ry) - pad
        small = Image.new("L", (int(2 * rx) + 2 * pad, int(2 * ry) + 2 * pad), 0)
        ImageDraw.Draw(small).ellipse(
            (x - rx - left, y - ry - top, x + rx - left, y + ry - top), fill=int(255 * opacity)
        )
        wide, high = (round(side * self._unit) for side in small.size)
        soft = small.filter(ImageFilter.GaussianBlur(1.7)).resize((wide, high), Image.Resampling.BILINEAR)
        self._image.paste(INK, (round(left * self._unit), round(top * self._unit)), soft)

    def gradient(self, top: Colour, bottom: Colour, until: float) -> None:
        """Light that fades down the wall, from the top edge to `until`."""
        # Neighbouring paper tones differ by a few dozen levels, so more steps than this could not be seen.
        steps = 48
        height = until * self._unit / steps
        for step in range(steps):
            rows = (0, int(step * height), self._pixels, int((step + 1) * height))
            self._draw.rectangle(rows, fill=mix(top, bottom, step / (steps - 1)))

    def disc(self, cx: float, cy: float, radius: float, colour: Colour) -> None:
        """A filled circle."""
        self.paint(ellipse(cx, cy, radius), colour)

    def rect(self, x0: float, y0: float, x1: float, y1: float, colour: Colour, radius: float = 0) -> None:
        """A filled rectangle with round corners."""
        self.paint(box(x0, y0, x1, y1, radius), colour)

    def _to_units(self, outline: Sequence[Point]) -> Outline:
        sign = -1 if self._mirror else 1
        (px, py), (dx, dy), scale = self._pivot, self._shift, self._scale
        return [(px + sign * (x - px) * scale + dx, py + (y - py) * scale + dy) for x, y in outline]

    def _to_pixels(self, outline: Sequence[Point]) -> Outline:
        return [(x * self._unit, y * self._unit) for x, y in self._to_units(outline)]

    def _mask(self, points: Outline) -> tuple[int, int, Image.Image]:
        """The outline as a mask just large enough for it, and where its corner lies."""
        left, top = int(min(x for x, _ in points)), int(min(y for _, y in points))
        right, bottom = int(max(x for x, _ in points)) + 2, int(max(y for _, y in points)) + 2
        mask = Image.new("L", (right - left, bottom - top), 0)
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in points], fill=255)
        return left, top, mask
