"""Pictures of cards, books, pencils and wrapping."""

from storefront.catalog.tiles.canvas import Canvas
from storefront.catalog.tiles.look import Look
from storefront.catalog.tiles.palette import BRASS, CREAM, INK, PAPER, STEEL, WOOD, mix
from storefront.catalog.tiles.shapes import FIGURES, arc, box, ellipse, flame, heart, leaf, rotated, smooth, star


def card(c: Canvas, k: Look) -> None:
    """A greeting card on its envelope."""
    c.shadow(52, 55, 31, 30, 0.2)
    envelope = rotated(box(20, 40, 80, 80, 1), 6 - 12 * k.pick(2), (50, 60))
    c.body(envelope, k.accent)
    c.line([envelope[3], (50, 64), envelope[2]], mix(k.accent, INK, 0.18), 0.9)
    tilt = -7 + 5 * k.pick(3)
    c.paint(rotated(box(29, 17, 71, 69, 0.8), tilt, (50, 45)), PAPER)
    c.body(rotated(box(32, 20, 68, 66, 0.5), tilt, (50, 45)), k.main, k.pattern, k.ink, 8)
    inner = (heart(50, 44, 19), star(50, 44, 11), ellipse(50, 44, 10, 12), flame(50, 55, 22))[k.pick(4)]
    c.paint(ellipse(50, 44, 14.5), PAPER)
    c.paint(rotated(inner, tilt, (50, 45)), k.accent)


def notebook(c: Canvas, k: Look) -> None:
    """A notebook with an elastic band and a pencil."""
    tilt = (-6, 5, 0)[k.pick(3)]
    c.shadow(52, 54, 25, 32, 0.2)
    c.paint(rotated(box(28, 18, 73, 82, 1.5), tilt, (50, 50)), PAPER)
    c.body(rotated(box(26, 17, 70, 81, 2.4), tilt, (50, 50)), k.main, k.pattern, k.ink)
    c.paint(rotated(box(26, 17, 32, 81, 1), tilt, (50, 50)), k.dark)
    if k.pick(2):
        c.body(rotated(box(40, 29, 62, 42, 1), tilt, (50, 50)), PAPER)
    c.paint(rotated(box(63.4, 17, 65.2, 81), tilt, (50, 50)), k.accent)
    _pencil(c, 80, 24, 80, k.accent)


def _pencil(c: Canvas, x: float, top: float, bottom: float, colour: tuple[int, int, int]) -> None:
    c.rect(x - 2, top + 8, x + 2, bottom, colour)
    c.rect(x - 0.6, top + 8, x + 0.6, bottom, mix(colour, CREAM, 0.35))
    c.paint([(x - 2, top + 8), (x + 2, top + 8), (x, top)], mix(WOOD, CREAM, 0.5))
    c.paint([(x - 0.8, top + 3), (x + 0.8, top + 3), (x, top)], INK)


def pencils(c: Canvas, k: Look) -> None:
    """Pencils in a printed tube."""
    c.shadow(50, 82, 17, 3.6)
    dyes = (k.accent, k.light, k.main, mix(k.accent, CREAM, 0.5), k.dark)
    for index, colour in enumerate(dyes):
        _pencil(c, 40 + index * 5, 24 + 3.5 * ((index * 2 + k.pick(3)) % 4), 60, colour)
    c.body(box(34, 47, 66, 82, 2), k.main, k.pattern, k.ink, 6)
    c.rect(34, 47, 66, 50.4, k.dark)
    c.rect(34, 79, 66, 82, k.dark, 1)


def pens(c: Canvas, k: Look) -> None:
    """Three pens side by side."""
    for index, colour in enumerate((k.main, k.accent, k.light)):
        x = 34 + index * 16
        c.shadow(x + 2, 50, 4, 28, 0.16)
        c.body(box(x - 3.4, 22, x + 3.4, 66, 1.6), colour, k.pattern, mix(colour, CREAM, 0.5), 4)
        c.paint([(x - 3.4, 65), (x + 3.4, 65), (x + 0.8, 77), (x - 0.8, 77)], STEEL)
        c.rect(x + 1.6, 24, x + 3, 42, BRASS, 0.6)


def wrap(c: Canvas, k: Look) -> None:
    """Rolls of wrapping paper."""
    for index, colour in enumerate((k.accent, k.light, k.main)):
        tilt, x = (-24, -4, 17)[index], (38, 49, 61)[index]
        c.shadow(x + 2, 52, 7, 32, 0.12)
        ink = (mix(colour, CREAM, 0.4), k.accent, k.ink)[index]
        c.body(rotated(box(x - 6, 18, x + 6, 82, 1), tilt, (50, 66)), colour, k.pattern if index > 0 else "plain", ink)
        c.paint(rotated(ellipse(x, 18, 6, 1.8), tilt, (50, 66)), mix(colour, INK, 0.25))
    c.body(rotated(box(28, 57, 72, 62), -3, (50, 60)), CREAM)


