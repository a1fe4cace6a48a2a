"""Pictures of things for the table and the stove."""

from storefront.catalog.tiles.canvas import Canvas
from storefront.catalog.tiles.look import Look
from storefront.catalog.tiles.palette import BRASS, CREAM, GLASS, INK, LEAF, STEEL, WOOD, mix
from storefront.catalog.tiles.shapes import arc, box, ellipse, leaf, rotated, smooth, turned_on_lathe


def mug(c: Canvas, k: Look) -> None:
    """A mug, sometimes with steam."""
    c.shadow(50, 81, 24, 4)
    tall = 3 * k.pick(3)
    c.line(arc(67, 63, 9, 10, -85, 85), k.dark, 4)
    c.body(turned_on_lathe(50, [(17, 46 - tall), (17.5, 62), (16.5, 76), (13, 81), (0, 81)]), k.main, k.pattern, k.ink)
    c.paint(ellipse(50, 46 - tall, 17, 4), k.dark)
    c.paint(ellipse(50, 46.8 - tall, 14.6, 2.9), mix(INK, WOOD, 0.45))
    if k.pick(2):
        for x in (45, 53):
            c.line(smooth([(x, 40 - tall), (x + 2, 35 - tall), (x - 1, 30 - tall)], closed=False), CREAM, 1.4)


def teacup(c: Canvas, k: Look) -> None:
    """A cup on its saucer."""
    c.shadow(50, 81.5, 30, 4.5)
    c.paint(ellipse(50, 79.5, 29, 4.6), k.light)
    c.paint(ellipse(50, 78.6, 20, 2.8), mix(k.light, INK, 0.1))
    c.line(arc(70, 61, 7.5, 7.5, -100, 80), k.dark, 3)
    c.body(turned_on_lathe(50, [(21, 52), (20, 62), (14, 73), (8, 78), (0, 78)]), k.main, k.pattern, k.ink, 6)
    c.paint(ellipse(50, 52, 21, 4.2), k.light)
    c.paint(ellipse(50, 52.6, 18.4, 3.2), mix(BRASS, INK, 0.35))


def teapot(c: Canvas, k: Look) -> None:
    """A round teapot."""
    c.shadow(50, 81, 27, 4.5)
    c.line(arc(73, 62, 9, 11, -100, 95), k.dark, 4)
    spout = [(31, 70), (20, 62), (17, 50), (21, 49), (25, 57), (35, 62)]
    c.paint(smooth(spout), k.dark)
    c.body(turned_on_lathe(50, [(9, 46), (20, 52), (24, 64), (19, 77), (11, 81), (0, 81)]), k.main, k.pattern, k.ink)
    c.paint(turned_on_lathe(50, [(0, 41), (6, 42.5), (10, 47), (0, 48)]), k.dark)
    c.disc(50, 40, 2.8, k.accent)


def jug(c: Canvas, k: Look) -> None:
    """A tall jug, with a few stems in it now and then."""
    c.shadow(50, 81, 20, 4)
    if k.pick(2):
        for angle in (-118, -98, -80, -62):
            c.line([(50, 45), rotated([(78, 45)], angle, (50, 45))[0]], LEAF, 0.9)
            c.paint(leaf(*rotated([(70, 45)], angle, (50, 45))[0], 13, 6, angle + 16), LEAF)
    c.line(arc(65, 58, 9, 13, -95, 80), k.dark, 3.6)
    c.body(turned_on_lathe(50, [(13, 43), (11, 50), (17, 64), (15, 78), (11, 81), (0, 81)]), k.main, k.pattern, k.ink)
    c.paint(smooth([(37, 43), (31, 40), (40, 41.5), (63, 43), (50, 45.5)]), k.dark)


def bowl(c: Canvas, k: Look) -> None:
    """A wide bowl, or two in each other."""
    c.shadow(50, 81, 28, 4.5)
    if k.pick(2):
        c.body(turned_on_lathe(50, [(24, 47), (21, 58), (10, 68), (0, 68)]), k.accent)
        c.paint(ellipse(50, 47, 24, 4), mix(k.accent, INK, 0.2))
    c.body(turned_on_lathe(50, [(29, 55), (26, 67), (15, 78), (9, 81), (0, 81)]), k.main, k.pattern, k.ink)
    c.paint(ellipse(50, 55, 29, 5.2), k.light)
    c.paint(ellipse(50, 55.8, 26.4, 4.1), k.dark)


def plate(c: Canvas, k: Look) -> None:
    """A plate seen from above."""
    c.shadow(52, 54, 31, 31, 0.22)
    c.body(ellipse(50, 51, 30), k.main, k.pattern, k.ink, 6.4)
    c.paint(ellipse(50, 51, 21), k.light)
    c.paint(ellipse(50, 51, 19.6), mix(k.light, CREAM, 0.6))
    cutlery_piece(c, k, 12.5, is_fork=True)
    if k.pick(2):
        cutlery_piece(c, k, 87.5, is_fork=False)


