"""Pictures of things for the garden and the picnic."""

from storefront.catalog.tiles.canvas import Canvas
from storefront.catalog.tiles.look import Look
from storefront.catalog.tiles.palette import BRASS, CREAM, INK, LEAF, STEEL, TERRACOTTA, WOOD, mix
from storefront.catalog.tiles.shapes import arc, box, ellipse, leaf, moved, rotated, smooth, turned_on_lathe


def watering_can(c: Canvas, k: Look) -> None:
    """A watering can."""
    c.shadow(52, 82, 26, 4)
    c.line(arc(66, 58, 13, 15, -120, 95), k.dark, 3)
    c.line(smooth([(42, 72), (30, 62), (19, 44)], closed=False), k.dark, 4.4)
    c.paint(rotated(box(10, 37, 26, 42, 1.4), -32, (19, 42)), k.accent)
    c.body([(39, 50), (65, 50), (69, 82), (35, 82)], k.main, k.pattern, k.ink)
    c.line(arc(52, 50, 13, 13, 180, 360), k.dark, 2.6)
    c.rect(37.6, 48, 66.4, 52, k.dark, 1)


def pot_plant(c: Canvas, k: Look) -> None:
    """A plant in a pot: leaves, a tuft or flowers."""
    c.shadow(50, 82, 19, 4)
    green = mix(LEAF, INK, 0.06 * k.pick(4))
    kind = k.pick(3)
    for index, angle in enumerate((-158, -22, -136, -44, -112, -68, -90)):
        length = (27, 27, 33, 33, 37, 37, 40)[index] * (1, 0.86, 0.95)[kind]
        c.paint(leaf(50, 57, length, (11, 5, 8)[kind], angle), green if index % 2 else mix(green, CREAM, 0.2))
        if kind == 2 and index > 1:
            x, y = rotated([(50 + length, 57)], angle, (50, 57))[0]
            _blossom(c, x, y, 5.5, k.accent)
    c.body([(35, 56), (65, 56), (61, 82), (39, 82)], k.main, k.pattern, k.ink, 6)
    c.body(box(33, 53, 67, 60, 1), k.dark)


def _blossom(c: Canvas, x: float, y: float, size: float, colour: tuple[int, int, int]) -> None:
    for angle in range(0, 360, 72):
        c.paint(leaf(x, y, size, size * 0.8, angle - 90), colour)
    c.disc(x, y, size * 0.3, BRASS)


def herbs(c: Canvas, k: Look) -> None:
    """Three small pots of herbs in a row."""
    c.shadow(50, 82, 33, 3.6)
    for index, cx in enumerate((26.0, 50.0, 74.0)):
        for angle in (-140, -115, -90, -65, -40):
            c.paint(leaf(cx, 62, 15 + 2.5 * ((index + angle) % 3), 5.5, angle), mix(LEAF, CREAM, 0.12 * index))
        c.body(
            moved([(-9, 61), (9, 61), (7, 80), (-7, 80)], cx, 2),
            (k.main, k.accent, k.light)[index],
            k.pattern,
            k.ink,
            5,
        )


def flowers(c: Canvas, k: Look) -> None:
    """A stem or a bunch of flowers in a vase."""
    c.shadow(50, 82, 14, 3.4)
    stems = ((50, 22),) if k.pick(2) else ((36, 30), (50, 20), (64, 29), (43, 38), (58, 37))
    for index, (x, y) in enumerate(stems):
        c.line(smooth([(50, 62), (50 + (x - 50) * 0.4, 46), (x, y)], closed=False), mix(LEAF, INK, 0.15), 1.2)
        c.paint(leaf(50 + (x - 50) * 0.3, 50, 11, 5, -40 if x >= 50 else -140), LEAF)
        _blossom(c, x, y, 12.5 if len(stems) == 1 else 8, (k.main, k.accent, k.light)[index % 3])
    c.body(
        turned_on_lathe(50, [(7, 56), (5, 61), (12, 71), (10, 81), (0, 82)]),
        k.accent,
        k.pattern,
        mix(k.accent, CREAM, 0.5),
        5,
    )


def birdhouse(c: Canvas, k: Look) -> None:
    """A nesting box on a pole or on a string."""
    c.rect(48.4, 62, 51.6, 90, mix(WOOD, INK, 0.2))
    c.body([(31, 43), (50, 28), (69, 43), (66, 74), (34, 74)], k.main, k.pattern, k.ink)
    c.body([(50, 21), (75, 43), (71, 47), (50, 29), (29, 47), (25, 43)], k.dark)
    c.disc(50, 51, 6.6, mix(INK, k.dark, 0.3))
    c.line([(50, 62), (50, 66)], WOOD, 1.6)
    _bird(c, 71, 31, 0.55, k.accent)


def _bird(c: Canvas, x: float, y: float, size: float, colour: tuple[int, int, int]) -> None:
    outline = [(-13, 0), (-7, -9), (3, -10), (10, -3), (22, -6), (11, 7), (-2, 11), (-11, 7)]
    c.paint(smooth([(x + dx * size, y + dy * size) for dx, dy in outline]), colour)
    c.paint([(x - 12 * size, y - 3 * size), (x - 19 * size, y), (x - 12 * size, y + 2 * size)], BRASS)
    c.paint(leaf(x, y, 13 * size, 8 * size, 18), mix(colour, INK, 0.25))
    c.disc(x - 8 * size, y - 3.4 * size, 1.1 * size, INK)


