"""Pictures of toys and games."""

from storefront.catalog.tiles.canvas import Canvas
from storefront.catalog.tiles.look import Look
from storefront.catalog.tiles.palette import BRASS, CREAM, INK, STEEL, TERRACOTTA, WOOD, mix
from storefront.catalog.tiles.shapes import (
    FIGURES,
    arc,
    box,
    ellipse,
    flame,
    heart,
    rotated,
    smooth,
    star,
    turned_on_lathe,
)


def spinning_top(c: Canvas, k: Look) -> None:
    """A spinning top, leaning a little."""
    tilt = (-12, 9)[k.pick(2)]
    c.shadow(50, 83, 15, 3)
    for index, (y0, y1, half) in enumerate(((44, 52, 27), (52, 59, 31), (59, 67, 22))):
        outline = [(50 - half, y0), (50 + half, y0), (50 + half * 0.86, y1), (50 - half * 0.86, y1)]
        c.body(rotated(smooth(outline), tilt, (50, 82)), (k.main, k.accent, k.light)[index], k.pattern, k.ink, 5)
    c.paint(rotated([(38, 65), (62, 65), (50, 83)], tilt, (50, 82)), k.dark)
    c.paint(rotated(box(48.4, 24, 51.6, 44, 1.4), tilt, (50, 82)), WOOD)
    c.disc(*rotated([(50, 24)], tilt, (50, 82))[0], 4, k.accent)


def blocks(c: Canvas, k: Look) -> None:
    """Building blocks, stacked."""
    c.shadow(50, 82, 29, 4)
    places = ((35.5, 70.5), (59.5, 70.5), (46 + 3 * k.pick(3), 46.5))
    for index, (x, y) in enumerate(places):
        colour = (k.main, k.accent, k.light)[index]
        c.body(box(x - 11.5, y - 11.5, x + 11.5, y + 11.5, 2), colour, k.pattern, mix(colour, CREAM, 0.3), 5)
        c.rect(x - 7.4, y - 7.4, x + 7.4, y + 7.4, CREAM, 1.4)
        c.paint(FIGURES[(index + k.pick(3)) % 3](x, y, 9.4), mix(colour, INK, 0.12))


def skittles(c: Canvas, k: Look) -> None:
    """Skittles and a ball."""
    c.shadow(50, 82, 32, 3.6)
    for cx, colour in ((30, k.accent), (47, k.main), (64, k.light)):
        c.body(turned_on_lathe(cx, [(0, 37), (5, 41), (3.4, 49), (7.4, 64), (5.4, 80), (0, 81)]), colour)
        c.body(box(cx - 6, 60, cx + 6, 67, 1), CREAM, k.pattern, mix(colour, INK, 0.2), 3.6)
        c.disc(cx, 36, 4.8, mix(WOOD, CREAM, 0.45))
    c.body(ellipse(80, 75, 6.6), k.dark)


def babushka(c: Canvas, k: Look) -> None:
    """A nesting doll, alone or with her little sister."""
    c.shadow(50, 82, 24, 4)
    sizes = ((50, 1.0),) if k.pick(2) else ((41, 1.0), (70, 0.62))
    for index, (cx, size) in enumerate(sizes):
        colour = (k.main, k.accent)[index]
        outline = [(0, 22), (12, 26), (15, 38), (13, 46), (21, 62), (18, 78), (0, 82)]
        c.body(turned_on_lathe(cx, [(half * size, 82 - (82 - y) * size) for half, y in outline]), colour)
        c.disc(cx, 82 - 45 * size, 8.6 * size, mix(WOOD, CREAM, 0.6))
        c.paint(arc(cx, 82 - 47 * size, 8.2 * size, 7 * size, 180, 360), mix(WOOD, INK, 0.35))
        for side in (-1, 1):
            c.disc(cx + side * 3 * size, 82 - 44 * size, 0.9 * size, INK)
            c.disc(cx + side * 4.8 * size, 82 - 41 * size, 1.5 * size, mix(TERRACOTTA, CREAM, 0.4))
        c.body(ellipse(cx, 82 - 17 * size, 11.5 * size, 14 * size), k.light, k.pattern, mix(colour, INK, 0.1), 6 * size)