def cutlery_piece(c: Canvas, k: Look, x: float, *, is_fork: bool) -> None:
    """A fork or a knife, upright, with a coloured handle."""
    c.rect(x - 1.7, 51, x + 1.7, 78, k.accent, 1.7)
    if is_fork:
        c.rect(x - 0.9, 38, x + 0.9, 52, STEEL)
        c.rect(x - 3.2, 33, x + 3.2, 39, STEEL, 2.4)
        for dx in (-2.6, 0, 2.6):
            c.rect(x + dx - 0.6, 24, x + dx + 0.6, 36, STEEL, 0.6)
    else:
        c.paint(smooth([(x - 1.5, 52), (x - 1.9, 30), (x + 0.5, 23), (x + 1.6, 36), (x + 1.5, 52)]), STEEL)


def cutlery(c: Canvas, k: Look) -> None:
    """A fork, a spoon and a knife side by side."""
    k.accent = k.main
    with_print = box(24, 20, 76, 84, 3)
    c.shadow(51, 56, 27, 33, 0.2)
    c.body(with_print, k.light, k.pattern if k.pattern != "plain" else "gingham", mix(k.light, k.main, 0.35))
    cutlery_piece(c, k, 37, is_fork=True)
    cutlery_piece(c, k, 63, is_fork=False)
    c.paint(ellipse(50, 31, 4.2, 7), STEEL)
    c.rect(49.1, 36, 50.9, 54, STEEL)
    c.rect(48.3, 51, 51.7, 78, k.main, 1.7)


def jar(c: Canvas, k: Look) -> None:
    """A glass jar with a lid and something in it."""
    c.shadow(50, 81, 19, 4)
    c.body(box(33, 40, 67, 81, 6), GLASS)
    level = 54 + 4 * k.pick(3)
    c.body(box(35, level, 65, 79, 4.5), k.main, k.pattern if k.pattern != "plain" else "dots", k.ink, 6)
    c.rect(35.5, 33, 64.5, 41, k.dark, 2)
    c.rect(35.5, 36, 64.5, 38, k.accent)
    c.paint(box(37, 44, 39.4, 74, 1.2), CREAM, 0.6)


def bottle(c: Canvas, k: Look) -> None:
    """A bottle with a stopper and a label."""
    c.shadow(50, 81, 16, 3.6)
    c.body(turned_on_lathe(50, [(4.5, 30), (4.5, 42), (13, 52), (14, 76), (12, 81), (0, 81)]), k.main)
    c.rect(45.6, 24, 54.4, 31, WOOD, 1.4)
    c.body(box(38, 58, 62, 73, 1), CREAM, k.pattern, k.dark, 5)


def tin(c: Canvas, k: Look) -> None:
    """A storage tin, or a stack of two."""
    c.shadow(50, 81, 23, 4)
    if k.pick(2):
        c.body(box(36, 31, 64, 53, 2), k.accent)
        c.rect(34.6, 29, 65.4, 34.6, mix(k.accent, INK, 0.22), 2)
    c.body(box(31, 53, 69, 81, 2.4), k.main, k.pattern, k.ink)
    c.rect(29.6, 50, 70.4, 57, k.dark, 2.2)
    c.body(box(42, 63, 58, 74, 1.4), CREAM)
    c.rect(45, 67.6, 55, 69, k.dark)


def cake_stand(c: Canvas, k: Look) -> None:
    """A cake on a stand, with a cherry."""
    c.shadow(50, 82, 20, 3.6)
    c.body(turned_on_lathe(50, [(3, 66), (3.4, 74), (13, 81), (0, 82)]), k.light)
    c.paint(ellipse(50, 65.5, 31, 3.8), k.light)
    c.paint(ellipse(50, 64.4, 29, 2.8), mix(k.light, INK, 0.12))
    c.body(box(31, 45, 69, 64.4, 2), mix(WOOD, CREAM, 0.45), "bands", mix(WOOD, CREAM, 0.1), 9)
    icing = [(30, 44), (50, 41.5), (70, 44), (70, 51), (65, 54), (60, 50), (54, 55), (47, 51), (40, 54.5), (34, 51)]
    c.body(smooth([*icing, (30, 52)]), k.main, k.pattern, k.ink, 5)
    c.disc(50, 39.6, 3, k.accent)