def bird(c: Canvas, k: Look) -> None:
    """A bird on a twig."""
    c.line(smooth([(8, 72), (40, 67), (92, 71)], closed=False), mix(WOOD, INK, 0.25), 2)
    for x, angle in ((22, -60), (78, -120), (66, 50), (33, 60)):
        c.paint(leaf(x, 69, 14, 6.5, angle), LEAF)
    c.line([(47, 60), (46, 68)], BRASS, 1)
    c.line([(52, 60), (52, 68)], BRASS, 1)
    c.body(
        smooth([(28, 45), (38, 33), (52, 34), (63, 45), (84, 40), (66, 58), (50, 64), (33, 58)]),
        k.main,
        k.pattern,
        k.ink,
        6,
    )
    c.paint([(29, 43), (20, 47), (29, 49)], BRASS)
    c.paint(leaf(47, 46, 24, 14, 16), k.accent)
    c.disc(36, 43, 1.5, INK)


def hen(c: Canvas, k: Look) -> None:
    """A hen, sitting."""
    c.shadow(50, 82, 24, 4)
    for dx in (0, 4.5, 9):
        c.disc(31 + dx, 35 + abs(dx - 4.5) * 0.35, 3, TERRACOTTA)
    c.body(
        smooth([(28, 40), (38, 35), (46, 46), (58, 54), (72, 44), (80, 46), (74, 72), (56, 82), (38, 80), (29, 62)]),
        k.main,
        k.pattern,
        k.ink,
    )
    c.paint([(29, 44), (21, 48), (29, 50)], BRASS)
    c.paint(leaf(46, 64, 23, 14, -8), k.dark)
    c.disc(35, 43.5, 1.4, INK)


def windmill(c: Canvas, k: Look) -> None:
    """A toy windmill on a stick."""
    c.line([(50, 44), (50, 90)], WOOD, 2)
    for index in range(4):
        angle = index * 90 + 12 * k.pick(3)
        sail = rotated([(50, 44), (50, 17), (67, 24), (62, 40)], angle, (50, 44))
        c.body(sail, k.main if index % 2 else k.accent, k.pattern, k.ink if index % 2 else mix(k.accent, CREAM, 0.5), 5)
    c.disc(50, 44, 3, CREAM)


def parasol(c: Canvas, k: Look) -> None:
    """An open parasol from above: a wheel of panels."""
    c.shadow(52, 54, 32, 32, 0.2)
    panels = 8 + 4 * k.pick(2)
    for index in range(panels):
        step = 360 / panels
        wedge = [(50, 50), *arc(50, 50, 33, 33, index * step, (index + 1) * step)]
        c.body(wedge, k.main if index % 2 else k.light, k.pattern if index % 2 else "plain", k.ink, 6)
    c.disc(50, 50, 3, k.accent)


def trowel(c: Canvas, k: Look) -> None:
    """A trowel and a fork for the flower bed."""
    for x, is_fork in ((38, False), (63, True)):
        c.shadow(x + 2, 53, 6, 30, 0.14)
        c.rect(x - 3, 18, x + 3, 41, k.main if not is_fork else k.accent, 3)
        c.rect(x - 1.2, 40, x + 1.2, 54, STEEL)
        if is_fork:
            c.rect(x - 8.6, 53, x + 8.6, 57, STEEL, 1.6)
            for dx in (-7, 0, 7):
                c.paint([(x + dx - 1.6, 56), (x + dx + 1.6, 56), (x + dx, 82)], STEEL)
        else:
            c.body(smooth([(x - 8, 55), (x, 52.5), (x + 8, 55), (x + 7, 70), (x, 83), (x - 7, 70)]), STEEL)
    c.rect(35, 24, 41, 26, k.light)
    c.rect(60, 24, 66, 26, k.light)


def basket(c: Canvas, k: Look) -> None:
    """A wicker basket with a cloth."""
    c.shadow(50, 82, 28, 4)
    c.line(arc(50, 55, 23, 26, 180, 360), mix(WOOD, INK, 0.2), 3)
    c.body(
        smooth([(26, 55), (36, 47), (50, 51), (64, 47), (74, 55), (66, 64), (50, 60), (34, 65)]),
        k.main,
        k.pattern if k.pattern != "plain" else "gingham",
        k.light,
        6,
    )
    c.body([(24, 58), (76, 58), (70, 82), (30, 82)], WOOD, "scallops", mix(WOOD, INK, 0.3), 6)
    c.rect(22.6, 55.6, 77.4, 60, mix(WOOD, INK, 0.14), 2)


def butterfly(c: Canvas, k: Look) -> None:
    """A butterfly with printed wings."""
    c.shadow(52, 55, 27, 22, 0.14)
    for side in (-1, 1):
        upper = [(50, 46), (50 + side * 15, 24), (50 + side * 33, 25), (50 + side * 31, 45), (50 + side * 14, 53)]
        lower = [(50, 50), (50 + side * 18, 54), (50 + side * 25, 68), (50 + side * 14, 77), (50 + side * 4, 66)]
        c.body(smooth(lower), k.accent, k.pattern, mix(k.accent, CREAM, 0.5), 6)
        c.body(smooth(upper), k.main, k.pattern, k.ink, 6)
        c.line(smooth([(50, 36), (50 + side * 4, 27), (50 + side * 9, 24)], closed=False), INK, 0.7)
    c.paint(ellipse(50, 51, 2, 17), INK)