def bear(c: Canvas, k: Look) -> None:
    """A soft bear with a scarf."""
    c.shadow(50, 82, 24, 4)
    for side in (-1, 1):
        c.body(ellipse(50 + side * 13.5, 27.5, 6.6), k.main)
        c.disc(50 + side * 13.5, 28, 3.6, k.light)
        c.body(ellipse(50 + side * 14, 78, 9.4, 6.4), k.dark)
    c.body(ellipse(50, 66, 18, 16.5), k.main, k.pattern, k.ink, 7)
    c.body(ellipse(50, 40, 18, 16), k.main)
    c.paint(ellipse(50, 46, 8, 6.2), k.light)
    c.paint(ellipse(50, 43.6, 2.6, 1.9), INK)
    for x in (43, 57):
        c.disc(x, 38, 1.6, INK)
    c.rect(36, 53.5, 64, 59, k.accent, 2.6)
    c.body(box(56, 56, 62, 70, 1), k.accent)


def rabbit(c: Canvas, k: Look) -> None:
    """A soft rabbit with long ears."""
    c.shadow(50, 82, 20, 4)
    for side, tilt in ((-1, -10), (1, 8 + 16 * k.pick(2))):
        c.body(rotated(ellipse(50 + side * 7, 26, 5, 15), tilt, (50 + side * 7, 40)), k.main)
        c.paint(rotated(ellipse(50 + side * 7, 27, 2.4, 10.5), tilt, (50 + side * 7, 40)), k.accent)
    c.body(
        smooth([(34, 80), (38, 58), (50, 54), (62, 58), (66, 80), (50, 83)]),
        k.accent,
        k.pattern,
        mix(k.accent, CREAM, 0.5),
    )
    c.body(ellipse(50, 48, 15, 13), k.main)
    for x in (44.6, 55.4):
        c.disc(x, 47, 1.4, INK)
    c.paint(heart(50, 52, 4), mix(TERRACOTTA, CREAM, 0.25))


def rocket(c: Canvas, k: Look) -> None:
    """A rocket among stars."""
    for x, y, size in ((20, 30, 3), (80, 24, 4), (76, 60, 2.6), (24, 62, 2.4)):
        c.paint(star(x, y, size), k.light)
    c.paint(rotated(flame(50, 66, 18), 180, (50, 74)), BRASS)
    for side in (-1, 1):
        c.body(
            smooth([(50 + side * 10, 54), (50 + side * 23, 66), (50 + side * 21, 77), (50 + side * 9, 70)]), k.accent
        )
    c.body(turned_on_lathe(50, [(0, 15), (9, 27), (13.5, 46), (11, 70), (0, 73)]), k.main, k.pattern, k.ink)
    c.disc(50, 41, 6.4, STEEL)
    c.disc(50, 41, 4.6, mix(k.dark, INK, 0.3))


def house(c: Canvas, k: Look) -> None:
    """A doll's house."""
    c.shadow(50, 82, 29, 4)
    c.rect(62, 23, 69, 40, k.dark)
    c.body(box(25, 46, 75, 82), k.main, k.pattern, k.ink, 8)
    c.body([(50, 20), (81, 48), (19, 48)], k.accent, "scallops", mix(k.accent, INK, 0.22), 7)
    for x in (31, 58):
        c.rect(x, 54, x + 11, 65, CREAM, 0.8)
        c.line([(x + 5.5, 54), (x + 5.5, 65)], k.dark, 0.8)
        c.line([(x, 59.5), (x + 11, 59.5)], k.dark, 0.8)
    c.body(box(44, 66, 56, 82, 5), k.dark)
    c.disc(53, 75, 0.9, BRASS)


