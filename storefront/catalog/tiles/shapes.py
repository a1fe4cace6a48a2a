"""Outlines in a square of 100 by 100 units, y downwards: lists of points that a canvas paints."""

import math
from collections.abc import Sequence

Point = tuple[float, float]
Outline = list[Point]

STEPS = 8


def ellipse(cx: float, cy: float, rx: float, ry: float | None = None, start: float = 0, end: float = 360) -> Outline:
    """An ellipse or, between two angles in degrees (clockwise from the right), a part of it."""
    ry = rx if ry is None else ry
    count = max(8, int((end - start) / 7))
    angles = (math.radians(start + (end - start) * i / count) for i in range(count + 1))
    return [(cx + rx * math.cos(angle), cy + ry * math.sin(angle)) for angle in angles]


def box(x0: float, y0: float, x1: float, y1: float, radius: float = 0) -> Outline:
    """A rectangle with round corners."""
    if radius <= 0:
        return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    r = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
    corners = ((x1 - r, y1 - r, 0), (x0 + r, y1 - r, 90), (x0 + r, y0 + r, 180), (x1 - r, y0 + r, 270))
    return [point for cx, cy, angle in corners for point in ellipse(cx, cy, r, r, angle, angle + 90)]


def smooth(points: Sequence[Point], *, closed: bool = True) -> Outline:
    """A Catmull-Rom curve through the points."""
    count = len(points)
    spans = count if closed else count - 1
    curve: Outline = [] if closed else [points[0]]
    for i in range(spans):
        around = [points[(i + k) % count] if closed else points[min(max(i + k, 0), count - 1)] for k in (-1, 0, 1, 2)]
        curve.extend(_catmull(around, step / STEPS) for step in range(1, STEPS + 1))
    return curve


def _catmull(p: Sequence[Point], t: float) -> Point:
    def along(a: float, b: float, c: float, d: float) -> float:
        return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)

    return along(p[0][0], p[1][0], p[2][0], p[3][0]), along(p[0][1], p[1][1], p[2][1], p[3][1])


def turned_on_lathe(cx: float, profile: Sequence[Point]) -> Outline:
    """A body that is the same left and right: `profile` lists (half width, y) from top to bottom."""
    right = smooth([(cx + half, y) for half, y in profile], closed=False)
    return right + [(2 * cx - x, y) for x, y in reversed(right)]


def rotated(outline: Sequence[Point], degrees: float, about: Point) -> Outline:
    """The outline turned clockwise about a point."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    cx, cy = about
    return [(cx + (x - cx) * cosine - (y - cy) * sine, cy + (x - cx) * sine + (y - cy) * cosine) for x, y in outline]


def moved(outline: Sequence[Point], dx: float, dy: float) -> Outline:
    """The outline somewhere else."""
    return [(x + dx, y + dy) for x, y in outline]


def heart(cx: float, cy: float, size: float) -> Outline:
    """A heart `size` units wide around a centre."""
    angles = [math.radians(i * 6) for i in range(60)]
    scale = size / 32
    return [
        (
            cx + scale * 16 * math.sin(a) ** 3,
            cy - scale * (13 * math.cos(a) - 5 * math.cos(2 * a) - 2 * math.cos(3 * a) - math.cos(4 * a)),
        )
        for a in angles
    ]


def star(cx: float, cy: float, radius: float, points: int = 5, inner: float = 0.45) -> Outline:
    """A star that points up."""
    corners = []
    for i in range(points * 2):
        angle = math.radians(-90 + i * 180 / points)
        reach = radius if i % 2 == 0 else radius * inner
        corners.append((cx + reach * math.cos(angle), cy + reach * math.sin(angle)))
    return corners


def leaf(x: float, y: float, length: float, width: float, degrees: float) -> Outline:
    """A pointed leaf that starts at (x, y) and grows towards an angle (0 is right, -90 is up)."""
    half = width / 2
    flat = [(x, y), (x + length * 0.3, y - half), (x + length * 0.65, y - half * 0.8), (x + length, y)]
    flat += [(x + length * 0.65, y + half * 0.8), (x + length * 0.3, y + half)]
    return rotated(smooth(flat), degrees, (x, y))


def flame(cx: float, base: float, height: float) -> Outline:
    """A candle flame standing on `base`."""
    half = height * 0.24
    side = [(0.0, base - height), (half * 0.75, base - height * 0.5), (half, base - height * 0.25), (0.0, base)]
    return smooth([(cx + dx, y) for dx, y in side] + [(cx - dx, y) for dx, y in reversed(side[1:-1])])


def arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> Outline:
    """An open curve along an ellipse, to be drawn as a line."""
    return ellipse(cx, cy, rx, ry, start, end)


def small_star(cx: float, cy: float, size: float) -> Outline:
    """A star about `size` units wide."""
    return star(cx, cy, size * 0.6)


def small_disc(cx: float, cy: float, size: float) -> Outline:
    """A disc `size` units wide."""
    return ellipse(cx, cy, size / 2)


# Little figures that decorate things, all drawn from a centre and a width.
FIGURES = (heart, small_star, small_disc)
