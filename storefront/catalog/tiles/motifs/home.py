"""Pictures of things for walls, shelves and sofas."""

from storefront.catalog.tiles.canvas import Canvas
from storefront.catalog.tiles.look import Look
from storefront.catalog.tiles.palette import BRASS, CREAM, GLASS, INK, LEAF, PAPER, STEEL, WOOD, mix
from storefront.catalog.tiles.shapes import arc, box, ellipse, heart, leaf, rotated, smooth, star, turned_on_lathe


def hanging_heart(c: Canvas, k: Look) -> None:
    """A heart on a ribbon."""
    c.line([(50, 0), (50, 30)], k.dark, 1.2)
    c.shadow(53, 56, 23, 22, 0.14)
    c.body(heart(50, 53, 50), k.main, k.pattern, k.ink)
    if k.pick(2):
        c.paint(heart(50, 52, 22), k.light)
    for side in (-1, 1):
        c.paint(rotated(ellipse(50 + side * 6, 31, 6, 3), side * 22, (50, 31)), k.accent)
    c.disc(50, 31, 2, mix(k.accent, INK, 0.25))


def hanging_star(c: Canvas, k: Look) -> None:
    """A star on a string."""
    c.line([(50, 0), (50, 26)], k.dark, 1)
    c.shadow(53, 55, 23, 23, 0.14)
    c.body(star(50, 52, 29, 5 + k.pick(2), 0.5), k.main, k.pattern, k.ink)
    c.paint(star(50, 52, 11, 5, 0.5), k.light)
    c.disc(50, 22.6, 1.8, BRASS)


def clock(c: Canvas, k: Look) -> None:
    """A round clock."""
    c.shadow(52, 53, 30, 30, 0.2)
    c.body(ellipse(50, 49, 30), k.main, k.pattern, k.ink, 6)
    c.disc(50, 49, 23.5, PAPER)
    for hour in range(12):
        long = 4.2 if hour % 3 == 0 else 2.2
        c.line(rotated([(50, 28.5), (50, 28.5 + long)], hour * 30, (50, 49)), k.dark, 1.1)
    c.line(rotated([(50, 49), (50, 37)], 30 * (7 + k.pick(4)), (50, 49)), INK, 1.8)
    c.line(rotated([(50, 49), (50, 32)], 6 * (8 + 3 * k.pick(8)), (50, 49)), INK, 1.2)
    c.disc(50, 49, 1.9, k.accent)


def alarm_clock(c: Canvas, k: Look) -> None:
    """An alarm clock with two bells."""
    c.shadow(50, 82, 22, 4)
    for side in (-1, 1):
        c.line([(50 + side * 13, 74), (50 + side * 18, 82)], k.dark, 3)
        c.body(rotated(arc(50 + side * 15, 35, 10, 9, 180, 360), side * 32, (50 + side * 15, 35)), k.accent)
    c.line(arc(50, 30, 7, 7, 180, 360), k.dark, 1.8)
    c.body(ellipse(50, 57, 24), k.main)
    c.disc(50, 57, 18, PAPER)
    for hour in range(12):
        c.disc(*rotated([(50, 42.6)], hour * 30, (50, 57))[0], 0.9, INK)
    c.line(rotated([(50, 57), (50, 47)], 30 * (8 + k.pick(3)), (50, 57)), INK, 1.6)
    c.line([(50, 57), (50, 44)], k.accent, 1.1)


def frame(c: Canvas, k: Look) -> None:
    """A picture frame with a small landscape."""
    c.shadow(51, 56, 27, 29, 0.2)
    c.body(box(24, 20, 76, 84, 2), k.main, k.pattern, k.ink, 6)
    c.rect(31, 27, 69, 77, PAPER)
    c.rect(35, 31, 65, 73, mix(GLASS, k.light, 0.3))
    c.disc(44 + 4 * k.pick(4), 43, 4.6, k.accent)
    c.paint(smooth([(35, 60), (44, 54), (55, 60), (65, 55), (65, 73), (35, 73)]), mix(LEAF, CREAM, 0.25))
    c.rect(35, 66, 65, 73, LEAF)


def mirror(c: Canvas, k: Look) -> None:
    """A mirror on the wall."""
    c.shadow(52, 53, 25, 30, 0.2)
    outline = (ellipse(50, 50, 24, 30), ellipse(50, 50, 28), box(27, 20, 73, 80, 22))[k.pick(3)]
    inner = rotated([(50 + (x - 50) * 0.8, 50 + (y - 50) * 0.83) for x, y in outline], 0, (50, 50))
    c.body(outline, k.main, k.pattern, k.ink, 5)
    c.body(inner, GLASS)
    for x in (41, 47):
        c.line([(x, 62), (x + 14, 36)], PAPER, 1.4)