def jigsaw(c: Canvas, k: Look) -> None:
    """Four pieces of a jigsaw."""
    c.shadow(51, 53, 30, 30, 0.18)
    for index, (x, y) in enumerate(((23, 23), (51, 23), (23, 51), (51, 51))):
        colour = (k.main, k.accent, k.light, k.dark)[index]
        c.body(
            box(x, y, x + 26.4, y + 26.4, 2), colour, k.pattern if index in {0, 3} else "plain", mix(colour, CREAM, 0.4)
        )
    c.disc(49.4, 36, 4.6, k.main)
    c.disc(64, 50.4, 4.6, k.accent)
    c.disc(50, 64, 4.6, k.dark)
    c.disc(36, 49.6, 4.6, k.light)


def dominoes(c: Canvas, k: Look) -> None:
    """Game pieces: two dominoes and a counter."""
    for x, y, tilt, dots in ((38, 47, -14, 5), (63, 52, 11, 3)):
        c.shadow(x + 2, y + 3, 12, 24, 0.18)
        c.body(rotated(box(x - 12, y - 24, x + 12, y + 24, 3.4), tilt, (x, y)), k.main if dots == 5 else k.accent)
        c.line(rotated([(x - 9.0, y), (x + 9.0, y)], tilt, (x, y)), CREAM, 0.9)
        spots = [*[(-5, -17), (5, -7), (0, -12), (-5, -7), (5, -17)][:dots], (-5, 7), (5, 17)]
        for dx, dy in spots:
            c.disc(*rotated([(x + dx, y + dy)], tilt, (x, y))[0], 1.9, CREAM)
    c.body(ellipse(24, 77, 8), k.light, k.pattern, k.main, 4)


def magic_box(c: Canvas, k: Look) -> None:
    """A box of games with a printed lid."""
    c.shadow(50, 82, 31, 4)
    c.body(box(20, 58, 80, 82, 1.5), k.dark)
    c.body(box(17, 44, 83, 64, 1.5), k.main, k.pattern if k.pattern != "plain" else "diamonds", k.ink)
    c.body(ellipse(50, 54, 12, 8), CREAM)
    c.paint(star(50, 54, 5.6), k.accent)


def kite(c: Canvas, k: Look) -> None:
    """A kite with its tail, or a skipping rope's play of line."""
    c.line(smooth([(46, 66), (56, 73), (44, 80), (58, 88), (50, 99)], closed=False), k.dark, 0.9)
    for x, y in ((55, 72), (45, 80), (57, 87)):
        c.paint([(x - 4, y - 2), (x + 4, y + 2), (x + 4, y - 2), (x - 4, y + 2)], k.accent)
    for outline, colour, pattern in (
        ([(52, 12), (52, 38), (28, 36)], k.main, k.pattern),
        ([(52, 12), (75, 38), (52, 38)], k.accent, "plain"),
        ([(28, 36), (52, 38), (46, 68)], k.light, "plain"),
        ([(52, 38), (75, 38), (46, 68)], k.main, k.pattern),
    ):
        c.body(outline, colour, pattern, k.ink, 6)


def yarn(c: Canvas, k: Look) -> None:
    """A ball of wool with needles."""
    c.shadow(50, 82, 25, 4)
    for tilt in (-32, 30):
        c.paint(rotated(box(49.2, 14, 50.8, 62, 0.8), tilt, (50, 60)), WOOD)
        c.disc(*rotated([(50, 14)], tilt, (50, 60))[0], 2.2, k.accent)
    c.body(ellipse(50, 60, 22), k.main)
    for dy, tilt in ((-12, -24), (-4, -24), (4, -24), (12, -24), (-9, 40), (0, 40), (9, 40)):
        c.line(rotated(arc(50, 60 + dy, 18, 5, 200, 340), tilt, (50, 60)), k.light if tilt > 0 else k.dark, 0.9)
    c.line(smooth([(66, 76), (78, 82), (88, 77), (96, 82)], closed=False), k.main, 1.4)
