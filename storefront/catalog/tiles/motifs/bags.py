"""Pictures of bags, purses and what goes on a journey."""

from storefront.catalog.tiles.canvas import Canvas
from storefront.catalog.tiles.look import Look
from storefront.catalog.tiles.palette import BRASS, CREAM, INK, STEEL, WOOD, mix
from storefront.catalog.tiles.shapes import arc, box, ellipse, heart, rotated, smooth


def tote(c: Canvas, k: Look) -> None:
    """A shopping bag with two handles."""
    c.shadow(50, 82, 27, 4)
    c.line(arc(50, 44, 12, 19, 180, 360), k.dark, 2.6)
    c.body([(27, 42), (73, 42), (76, 82), (24, 82)], k.main, k.pattern, k.ink, 8)
    c.rect(26.6, 41, 73.4, 45.6, k.dark, 0.8)
    c.line(arc(50, 46, 13, 16, 180, 360), k.light, 2.6)


def lunch_bag(c: Canvas, k: Look) -> None:
    """A lunch bag with a rolled top and a handle."""
    c.shadow(50, 82, 23, 4)
    c.line(arc(50, 35, 8, 9, 180, 360), k.dark, 2.6)
    c.body(box(30, 38, 70, 82, 4), k.main, k.pattern, k.ink)
    c.body(box(29, 34, 71, 47, 3), k.dark)
    c.body(box(44, 43, 56, 52, 1.6), k.accent)
    c.disc(50, 49, 1.3, CREAM)


def handbag(c: Canvas, k: Look) -> None:
    """A handbag with a flap and a clasp."""
    c.shadow(50, 82, 26, 4)
    c.line(arc(50, 48, 16, 20, 180, 360), k.dark, 3)
    c.body(smooth([(27, 49), (50, 47), (73, 49), (78, 76), (68, 82), (32, 82), (22, 76)]), k.main, k.pattern, k.ink)
    c.body(smooth([(27, 48), (50, 46.5), (73, 48), (71, 59), (50, 66), (29, 59)]), k.dark)
    c.rect(46.6, 61, 53.4, 69, BRASS, 1.4)


def purse(c: Canvas, k: Look) -> None:
    """A small purse with a kiss lock."""
    c.shadow(50, 81, 23, 4)
    c.body(smooth([(33, 50), (50, 48), (67, 50), (74, 67), (66, 80), (34, 80), (26, 67)]), k.main, k.pattern, k.ink, 6)
    c.line(arc(50, 53, 18.5, 7.5, 180, 360), BRASS, 2.6)
    c.disc(47.4, 43.6, 2.5, BRASS)
    c.disc(52.8, 43.2, 2.5, mix(BRASS, INK, 0.2))


def backpack(c: Canvas, k: Look) -> None:
    """A child's backpack."""
    c.shadow(50, 82, 23, 4)
    c.line(arc(50, 30, 6, 6.5, 180, 360), k.dark, 2.4)
    c.body(box(29, 28, 71, 82, 15), k.main, k.pattern, k.ink)
    c.body(box(34, 56, 66, 78, 5), k.light)
    c.rect(34, 60, 66, 62, k.dark)
    c.disc(50, 64.2, 1.8, k.accent)
    c.line(arc(50, 50, 20.6, 17, 190, 350), k.dark, 1.5)


def suitcase(c: Canvas, k: Look) -> None:
    """A small suitcase with straps."""
    c.shadow(50, 82, 30, 4)
    c.line([(42, 46), (42, 40), (58, 40), (58, 46)], k.dark, 2.6)
    c.body(box(20, 45, 80, 82, 5), k.main, k.pattern, k.ink)
    for x in (29, 66):
        c.body(box(x, 45, x + 5, 82), mix(WOOD, INK, 0.22))
        c.rect(x - 0.6, 60, x + 5.6, 65, BRASS, 0.8)


def umbrella(c: Canvas, k: Look) -> None:
    """An open umbrella, leaning."""
    tilt = (-14, 10)[k.pick(2)]

    def turn(outline: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return rotated(outline, tilt, (50, 50))

    c.shadow(50, 84, 17, 3, 0.2)
    c.line(turn([(50, 20), (50, 76)]), mix(WOOD, INK, 0.2), 1.8)
    c.line(turn(arc(46, 76, 4, 5, 0, 180)), mix(WOOD, INK, 0.2), 2.2)
    hem = [point for cx in (73, 58, 42, 27) for point in arc(cx, 49, 7.8, 4.4, 0, -180)]
    c.body(turn([*arc(50, 49, 31, 29, 180, 360), *hem]), k.main, k.pattern, k.ink, 8)
    c.line(turn([(50, 20), (50, 16)]), k.dark, 1.6)


def booklet(c: Canvas, k: Look) -> None:
    """A passport cover or wallet."""
    tilt = (-9, 7, -4)[k.pick(3)]
    c.shadow(52, 54, 25, 31, 0.2)
    c.paint(rotated(box(29, 21, 73, 81, 3), tilt, (50, 50)), CREAM)
    c.body(rotated(box(27, 20, 70, 80, 4), tilt, (50, 50)), k.main, k.pattern, k.ink, 8)
    c.paint(rotated(box(27, 20, 32, 80, 2), tilt, (50, 50)), k.dark)
    c.body(rotated(box(39, 40, 61, 58, 2), tilt, (50, 50)), k.light)
    c.paint(rotated(heart(50, 49, 9), tilt, (50, 50)), k.dark)


def luggage_tag(c: Canvas, k: Look) -> None:
    """A tag on its strap."""
    tilt = (18, -14, 8)[k.pick(3)]
    c.shadow(52, 60, 20, 26, 0.2)
    c.line(smooth([(50, 34), (42, 16), (52, 6), (60, 16), (50, 34)], closed=False), k.dark, 1.8)
    tag = [(50, 26), (62, 34), (69, 46), (69, 82), (31, 82), (31, 46), (38, 34)]
    c.body(rotated(tag, tilt, (50, 34)), k.main, k.pattern, k.ink)
    c.paint(rotated(box(38, 55, 62, 73, 2), tilt, (50, 34)), CREAM)
    for y in (60, 66):
        c.line(rotated([(42.0, y), (58.0, y)], tilt, (50, 34)), k.dark, 0.9)
    c.disc(50, 34, 2.4, STEEL)


def charm(c: Canvas, k: Look) -> None:
    """A charm or a key ring with beads."""
    c.line(arc(50, 24, 11, 11, 0, 360), STEEL, 2.2)
    for index, y in enumerate((39, 45.4, 52)):
        c.disc(50, y, 3.6, (k.main, k.accent, k.light)[index])
    c.body(
        (heart(50, 68, 30), ellipse(50, 68, 14), rotated(box(38, 57, 62, 81, 4), 45, (50, 69)))[k.pick(3)],
        k.main,
        k.pattern,
        k.ink,
        5,
    )


def hot_water_bottle(c: Canvas, k: Look) -> None:
    """A hot water bottle in its knitted cover."""
    c.shadow(51, 57, 21, 29, 0.2)
    c.rect(44.5, 17, 55.5, 25, k.dark, 2)
    c.body(
        smooth([(44, 24), (56, 24), (57, 31), (69, 38), (70, 78), (50, 82), (30, 78), (31, 38), (43, 31)]),
        k.main,
        k.pattern,
        k.ink,
    )
    c.rect(42, 28, 58, 31.4, k.accent, 1.4)