def ribbon(c: Canvas, k: Look) -> None:
    """A reel of ribbon."""
    c.shadow(50, 81, 23, 4)
    c.paint(smooth([(61, 76), (78, 79), (86, 74), (92, 80), (84, 81), (70, 82), (58, 81)]), k.dark)
    c.paint(ellipse(50, 55, 26), mix(WOOD, CREAM, 0.4))
    c.body(ellipse(50, 55, 21), k.main, k.pattern, k.ink, 6)
    for radius in (17, 13):
        c.line(arc(50, 55, radius, radius, 0, 360), k.dark, 0.6)
    c.disc(50, 55, 8, mix(WOOD, CREAM, 0.4))
    c.disc(50, 55, 3, INK)


def gift(c: Canvas, k: Look) -> None:
    """A wrapped present with a bow."""
    c.shadow(50, 82, 27, 4)
    c.body(box(26, 46, 74, 82, 1.5), k.main, k.pattern, k.ink)
    c.body(box(23, 40, 77, 51, 1.5), k.dark)
    c.rect(46, 40, 54, 82, k.accent)
    for tilt in (-24, 24):
        c.body(rotated(ellipse(50 + tilt * 0.42, 33, 10, 6), tilt, (50 + tilt * 0.42, 33)), k.accent)
    c.disc(50, 37, 3.6, mix(k.accent, INK, 0.2))


def tag(c: Canvas, k: Look) -> None:
    """Gift tags on a string."""
    for index, (x, y, tilt) in enumerate(((33, 40, -16), (58, 46, 9), (46, 60, -2))):
        colour = (k.light, k.accent, k.main)[index]
        outline = [(x - 9, y - 10), (x, y - 17), (x + 9, y - 10), (x + 9, y + 18), (x - 9, y + 18)]
        c.line(smooth([(x, y - 13), (x + 4, y - 26), (50, 8)], closed=False), WOOD, 0.8)
        c.body(rotated(outline, tilt, (x, y)), colour, k.pattern if index == 2 else "plain", k.ink, 6)
        c.paint(rotated(heart(x, y + 4, 9), tilt, (x, y)), PAPER)
        c.disc(*rotated([(x, y - 12)], tilt, (x, y))[0], 1.3, INK)


def stickers(c: Canvas, k: Look) -> None:
    """A sheet of stickers."""
    tilt = (-5, 4, 8)[k.pick(3)]
    c.shadow(52, 54, 27, 32, 0.2)
    c.paint(rotated(box(24, 18, 76, 82, 2), tilt, (50, 50)), PAPER)
    for row in range(4):
        for column in range(3):
            x, y = 34 + column * 16, 27 + row * 15.5
            outline = FIGURES[(row + column + k.pick(3)) % 3](x, y, 11)
            c.paint(rotated(outline, tilt, (50, 50)), (k.main, k.accent, k.dark, k.light)[(row * 2 + column) % 4])


def tape(c: Canvas, k: Look) -> None:
    """Rolls of tape, or a tape measure."""
    c.shadow(50, 81, 30, 4)
    for cx, radius, colour in ((37, 19, k.main), (67, 14, k.accent)):
        c.body(ellipse(cx, 81 - radius, radius), colour, k.pattern, mix(colour, CREAM, 0.55), 6)
        c.disc(cx, 81 - radius, radius * 0.55, mix(WOOD, CREAM, 0.35))
        c.disc(cx, 81 - radius, radius * 0.46, mix(colour, INK, 0.5))


def calendar(c: Canvas, k: Look) -> None:
    """A calendar or memo board on a string."""
    c.line([(30, 30), (50, 14), (70, 30)], INK, 0.8)
    c.shadow(52, 57, 27, 27, 0.2)
    c.body(box(24, 29, 76, 82, 1.5), PAPER)
    c.body(box(24, 29, 76, 51, 1.5), k.main, k.pattern, k.ink)
    for row in range(3):
        for column in range(6):
            chosen = (row * 6 + column) % 11 == k.pick(11)
            c.disc(31 + column * 7.6, 59 + row * 8, 1.6, k.accent if chosen else mix(PAPER, INK, 0.22))


def chalkboard(c: Canvas, k: Look) -> None:
    """A slate in a wooden frame with a chalk drawing."""
    c.shadow(50, 82, 27, 4)
    c.body(box(22, 26, 78, 82, 3), mix(WOOD, k.main, 0.5))
    c.rect(27, 31, 73, 77, mix(INK, k.main, 0.18), 1)
    chalk = mix(CREAM, INK, 0.12)
    figure = (heart(50, 52, 24), star(50, 52, 15), ellipse(50, 52, 13))[k.pick(3)]
    c.line([*figure, figure[0]], chalk, 1.1)
    for y in (68, 72):
        c.line([(38, y), (62 - 3 * k.pick(3), y)], chalk, 0.8)
    c.paint(leaf(28, 82, 18, 3, 4), CREAM)