def cupcake(c: Canvas, k: Look) -> None:
    """A cupcake in its paper case."""
    c.shadow(50, 81, 17, 3.6)
    c.body([(33, 60), (67, 60), (61.5, 81), (38.5, 81)], k.main, "stripes", k.light, 4.4)
    for width, y in ((20, 59), (15.5, 51), (10, 43.5)):
        c.body(ellipse(50, y, width, 6.4), mix(k.accent, CREAM, 0.55))
    c.disc(50, 36.5, 3.4, k.main)


def utensils(c: Canvas, k: Look) -> None:
    """Wooden spoons in a pot."""
    c.shadow(50, 81, 19, 4)
    for x, angle, colour in ((42, -14, WOOD), (50, 3, k.accent), (58, 16, mix(WOOD, INK, 0.15))):
        c.paint(rotated(box(x - 1.2, 34, x + 1.2, 66, 1), angle, (x, 66)), colour)
        c.paint(rotated(ellipse(x, 30, 4.4, 7), angle, (x, 66)), colour)
    c.body(turned_on_lathe(50, [(16, 54), (16.6, 66), (14.6, 79), (13, 81), (0, 81)]), k.main, k.pattern, k.ink)
    c.paint(ellipse(50, 54, 16, 2.6), k.dark)


def tray(c: Canvas, k: Look) -> None:
    """A tray from above, with two handles."""
    c.shadow(52, 55, 37, 27, 0.2)
    c.body(box(14, 29, 86, 75, 9), k.dark)
    c.body(box(18, 33, 82, 71, 6), k.main, k.pattern if k.pattern != "plain" else "blossoms", k.ink, 10)
    for x in (15.2, 81.8):
        c.rect(x, 45, x + 3, 59, k.light, 1.5)


def glass(c: Canvas, k: Look) -> None:
    """Two drinking glasses."""
    c.shadow(50, 81, 25, 3.6)
    for cx, drink in ((37, k.main), (62, k.accent)):
        c.body([(cx - 11, 46), (cx + 11, 46), (cx + 8.6, 81), (cx - 8.6, 81)], GLASS)
        c.body([(cx - 10, 58), (cx + 10, 58), (cx + 8, 79), (cx - 8, 79)], drink, k.pattern, mix(drink, CREAM, 0.4), 5)
        c.paint(ellipse(cx, 46, 11, 1.9), CREAM)


def towel(c: Canvas, k: Look) -> None:
    """A tea towel on a rail."""
    c.line([(20, 27), (80, 27)], WOOD, 2.4)
    c.shadow(52, 52, 20, 27, 0.16)
    c.body(box(34, 25, 70, 70, 1), mix(k.light, INK, 0.06), k.pattern, mix(k.light, k.main, 0.5))
    c.body(box(30, 25, 66, 78, 1), k.light, k.pattern if k.pattern != "plain" else "gingham", k.main, 8)
    for y in (68, 71.5):
        c.rect(30, y, 66, y + 1.6, k.dark)


def apron(c: Canvas, k: Look) -> None:
    """An apron on a peg."""
    c.disc(50, 17, 1.8, BRASS)
    c.line(smooth([(41, 33), (44, 20), (50, 17), (56, 20), (59, 33)], closed=False), k.dark, 1.4)
    c.body(
        smooth([(40, 32), (60, 32), (62, 44), (71, 50), (71, 79), (50, 81), (29, 79), (29, 50), (38, 44)]),
        k.main,
        k.pattern,
        k.ink,
    )
    c.body(box(40, 57, 60, 69, 2), k.light)
    c.line([(29, 51), (21, 57)], k.dark, 1.3)
    c.line([(71, 51), (79, 57)], k.dark, 1.3)


def egg_cup(c: Canvas, k: Look) -> None:
    """An egg in its cup."""
    c.shadow(50, 81, 15, 3.4)
    c.body(ellipse(50, 50, 11, 14.5), mix(CREAM, WOOD, 0.22))
    c.body(turned_on_lathe(50, [(14, 52), (13, 61), (4, 69), (4, 73), (12, 80), (0, 81)]), k.main, k.pattern, k.ink, 5)


def scales(c: Canvas, k: Look) -> None:
    """Kitchen scales with a dial."""
    c.shadow(50, 81, 24, 4)
    c.body(turned_on_lathe(50, [(24, 39), (20, 45), (0, 48)]), STEEL)
    c.body(box(46, 46, 54, 54), k.dark)
    c.body(smooth([(35, 52), (65, 52), (72, 79), (50, 81), (28, 79)]), k.main)
    c.disc(50, 66, 10.5, CREAM)
    for angle in range(0, 360, 30):
        c.line(rotated([(50, 57.6), (50, 59.4)], angle, (50, 66)), INK, 0.7)
    c.line(rotated([(50, 66), (50, 59)], 25 + 40 * k.pick(4), (50, 66)), k.accent, 1.3)
