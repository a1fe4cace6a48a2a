"""Where things are shown: quiet rooms made of two or three paper tones."""

from collections.abc import Callable

from storefront.catalog.tiles.canvas import Canvas
from storefront.catalog.tiles.palette import INK, PAPER, Ground, mix
from storefront.catalog.tiles.shapes import box, ellipse, leaf, rotated, smooth

Scene = Callable[[Canvas, Ground], None]
TABLE = 72.0


def _wall(c: Canvas, g: Ground) -> None:
    c.gradient(mix(g.wall, PAPER, 0.35), g.wall, TABLE)


def _table(c: Canvas, g: Ground) -> None:
    c.rect(0, TABLE, 100, 100, g.table)


def _arch(c: Canvas, g: Ground) -> None:
    _wall(c, g)
    c.paint([*ellipse(50, 40, 34, 34, 180, 360), (84, 100), (16, 100)], g.shape)
    _table(c, g)


def _disc(c: Canvas, g: Ground) -> None:
    _wall(c, g)
    c.disc(50, 46, 36, g.shape)
    _table(c, g)


def _plain(c: Canvas, g: Ground) -> None:
    _wall(c, g)
    _table(c, g)
    c.rect(0, TABLE, 100, TABLE + 1, mix(g.table, INK, 0.08))


def _window(c: Canvas, g: Ground) -> None:
    _wall(c, g)
    for x in (14, 40):
        for y in (8, 36):
            c.paint([(x, y + 6), (x + 22, y), (x + 22, y + 25), (x, y + 31)], g.shape, 0.75)
    _table(c, g)


def _sprig(c: Canvas, g: Ground) -> None:
    """The shadow of a branch falls on the wall."""
    _wall(c, g)
    shade = mix(g.wall, g.table, 0.62)
    c.line(smooth([(100, 6), (80, 18), (66, 40)], closed=False), shade, 0.9)
    for x, y, angle in (
        (95, 9, 100),
        (90, 12, 190),
        (84, 16, 95),
        (79, 19, 190),
        (74, 26, 85),
        (71, 31, 180),
        (67, 39, 120),
    ):
        c.paint(leaf(x, y, 17, 7, angle), shade)
    _table(c, g)


def _plinth(c: Canvas, g: Ground) -> None:
    c.gradient(mix(g.wall, PAPER, 0.35), g.wall, 88)
    c.rect(0, 88, 100, 100, g.table)
    c.rect(14, 81, 86, 100, mix(g.table, INK, 0.06))
    c.paint(ellipse(50, 81, 36, 5.4), g.shape)


def _corner(c: Canvas, g: Ground) -> None:
    _wall(c, g)
    c.paint([(0, 0), (36, 0), (36, TABLE), (0, TABLE)], mix(g.wall, g.table, 0.4))
    _table(c, g)


def _cloth(c: Canvas, g: Ground) -> None:
    """A table cloth with a scalloped edge hangs over the table."""
    _wall(c, g)
    _table(c, g)
    c.rect(0, TABLE, 100, 88, g.shape)
    for x in range(0, 101, 10):
        c.disc(x, 88, 5, g.shape)


def _sheet(c: Canvas, g: Ground) -> None:
    c.rect(0, 0, 100, 100, g.wall)
    c.paint(rotated(box(9, 9, 91, 91), -4, (50, 50)), g.shape)


def _round_sheet(c: Canvas, g: Ground) -> None:
    c.rect(0, 0, 100, 100, g.table)
    c.disc(50, 50, 43, g.wall)


def _halves(c: Canvas, g: Ground) -> None:
    c.rect(0, 0, 100, 100, g.wall)
    c.paint([(0, 62), (100, 34), (100, 100), (0, 100)], g.table)


def _quarter(c: Canvas, g: Ground) -> None:
    c.rect(0, 0, 100, 100, g.shape)
    c.disc(100, 0, 62, g.wall)
    c.disc(0, 100, 44, g.table)


def _boards(c: Canvas, g: Ground) -> None:
    c.rect(0, 0, 100, 100, g.wall)
    for x in (0, 50):
        c.rect(x, 0, x + 25, 100, mix(g.wall, g.shape, 0.55))


def _low_hills(c: Canvas, g: Ground) -> None:
    _wall(c, g)
    c.paint(smooth([(-10, 78), (20, 62), (55, 74), (110, 58), (110, 110), (-10, 110)]), g.table)
    c.paint(smooth([(-10, 92), (30, 84), (70, 90), (110, 82), (110, 112), (-10, 112)]), mix(g.table, INK, 0.07))


def _moon(c: Canvas, g: Ground) -> None:
    c.gradient(mix(g.table, PAPER, 0.2), g.wall, 100)
    c.disc(50, 50, 38, g.shape)


def _band(c: Canvas, g: Ground) -> None:
    c.rect(0, 0, 100, 100, g.wall)
    c.rect(18, 0, 82, 100, g.shape)


STANDING: tuple[Scene, ...] = (_arch, _disc, _plain, _window, _sprig, _plinth, _corner, _cloth)
LYING: tuple[Scene, ...] = (_sheet, _round_sheet, _halves, _quarter, _boards, _band)
HANGING: tuple[Scene, ...] = (_moon, _disc, _low_hills, _band, _sprig, _boards)
