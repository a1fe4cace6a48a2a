"""Pictures of Christmas and of parties."""

from storefront.catalog.tiles.canvas import Canvas
from storefront.catalog.tiles.look import Look
from storefront.catalog.tiles.palette import BRASS, CREAM, GLOW, INK, LEAF, TERRACOTTA, WOOD, mix
from storefront.catalog.tiles.shapes import (
    FIGURES,
    arc,
    box,
    ellipse,
    heart,
    leaf,
    rotated,
    smooth,
    star,
    turned_on_lathe,
)


def tree(c: Canvas, k: Look) -> None:
    """A fir tree with a star, in one of three cuts."""
    c.shadow(50, 83, 22, 4)
    c.rect(47, 74, 53, 83, mix(WOOD, INK, 0.3))
    kind = k.pick(3)
    if kind == 0:
        for top, bottom, half in ((48, 76, 25), (35, 60, 20), (22, 44, 14)):
            c.body([(50, top), (50 + half, bottom), (50 - half, bottom)], k.main, k.pattern, k.ink, 6)
    elif kind == 1:
        c.body([(50, 20), (74, 77), (26, 77)], k.main, k.pattern if k.pattern != "plain" else "zigzag", k.ink, 8)
    else:
        c.body(turned_on_lathe(50, [(0, 20), (9, 36), (20, 60), (22, 74), (0, 77)]), k.main, k.pattern, k.ink)
    for x, y in ((44, 66), (57, 70), (51, 52), (46, 41), (60, 58)):
        c.disc(x, y, 1.9, (k.accent, GLOW)[int(x) % 2])
    c.paint(star(50, 19, 6), BRASS)


def bauble(c: Canvas, k: Look) -> None:
    """One or three baubles on threads."""
    drops = ((50, 55, 25),) if k.pick(2) else ((28, 40, 13), (53, 62, 16), (75, 36, 11.5))
    for index, (cx, cy, radius) in enumerate(drops):
        colour = (k.main, k.accent, k.light)[index]
        c.line([(cx, 0), (cx, cy - radius)], k.dark, 0.8)
        c.rect(cx - 3, cy - radius - 4, cx + 3, cy - radius + 1, BRASS, 1)
        c.body(ellipse(cx, cy, radius), colour, k.pattern, mix(colour, CREAM, 0.55), 6)
        c.paint(ellipse(cx - radius * 0.4, cy - radius * 0.42, radius * 0.16, radius * 0.24), CREAM, 0.65)


def stocking(c: Canvas, k: Look) -> None:
    """A stocking on a peg."""
    c.line(arc(39, 19, 4, 5, 180, 540), k.dark, 1.6)
    c.shadow(54, 56, 21, 28, 0.16)
    c.body(
        smooth([(36, 30), (60, 30), (61, 52), (76, 66), (74, 80), (58, 83), (40, 72), (36, 52)]),
        k.main,
        k.pattern,
        k.ink,
    )
    c.body(smooth([(63, 63), (76, 66), (74, 80), (60, 83), (57, 74)]), k.accent)
    c.body(box(33, 22, 63, 35, 4), CREAM)


def snowflake(c: Canvas, k: Look) -> None:
    """A snowflake of six arms."""
    c.shadow(52, 54, 27, 27, 0.1)
    kind = k.pick(2)
    for index in range(6):
        angle = index * 60
        c.line(rotated([(50, 50), (50, 20)], angle, (50, 50)), k.main, 2.6)
        for reach, side in ((38, 8), (29, 6)):
            for sign in (-1, 1):
                c.line(rotated([(50, reach), (50 + sign * side, reach - side)], angle, (50, 50)), k.main, 2)
        c.disc(*rotated([(50, 20)], angle, (50, 50))[0], 2.6, k.accent)
    c.paint(star(50, 50, 9, 6, 0.55) if kind else ellipse(50, 50, 6), k.light)


def wreath(c: Canvas, k: Look) -> None:
    """A wreath with berries and a bow."""
    c.shadow(52, 53, 31, 31, 0.14)
    for index in range(34):
        x, y = rotated([(50, 27)], index * 360 / 34, (50, 50))[0]
        c.paint(leaf(x, y, 14, 5.4, index * 360 / 34 + (30 if index % 2 else -30)), mix(LEAF, INK, 0.12 * (index % 3)))
    for index in range(9):
        c.disc(*rotated([(50, 27 + 3 * (index % 2))], index * 40 + 7 * k.pick(3), (50, 50))[0], 2.4, k.main)
    for side in (-1, 1):
        c.body(rotated(ellipse(50 + side * 8, 75, 8.6, 5), side * 20, (50, 75)), k.accent)
        c.paint([(50, 76), (50 + side * 9, 90), (50 + side * 4, 91)], k.accent)
    c.disc(50, 75.4, 3, mix(k.accent, INK, 0.25))


def snowman(c: Canvas, k: Look) -> None:
    """A snowman with hat and scarf."""
    c.shadow(50, 83, 23, 4)
    snow = mix(CREAM, (255, 255, 255), 0.6)
    c.body(ellipse(50, 67, 20, 16.5), snow)
    c.body(ellipse(50, 43, 14, 13), snow)
    c.body(box(37, 50, 63, 56, 3), k.main, k.pattern, k.ink, 4)
    c.body(box(56, 53, 63, 69, 1), k.main, k.pattern, k.ink, 4)
    c.rect(36, 30.5, 64, 34, INK, 1)
    c.body(box(41, 18, 59, 32, 1), mix(INK, k.accent, 0.2))
    c.rect(41, 27, 59, 30.6, k.accent)
    for x, y in ((45, 41), (55, 41), (50, 63), (50, 71)):
        c.disc(x, y, 1.5, INK)
    c.paint([(50, 44), (61, 46.4), (50, 47)], TERRACOTTA)