def sign(c: Canvas, k: Look) -> None:
    """An enamel sign on a chain, with lines instead of words."""
    c.line([(33, 38), (50, 20), (67, 38)], STEEL, 1)
    c.disc(50, 19, 1.8, BRASS)
    c.shadow(52, 56, 33, 19, 0.2)
    c.body(box(18, 37, 82, 73, 4), k.main, k.pattern, k.ink)
    c.paint(box(22, 41, 78, 69, 2.6), CREAM)
    figure = (heart(50, 50, 10), star(50, 50, 6), leaf(43, 52, 15, 6, -10))[k.pick(3)]
    c.paint(figure, k.accent)
    c.rect(32 + 3 * k.pick(3), 58.4, 68 - 3 * k.pick(3), 60.4, k.dark, 0.9)
    c.rect(39, 63, 61, 64.6, k.dark, 0.8)


def cushion(c: Canvas, k: Look) -> None:
    """A cushion with piping."""
    c.shadow(50, 80, 32, 5)
    outline = [(20, 30), (50, 34), (80, 30), (77, 54), (80, 79), (50, 76), (20, 79), (23, 54)]
    c.body(smooth(outline), k.main, k.pattern, k.ink, 9)
    edge = smooth(outline)
    c.line([*edge, edge[0]], k.dark, 1.2)
    if k.pick(2):
        c.disc(50, 54, 2.2, k.accent)


def doormat(c: Canvas, k: Look) -> None:
    """A doormat in front of a step."""
    c.shadow(50, 60, 37, 21, 0.2)
    c.body(box(13, 38, 87, 78, 2), mix(WOOD, k.main, 0.25))
    c.body(box(19, 44, 81, 72, 1), k.main, k.pattern if k.pattern != "plain" else "diagonal", k.ink, 8)
    for x in range(14, 87, 3):
        c.rect(x, 36, x + 1, 38.4, mix(WOOD, INK, 0.2))
        c.rect(x, 77.6, x + 1, 80, mix(WOOD, INK, 0.2))


def keepsake_box(c: Canvas, k: Look) -> None:
    """A box with a lid and a clasp."""
    c.shadow(50, 82, 28, 4)
    c.body(box(24, 54, 76, 82, 2), k.main, k.pattern, k.ink)
    lid = smooth([(22, 55), (24, 44), (50, 40), (76, 44), (78, 55)]) if k.pick(2) else box(22, 44, 78, 56, 2)
    c.body(lid, k.dark)
    c.rect(46, 52, 54, 61, BRASS, 1.4)


def drawers(c: Canvas, k: Look) -> None:
    """A small chest of drawers."""
    c.shadow(50, 83, 25, 4)
    for x in (31, 66):
        c.rect(x, 78, x + 3, 84, mix(WOOD, INK, 0.3))
    c.body(box(27, 28, 73, 80, 2), mix(WOOD, k.main, 0.65))
    rows, columns = 3 + k.pick(2), 1 + k.pick(2)
    height, width = 48 / rows, 42 / columns
    for row in range(rows):
        for column in range(columns):
            left, top = 29 + column * width, 30 + row * height
            tone = (k.light, k.accent, k.main)[(row + column) % 3]
            c.body(
                box(left + 1, top + 1, left + width - 1, top + height - 1, 1), tone, k.pattern, mix(tone, CREAM, 0.4), 5
            )
            c.disc(left + width / 2, top + height / 2, 1.6, BRASS)


def hook(c: Canvas, k: Look) -> None:
    """A rail with hooks."""
    c.shadow(52, 50, 33, 9, 0.18)
    c.body(box(16, 40, 84, 56, 3), k.main, k.pattern, k.ink, 6)
    for x in (28, 50, 72):
        c.disc(x, 48, 3.4, k.light)
        c.line(smooth([(x, 48), (x, 64), (x + 4, 70), (x + 9, 66), (x + 9, 61)], closed=False), k.dark, 2.2)


def hanger(c: Canvas, k: Look) -> None:
    """A padded coat hanger."""
    c.line([(14, 20), (86, 20)], WOOD, 2)
    c.line(smooth([(46, 26), (46, 18), (52, 15), (56, 20), (50, 28), (50, 38)], closed=False), STEEL, 1.6)
    c.body(
        smooth([(50, 36), (64, 44), (84, 57), (80, 64), (50, 50), (20, 64), (16, 57), (36, 44)]),
        k.main,
        k.pattern,
        k.ink,
        6,
    )
    c.paint(heart(50, 53, 12), k.accent)


