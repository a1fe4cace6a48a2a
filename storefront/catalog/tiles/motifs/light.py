"""Pictures of lamps, lanterns and candles."""

from storefront.catalog.tiles.canvas import Canvas
from storefront.catalog.tiles.look import Look
from storefront.catalog.tiles.palette import BRASS, CREAM, GLASS, GLOW, INK, WOOD, mix
from storefront.catalog.tiles.shapes import arc, box, ellipse, flame, heart, leaf, smooth, star, turned_on_lathe


def glow(c: Canvas, cx: float, cy: float, radius: float) -> None:
    """Warm light around a flame."""
    for share, opacity in ((1.0, 0.14), (0.72, 0.18), (0.45, 0.25)):
        c.paint(ellipse(cx, cy, radius * share), GLOW, opacity)


def burning(c: Canvas, cx: float, base: float, height: float = 10) -> None:
    """A flame with its bright heart."""
    c.line([(cx, base + 1.5), (cx, base - 1)], INK, 0.7)
    c.paint(flame(cx, base, height), (240, 178, 92))
    c.paint(flame(cx, base, height * 0.58), (255, 236, 186))


def candle(c: Canvas, k: Look) -> None:
    """Pillar candles in one, two or three heights."""
    c.shadow(50, 81, 26, 4)
    heights = ([(50, 38, 12)], [(40, 50, 10), (61, 38, 10)], [(32, 57, 8.4), (51, 40, 9), (69, 52, 8.4)])[k.pick(3)]
    for index, (cx, top, half) in enumerate(heights):
        colour = (k.main, k.accent, k.light)[index]
        glow(c, cx, top - 6, 15)
        c.body(box(cx - half, top, cx + half, 81, 1.5), colour, k.pattern if index == 0 else "plain", k.ink, 6)
        c.paint(ellipse(cx, top, half, 1.9), mix(colour, CREAM, 0.5))
        burning(c, cx, top)


def candlestick(c: Canvas, k: Look) -> None:
    """A dinner candle in a turned stick."""
    c.shadow(50, 81, 16, 3.6)
    glow(c, 50, 19, 14)
    c.body(box(47.3, 25, 52.7, 55, 0.8), k.accent)
    burning(c, 50, 25)
    c.body(
        turned_on_lathe(50, [(7, 53), (5.4, 57), (2.4, 60), (4.6, 65), (2.2, 70), (3, 75), (14, 80), (0, 82)]), k.main
    )
    c.paint(ellipse(50, 53, 7, 1.3), k.dark)


def t_light(c: Canvas, k: Look) -> None:
    """A small glass with a tea light in it, standing."""
    c.shadow(50, 81, 19, 4)
    glow(c, 50, 62, 27)
    c.body(turned_on_lathe(50, [(15, 48), (17.5, 62), (14.5, 78), (11, 81), (0, 81)]), k.main, k.pattern, k.ink, 6)
    c.paint(turned_on_lathe(50, [(9, 55), (11, 63), (9, 74), (0, 77)]), GLOW, 0.5)
    burning(c, 50, 70, 11)
    c.paint(ellipse(50, 48, 15, 2.6), mix(GLASS, k.main, 0.35))


def hanging_t_light(c: Canvas, k: Look) -> None:
    """A heart, a star or a drop of wire that hangs with a tea light inside."""
    c.line([(50, 0), (50, 26)], k.dark, 0.8)
    shapes = {"hearts": heart(50, 47, 46), "stars": star(50, 49, 27, 5, 0.55)}
    figure = shapes.get(k.pattern, ellipse(50, 49, 20, 24))
    c.body(figure, k.main, k.pattern, k.ink, 6)
    glow(c, 50, 50, 20)
    c.paint(ellipse(50, 50, 12), mix(k.dark, INK, 0.15))
    c.paint(ellipse(50, 50, 12), GLOW, 0.35)
    burning(c, 50, 55, 10)
    c.rect(45, 54.5, 55, 59, CREAM, 1)
    c.disc(50, 25, 1.4, k.dark)


