"""Printed patterns: each fills a layer of the given size with a repeat of `step` pixels in one ink."""

from collections.abc import Callable, Iterator

from PIL import ImageDraw

from storefront.catalog.tiles import shapes
from storefront.catalog.tiles.palette import Colour, mix
from storefront.catalog.tiles.shapes import Outline

Size = tuple[int, int]
Pattern = Callable[[ImageDraw.ImageDraw, Size, float, Colour, Colour], None]


def _grid(size: Size, step: float, *, staggered: bool = True) -> Iterator[tuple[float, float]]:
    """Places on a grid that is centred left to right, every other row moved by half a step."""
    width, height = size
    rows = int(height / step) + 2
    columns = int(width / step) + 3
    start = (width % step) / 2 - step
    for row in range(rows):
        offset = step / 2 if staggered and row % 2 else 0.0
        for column in range(columns):
            yield start + column * step + offset, (row + 0.5) * step


def _plain(draw: ImageDraw.ImageDraw, size: Size, step: float, ink: Colour, ground: Colour) -> None:
    """Nothing printed."""


def _dots(draw: ImageDraw.ImageDraw, size: Size, step: float, ink: Colour, ground: Colour) -> None:
    radius = step * 0.24
    for x, y in _grid(size, step):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)


def _pin_dots(draw: ImageDraw.ImageDraw, size: Size, step: float, ink: Colour, ground: Colour) -> None:
    _dots(draw, size, step * 0.55, ink, ground)


def _stripes(draw: ImageDraw.ImageDraw, size: Size, step: float, ink: Colour, ground: Colour) -> None:
    for i in range(int(size[0] / step) + 2):
        draw.rectangle((i * step, 0, i * step + step * 0.42, size[1]), fill=ink)


def _bands(draw: ImageDraw.ImageDraw, size: Size, step: float, ink: Colour, ground: Colour) -> None:
    for i in range(int(size[1] / step) + 2):
        draw.rectangle((0, i * step + step * 0.3, size[0], i * step + step * 0.68), fill=ink)


def _diagonal(draw: ImageDraw.ImageDraw, size: Size, step: float, ink: Colour, ground: Colour) -> None:
    width, height = size
    for i in range(int((width + height) / step) + 2):
        draw.line((i * step, 0, i * step - height, height), fill=ink, width=max(2, int(step * 0.3)))


def _gingham(draw: ImageDraw.ImageDraw, size: Size, step: float, ink: Colour, ground: Colour) -> None:
    half, light = step * 0.5, mix(ground, ink, 0.5)
    columns, rows = int(size[0] / step) + 2, int(size[1] / step) + 2
    for i in range(columns):
        draw.rectangle((i * step, 0, i * step + half, size[1]), fill=light)
    for j in range(rows):
        draw.rectangle((0, j * step, size[0], j * step + half), fill=light)
        for i in range(columns):
            draw.rectangle((i * step, j * step, i * step + half, j * step + half), fill=ink)


def _zigzag(draw: ImageDraw.ImageDraw, size: Size, step: float, ink: Colour, ground: Colour) -> None:
    count = int(size[0] / (step / 2)) + 3
    for j in range(int(size[1] / step) + 2):
        points = [(i * step / 2, (j + (0.25 if i % 2 else 0.65)) * step) for i in range(count)]
        draw.line(points, fill=ink, width=max(2, int(step * 0.16)), joint="curve")


def _scallops(draw: ImageDraw.ImageDraw, size: Size, step: float, ink: Colour, ground: Colour) -> None:
    radius, pen = step * 0.5, max(2, int(step * 0.11))
    for x, y in _grid(size, step):
        draw.arc((x - radius, y - radius, x + radius, y + radius), 180, 360, fill=ink, width=pen)


def _shapes(outline_at: Callable[[float, float, float], list[Outline]], share: float = 1.0) -> Pattern:
    """A pattern of small figures; `share` stretches the distance between them."""

    def pattern(draw: ImageDraw.ImageDraw, size: Size, step: float, ink: Colour, ground: Colour) -> None:
        for x, y in _grid(size, step * share):
            for outline in outline_at(x, y, step):
                draw.polygon(outline, fill=ink)

    return pattern


def _sprig_at(x: float, y: float, step: float) -> list[Outline]:
    return [shapes.leaf(x, y + step * 0.2, step * 0.5, step * 0.22, angle) for angle in (-150, -90, -30)]


def _blossom_at(x: float, y: float, step: float) -> list[Outline]:
    return [shapes.leaf(x, y, step * 0.34, step * 0.26, angle) for angle in range(-90, 270, 72)]


def _heart_at(x: float, y: float, step: float) -> list[Outline]:
    return [shapes.heart(x, y, step * 0.5)]


def _star_at(x: float, y: float, step: float) -> list[Outline]:
    return [shapes.star(x, y, step * 0.32)]


def _diamond_at(x: float, y: float, step: float) -> list[Outline]:
    return [[(x, y - step * 0.34), (x + step * 0.22, y), (x, y + step * 0.34), (x - step * 0.22, y)]]


def _petal_at(x: float, y: float, step: float) -> list[Outline]:
    return [shapes.leaf(x - step * 0.3, y + step * 0.25, step * 0.7, step * 0.3, -40)]


PATTERNS: dict[str, Pattern] = {
    "plain": _plain,
    "dots": _dots,
    "pin_dots": _pin_dots,
    "stripes": _stripes,
    "bands": _bands,
    "diagonal": _diagonal,
    "gingham": _gingham,
    "zigzag": _zigzag,
    "scallops": _scallops,
    "sprigs": _shapes(_sprig_at, 1.1),
    "blossoms": _shapes(_blossom_at, 1.15),
    "hearts": _shapes(_heart_at),
    "stars": _shapes(_star_at),
    "diamonds": _shapes(_diamond_at, 0.8),
    "petals": _shapes(_petal_at, 0.85),
}

# Which words of a name ask for which print.
WORDS = {
    "dots": "retrospot polkadot spotty spot spots dolly",
    "stripes": "stripe stripes stripy striped circus",
    "gingham": "gingham check checked picnic",
    "hearts": "heart hearts love sweetheart loveheart valentine",
    "stars": "star stars spaceboy space night snow",
    "blossoms": "flower flowers floral rose roses blossom daisy daisies botanical garden spring poppy",
    "sprigs": "leaf leaves woodland herb lavender tree forest holly",
    "scallops": "doily lace regency mermaid",
    "zigzag": "zigzag aztec scandinavian nordic",
    "petals": "paisley suki russian folkart folk babushka",
    "diamonds": "harlequin baroque diamond vintage",
}
PATTERN_OF_WORD = {word: pattern for pattern, words in WORDS.items() for word in words.split()}


def pattern_named_in(words: list[str]) -> str | None:
    """The print that a product's own name asks for ("polkadot"), if any."""
    return next((PATTERN_OF_WORD[word] for word in words if word in PATTERN_OF_WORD), None)