def vase(c: Canvas, k: Look) -> None:
    """An ornament: a vase with a dry twig."""
    c.shadow(50, 82, 17, 4)
    for x, y in ((38, 16), (52, 10), (63, 20)):
        c.line(smooth([(50, 48), (50 + (x - 50) * 0.5, 32), (x, y)], closed=False), mix(WOOD, INK, 0.3), 0.9)
        for step in range(3):
            c.disc(x - (x - 50) * 0.14 * step, y + 6 * step, 2.2, (k.accent, k.light)[step % 2])
    profiles = ([(5, 44), (4, 50), (17, 64), (13, 80), (0, 82)], [(8, 44), (13, 54), (13, 74), (8, 82), (0, 82)])
    c.body(turned_on_lathe(50, [(float(a), float(b)) for a, b in profiles[k.pick(2)]]), k.main, k.pattern, k.ink)


def knob(c: Canvas, k: Look) -> None:
    """Ceramic drawer knobs."""
    for index, (x, y, radius) in enumerate(((34, 40, 16), (66, 46, 13), (48, 71, 11))):
        c.shadow(x + 2, y + 3, radius, radius, 0.18)
        colour = (k.main, k.accent, k.light)[index]
        c.body(ellipse(x, y, radius), colour, k.pattern, mix(colour, CREAM, 0.6), 6)
        c.disc(x, y, 2, BRASS)


def key(c: Canvas, k: Look) -> None:
    """An old key with a tag."""
    c.shadow(53, 55, 14, 30, 0.16)
    c.line(arc(50, 29, 11, 11, 0, 360), k.dark, 3.6)
    c.rect(48.2, 39, 51.8, 82, k.dark, 1.4)
    c.rect(51, 68, 61, 71.6, k.dark)
    c.rect(51, 76, 58, 79.6, k.dark)
    c.body(rotated(box(58, 32, 82, 46, 3), 24, (60, 34)), k.main, k.pattern, k.ink, 5)


def doorstop(c: Canvas, k: Look) -> None:
    """A padded doorstop with a handle."""
    c.shadow(50, 82, 24, 4)
    c.line(arc(50, 45, 8, 9, 180, 360), k.dark, 3)
    c.body(smooth([(31, 46), (50, 42), (69, 46), (75, 78), (50, 83), (25, 78)]), k.main, k.pattern, k.ink, 8)
    c.body(box(40, 58, 60, 70, 2), k.light)
    c.paint(heart(50, 64, 8), k.accent)


def soap(c: Canvas, k: Look) -> None:
    """Bars of soap with a wrapper, and a sprig."""
    c.shadow(50, 82, 28, 4)
    c.body(box(24, 63, 76, 82, 6), k.main)
    c.body(box(38, 63, 62, 82), PAPER, k.pattern, k.dark, 5)
    c.body(box(31, 46, 69, 63, 6), k.light)
    c.body(box(42, 46, 58, 63), k.accent)
    for angle in (-30, -60, -5):
        c.paint(leaf(64, 44, 20, 6, angle), LEAF)


def jewellery(c: Canvas, k: Look) -> None:
    """A necklace of beads with a pendant, on a board."""
    c.shadow(52, 54, 27, 30, 0.18)
    c.body(box(24, 16, 76, 84, 24), k.light)
    beads = arc(50, 30, 17, 32, 8, 172)
    for index, (x, y) in enumerate(beads):
        c.disc(x, y, 1.9, (k.main, k.accent, BRASS)[index % 3] if k.pattern != "plain" else k.main)
    c.body((heart(50, 67, 13), ellipse(50, 67, 6, 8), star(50, 67, 7.6))[k.pick(3)], k.main)


def earrings(c: Canvas, k: Look) -> None:
    """A pair of drop earrings on a card."""
    c.shadow(52, 54, 24, 28, 0.18)
    c.body(box(27, 20, 73, 82, 3), PAPER, k.pattern, mix(PAPER, k.main, 0.25))
    for x in (41, 59):
        c.line(arc(x, 36, 3, 4, 150, 400), BRASS, 1)
        c.disc(x, 43, 2.6, k.accent)
        c.body((ellipse(x, 57, 5.6, 9), heart(x, 56, 13), star(x, 56, 8))[k.pick(1) if x == 59 else 0], k.main)
    c.disc(50, 26, 1.3, INK)


def ring(c: Canvas, k: Look) -> None:
    """A ring or bangle with a stone."""
    c.shadow(50, 82, 20, 4)
    c.line(arc(50, 60, 20, 20, 0, 360), BRASS, 4.4)
    c.line(arc(50, 60, 20, 20, 190, 260), mix(BRASS, CREAM, 0.5), 1.4)
    c.body([(38, 32), (44, 25), (56, 25), (62, 32), (50, 45)], k.main)
    c.paint([(44, 25), (56, 25), (53, 32), (47, 32)], k.light)