def lantern(c: Canvas, k: Look) -> None:
    """A metal lantern with panes."""
    c.shadow(50, 81.5, 19, 4)
    c.line(arc(50, 30, 6, 7, 180, 360), k.dark, 1.3)
    c.body([(50, 28), (68, 41), (32, 41)], k.main)
    c.body(box(33, 41, 67, 77, 1), mix(GLASS, GLOW, 0.35))
    glow(c, 50, 60, 15)
    c.body(box(44.5, 62, 55.5, 77, 0.8), CREAM)
    burning(c, 50, 62, 11)
    for x in (33, 49.2, 64.6)[:: 1 + k.pick(2)]:
        c.rect(x, 41, x + 2.2, 77, k.main)
    c.rect(31, 39.5, 69, 42.4, k.dark, 0.8)
    c.rect(30, 76, 70, 81.4, k.dark, 1)


def lamp(c: Canvas, k: Look) -> None:
    """A table lamp with a printed shade."""
    c.shadow(50, 82, 18, 3.6)
    glow(c, 50, 48, 33)
    c.body(turned_on_lathe(50, [(2, 54), (2, 60), (9, 67), (6, 75), (12, 80), (0, 82)]), k.accent)
    spread = (14, 17, 20)[k.pick(3)]
    c.body([(50 - spread, 25), (50 + spread, 25), (75, 55), (25, 55)], k.main, k.pattern, k.ink)
    c.rect(25, 53.4, 75, 55.4, k.dark)
    c.rect(50 - spread, 24, 50 + spread, 25.8, k.dark)


def pendant(c: Canvas, k: Look) -> None:
    """A lampshade that hangs from the ceiling."""
    c.line([(50, 0), (50, 26)], k.dark, 1)
    glow(c, 50, 56, 30)
    kind = k.pick(2)
    shade = (
        [(8, 25), (14, 32), (26, 47), (31, 60), (0, 60)] if kind else [(5, 25), (21, 30), (29, 45), (24, 60), (0, 62)]
    )
    c.body(turned_on_lathe(50, [(float(half), float(y)) for half, y in shade]), k.main, k.pattern, k.ink)
    if kind:
        c.paint(ellipse(50, 60, 31, 3.4), GLOW)
    else:
        for y in (36, 44, 52):
            c.line(arc(50, y - 4, 27 - abs(y - 46) * 0.3, 5, 12, 168), k.dark, 0.6)


def string_lights(c: Canvas, k: Look) -> None:
    """Two strings of little lights."""
    for row, (y, sag) in enumerate(((20, 17), (47, 19))):
        points = [(x, y + sag * (1 - ((x - 50) / 50) ** 2)) for x in range(-4, 105, 6)]
        c.line(smooth([(float(x), float(height)) for x, height in points], closed=False), k.dark, 0.9)
        for index, (x, height) in enumerate(points[1::2]):
            colour = (k.main, k.accent, k.light)[(index + row) % 3]
            glow(c, x, height + 6, 8)
            lamp_shape = (star(x, height + 6, 5.4), ellipse(x, height + 6, 3.6, 5), heart(x, height + 6, 8.6))
            c.paint(lamp_shape[k.pick(1) if k.pattern == "plain" else len(k.pattern) % 3], colour)


def incense(c: Canvas, k: Look) -> None:
    """Sticks in a round holder, with a thread of smoke."""
    c.shadow(50, 81, 20, 3.8)
    for x, top in ((45, 34), (50, 27), (55, 38)):
        c.line([(50 + (x - 50) * 0.4, 72), (x, top)], mix(WOOD, INK, 0.35), 1)
        c.disc(x, top, 1.1, (226, 132, 82))
    c.line(smooth([(50, 24), (54, 18), (47, 12), (51, 4)], closed=False), CREAM, 1.3)
    c.body(turned_on_lathe(50, [(18, 66), (17, 74), (10, 80), (0, 81)]), k.main, k.pattern, k.ink, 5)
    c.paint(ellipse(50, 66, 18, 3), k.dark)
    c.paint(leaf(62, 79, 16, 6, -14), k.accent)


def box_of_candles(c: Canvas, k: Look) -> None:
    """A row of tea lights in an open box."""
    c.shadow(51, 57, 32, 25, 0.2)
    c.body(box(19, 32, 81, 76, 2), k.main, k.pattern, k.ink)
    c.rect(23, 36, 77, 72, k.dark, 1.5)
    for row in range(2):
        for column in range(3):
            cx, cy = 33 + column * 17, 45 + row * 18
            c.disc(cx, cy, 7, k.light)
            c.disc(cx, cy, 5.6, CREAM)
            c.disc(cx, cy, 1, BRASS if (row + column) % 2 else INK)