def gingerbread(c: Canvas, k: Look) -> None:
    """Biscuit shapes with icing."""
    dough = mix(WOOD, TERRACOTTA, 0.35)
    for index, (x, y) in enumerate(((35, 35), (66, 38), (36, 68), (66, 70))):
        outline = (heart(x, y, 27), star(x, y, 17), ellipse(x, y, 13.5), star(x, y, 16, 6, 0.6))[
            (index + k.pick(4)) % 4
        ]
        c.shadow(x + 1.4, y + 2, 13, 13, 0.2)
        c.body(outline, dough)
        inner = [(x + (px - x) * 0.74, y + (py - y) * 0.74) for px, py in outline]
        c.line([*inner, inner[0]], (CREAM, k.main, k.accent)[index % 3], 1.1)
        c.disc(x, y, 2, k.main if index % 2 else k.accent)


def bunting(c: Canvas, k: Look) -> None:
    """Two strings of flags."""
    for row, (y, sag) in enumerate(((14, 15), (46, 17))):
        line = [(float(x), y + sag * (1 - ((x - 50) / 54) ** 2)) for x in range(-4, 105, 4)]
        c.line(line, k.dark, 1)
        for index in range(5):
            (x0, y0), (x1, y1) = line[1 + index * 5], line[5 + index * 5]
            colour = (k.main, k.accent, k.light)[(index + row) % 3]
            tip = ((x0 + x1) / 2 + (y0 - y1) * 0.4, (y0 + y1) / 2 + 21)
            ink = k.ink if colour == k.main else mix(colour, CREAM, 0.5)
            c.body([(x0, y0), (x1, y1), tip], colour, k.pattern if (index + row) % 2 else "plain", ink, 5)


def garland(c: Canvas, k: Look) -> None:
    """Hearts, stars or discs on hanging threads."""
    figure = FIGURES[k.pick(3)]
    for column, (x, count) in enumerate(((18, 3), (34, 4), (50, 5), (66, 4), (82, 3))):
        c.line([(x, 0), (x, 8 + 15 * count)], k.dark, 0.8)
        for row in range(count):
            colour = (k.main, k.accent, k.light)[(row + column) % 3]
            c.body(figure(x, 9 + 15 * row, 12), colour, k.pattern, mix(colour, CREAM, 0.45), 4)


def balloon(c: Canvas, k: Look) -> None:
    """Three balloons."""
    for index, (x, y) in enumerate(((33, 36), (66, 33), (50, 48))):
        colour = (k.accent, k.light, k.main)[index]
        c.line(smooth([(x, y + 21), (50 + (x - 50) * 0.4, 76), (50, 92)], closed=False), INK, 0.6)
        c.paint([(x - 2.4, y + 22.6), (x + 2.4, y + 22.6), (x, y + 18)], mix(colour, INK, 0.2))
        c.body(
            turned_on_lathe(x, [(0, y - 20), (13, y - 14), (16, y - 2), (9, y + 14), (0, y + 20)]),
            colour,
            k.pattern,
            mix(colour, CREAM, 0.4),
        )


def party_cup(c: Canvas, k: Look) -> None:
    """Paper cups and straws."""
    c.shadow(50, 82, 25, 4)
    for x, tilt, colour in ((41, -11, k.accent), (47, 7, k.main), (62, 13, k.light)):
        c.body(rotated(box(x - 1.4, 22, x + 1.4, 62), tilt, (x, 62)), CREAM, "bands", colour, 5)
    for cx, colour in ((62, k.accent), (42, k.main)):
        c.body(
            [(cx - 15, 50), (cx + 15, 50), (cx + 11, 82), (cx - 11, 82)], colour, k.pattern, mix(colour, CREAM, 0.6), 7
        )
        c.rect(cx - 16, 48, cx + 16, 51.4, mix(colour, CREAM, 0.5), 1.4)


def napkins(c: Canvas, k: Look) -> None:
    """Folded napkins."""
    tilt = (-8, 6, 12)[k.pick(3)]
    c.shadow(52, 55, 30, 30, 0.18)
    for index, turn in enumerate((tilt + 14, tilt)):
        colour = (k.accent, k.main)[index]
        c.body(rotated(box(23, 24, 77, 78, 1), turn, (50, 51)), colour, k.pattern if index else "plain", k.ink, 8)
    c.line(rotated([(23, 51), (77, 51)], tilt, (50, 51)), k.dark, 0.7)
    c.line(rotated([(50, 24), (50, 78)], tilt, (50, 51)), k.dark, 0.7)
    c.line(rotated(box(26, 27, 74, 75), tilt, (50, 51)), k.light, 0.9)


def bell(c: Canvas, k: Look) -> None:
    """A bell with a bow."""
    c.line([(50, 0), (50, 24)], k.dark, 1)
    c.disc(50, 75, 4.6, BRASS)
    c.body(turned_on_lathe(50, [(4, 25), (13, 32), (16, 52), (24, 69), (0, 72)]), k.main, k.pattern, k.ink)
    c.rect(26, 67, 74, 71.6, k.dark, 2)
    for side in (-1, 1):
        c.body(rotated(ellipse(50 + side * 8, 25, 8, 4.4), side * 18, (50, 25)), k.accent)
    c.disc(50, 25, 2.6, mix(k.accent, INK, 0.25))
