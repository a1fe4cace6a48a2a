"""Pictures the shop draws itself: a calm still life per product, the same every time for the same code.

Needs Pillow, so import it where pictures are made (commands and jobs), not where pages are.
"""

import hashlib
import random

from PIL import Image

from storefront.catalog.tiles.canvas import Canvas
from storefront.catalog.tiles.choice import choose
from storefront.catalog.tiles.look import Look
from storefront.catalog.tiles.palette import CREAM, DYES, GROUNDS, INK, Colour, Ground, dye_named_in, lightness, mix
from storefront.catalog.tiles.patterns import PATTERNS, pattern_named_in
from storefront.catalog.tiles.scenes import HANGING, STANDING

TILE_SIZE = 640


def draw_tile(code: str, name: str, category: str, size: int = TILE_SIZE) -> Image.Image:
    """A square RGB picture of `size` pixels for a product; `category` is the slug of its category.

    What it shows follows from the name, colours and prints too where the name tells them; the rest from the code.
    """
    chance = random.Random(hashlib.sha256(code.encode()).digest())  # noqa: S311  # It draws, it does not encrypt.
    motif, scenes = choose(name, category)
    words = name.lower().replace("/", " ").replace("-", " ").split()
    main = DYES[dye_named_in(words) or chance.choice(sorted(DYES))]
    ground = _ground_for(main, chance)
    look = _look(main, pattern_named_in(words), chance)
    scene = chance.choice(scenes)
    canvas = Canvas(size, ground.wall)
    scene(canvas, ground)
    # What stands grows from the table, what hangs from the upper edge, what lies from the middle.
    pivot, least, most = (
        (82, 1.08, 1.22) if scenes is STANDING else (0, 1.0, 1.1) if scenes is HANGING else (50, 1.0, 1.12)
    )
    shift = (chance.uniform(-2.5, 2.5), 1.5 if scenes is STANDING else 0)
    with canvas.placed(chance.uniform(least, most), pivot, shift, mirror=chance.random() < 0.5):
        motif(canvas, look)
    return canvas.finished()


def _ground_for(main: Colour, chance: random.Random) -> Ground:
    """A background that the thing stands out from; a darker one for what is nearly white."""
    if lightness(main) > 0.85:
        paper = chance.choice(GROUNDS)
        return Ground(wall=paper.table, table=mix(paper.table, INK, 0.14), shape=mix(paper.table, paper.wall, 0.5))
    fitting = [g for g in GROUNDS if _distance(main, g.wall) > 90 and _distance(main, g.shape) > 60]
    if len(fitting) < 4:
        fitting = sorted(GROUNDS, key=lambda g: -_distance(main, g.wall))[:5]
    return chance.choice(fitting)


def _distance(first: Colour, second: Colour) -> float:
    return sum(abs(a - b) for a, b in zip(first, second, strict=True))


def _look(main: Colour, pattern: str | None, chance: random.Random) -> Look:
    accents = [dye for _, dye in sorted(DYES.items()) if _distance(dye, main) > 110]
    accent = chance.choice(accents)
    chosen = pattern or chance.choice([*sorted(PATTERNS), "plain", "plain"])
    ink = mix(main, CREAM, 0.78) if lightness(main) < 0.72 else mix(accent, INK, 0.08)
    return Look(main, accent, ink, chosen, chance)
