"""Charts as data: scales, ticks and points of an SVG, and the table that says the same.

`components/charts.html` draws them. Coordinates are those of a picture of 640 x 200, which is stretched to its room;
texts stand beside it, so that they keep their size.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, log10
from typing import Any, NamedTuple

Value = float | int | None
Show = Callable[[Any], str]
WIDTH, HEIGHT = 640, 200
# The room of the lower axis on a phone and on a wide screen, that of a letter and between two texts, in pixels.
NARROW, WIDE, LETTER, APART = 270, 820, 7.2, 8
FIRST_WIDE_LETTER = "\u2e80"
# Beyond so many columns a pointer cannot meet one any more, and the page grows for nothing.
MAX_COLUMNS = 120
MARKS = ("solid", "dashed", "dotted")


class Series(NamedTuple):
    """One row of values by name; None is a gap. `mark` ("solid", "dashed", "dotted") tells lines apart without colour.

    Bars are filled when solid, and hollow otherwise.
    """

    label: str
    values: Sequence[Value]
    mark: str = "solid"


class Band(NamedTuple):
    """An interval around a line: its lower and upper end, with None where there is none."""

    label: str
    low: Sequence[Value]
    high: Sequence[Value]


class Tick(NamedTuple):
    """A text beside an axis: `at` is the height of a line across the picture, or how far right in percent.

    The base line is minor, and so are marks that are left out where there is little room.
    """

    at: float
    text: str
    is_minor: bool = False


class Column(NamedTuple):
    """All that stands above a label; `text` says its values when it is pointed at."""

    x: float
    width: float
    text: str


class Bar(NamedTuple):
    """A bar from its base; `mark` as in Series."""

    x: float
    y: float
    width: float
    height: float
    mark: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What a macro needs to draw, and the table behind it: `rows` of (label, texts of each column)."""

    title: str
    summary: str
    head: str
    columns: list[str]
    rows: list[tuple[str, list[str]]]
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    hints: list[Column] = field(default_factory=list)
    bands: list[tuple[str, str]] = field(default_factory=list)
    legend: list[tuple[str, str]] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    marks: list[Tick] = field(default_factory=list)
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not (self.lines or self.bars)


def line_chart(
    title: str,
    head: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    show: Show = str,
    summary: str = "",
    bands: Sequence[Band] = (),
) -> Chart:
    """Lines over `labels`, in bands where intervals are given; `head` names the labels, `show` writes a value."""
    known = [value for row in _rows_of(series, bands) for value in row if value is not None]
    scale = _Scale.around(known)
    count = len(labels)
    paths = [_path([(_x(at, count), scale.find_y(value)) for at, value in enumerate(one.values)]) for one in series]
    return Chart(
        title=title,
        summary=summary,
        head=head,
        columns=_columns(series, bands),
        rows=_table(labels, series, bands, show),
        lines=[(one.mark, path, one.label) for one, path in zip(series, paths, strict=True) if path],
        hints=_hints(labels, series, show, WIDTH / max(count - 1, 1), -0.5),
        bands=[(_area(band, scale, count), band.label) for band in bands],
        legend=_legend(series, bands),
        ticks=scale.ticks(show),
        marks=_marks(labels, lambda place: _x(place, count)),
    )


def bar_chart(
    title: str,
    head: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    show: Show = str,
    summary: str = "",
) -> Chart:
    """Upright bars, those of one label side by side; a value below zero hangs from the base line."""
    scale = _Scale.around([value for one in series for value in one.values if value is not None])
    step = WIDTH / max(len(labels), 1)
    width = step * 0.78 / max(len(series), 1)
    bars = [
        Bar(
            round(place * step + step * 0.11 + width * turn, 1),
            round(min(scale.y(value), scale.y(0)), 1),
            round(width * 0.94, 1),
            round(abs(scale.y(0) - scale.y(value)), 1),
            one.mark,
        )
        for turn, one in enumerate(series)
        for place, value in enumerate(one.values)
        if value
    ]
    return Chart(
        title=title,
        summary=summary,
        head=head,
        columns=[one.label for one in series],
        rows=_table(labels, series, (), show),
        bars=bars,
        hints=_hints(labels, series, show, step, 0),
        legend=[(f"bar-{one.mark}", one.label) for one in series] if len(series) > 1 else [],
        ticks=scale.ticks(show),
        marks=_marks(labels, lambda place: (place + 0.5) * step),
    )


def spark_path(values: Sequence[Value], width: int = 120, height: int = 32) -> str:
    """The line of a sparkline that small, "" when there is nothing to see."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(0, *known), max(known)
    span = (high - low) or 1
    places = [
        (place * width / (len(values) - 1), None if value is None else 2 + (height - 4) * (1 - (value - low) / span))
        for place, value in enumerate(values)
    ]
    return _path(places)


class _Scale(NamedTuple):
    """Values from `low` to `high` by round steps, to heights of the picture."""

    low: float
    high: float
    step: float

    @classmethod
    def around(cls, values: Sequence[float]) -> "_Scale":
        low, high = min([0.0, *values]), max([0.0, *values])
        step = _round_step((high - low) / 4 or 1.0)
        return cls(floor(low / step) * step, -floor(-high / step) * step or step, step)

    def find_y(self, value: Value) -> float | None:
        return None if value is None else self.y(value)

    def y(self, value: float) -> float:
        return HEIGHT * (self.high - value) / (self.high - self.low)

    def ticks(self, show: Show) -> list[Tick]:
        count = round((self.high - self.low) / self.step)
        values = [self.low + self.step * number for number in range(count + 1)]
        return [Tick(round(self.y(v), 1), show(int(v) if v == int(v) else v), is_minor=not v) for v in values]


def _round_step(rough: float) -> float:
    """1, 2 or 5 times a power of ten, not below what is asked for; never less than one."""
    power = 10.0 ** floor(log10(max(rough, 1.0)))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)


def _x(place: int, count: int) -> float:
    return WIDTH * (place / (count - 1) if count > 1 else 0.5)


def _path(places: Sequence[tuple[float, float | None]]) -> str:
    """Straight lines between neighbours; a gap lifts the pen, and a point alone becomes a dot."""
    parts, is_down = [], False
    for x, y in places:
        if y is not None:
            parts.append(f"{'L' if is_down else 'M'}{x:.1f} {y:.1f}")
        is_down = y is not None
    return "".join(parts) + ("h0.1" if len(parts) == 1 else "")


def _hints(labels: Sequence[str], series: Sequence[Series], show: Show, width: float, start: float) -> list[Column]:
    """The columns above the labels, the first one `start` columns from the left; cut off at the edges."""
    if len(labels) > MAX_COLUMNS:
        return []
    hints = []
    for place, label in enumerate(labels):
        values = [f"{one.label} {show(one.values[place])}" for one in series if one.values[place] is not None]
        left, right = max((place + start) * width, 0.0), min((place + start + 1) * width, float(WIDTH))
        hints += [Column(round(left, 1), round(right - left, 1), f"{label}: {', '.join(values)}")] if values else []
    return hints


def _area(band: Band, scale: _Scale, count: int) -> str:
    pairs = enumerate(zip(band.low, band.high, strict=True))
    ends = [(_x(place, count), low, high) for place, (low, high) in pairs if low is not None and high is not None]
    there = [f"{x:.1f},{scale.y(high):.1f}" for x, _, high in ends]
    back = [f"{x:.1f},{scale.y(low):.1f}" for x, low, _ in reversed(ends)]
    return " ".join(there + back)


def _marks(labels: Sequence[str], x: Callable[[int], float]) -> list[Tick]:
    """As many labels as have room on a wide screen; of them those are minor that have none on a phone."""
    length = max((sum(2 if letter >= FIRST_WIDE_LETTER else 1 for letter in label) for label in labels), default=1)
    wide, narrow = (max(2, int(room / (length * LETTER + APART))) for room in (WIDE, NARROW))
    every = max(1, ceil(len(labels) / wide))
    major = max(1, ceil(len(labels) / every / narrow))
    return [
        Tick(round(100 * x(place) / WIDTH, 1), labels[place], is_minor=bool(turn % major))
        for turn, place in enumerate(range(0, len(labels), every))
    ]


def _rows_of(series: Sequence[Series], bands: Sequence[Band]) -> list[Sequence[Value]]:
    return [*(one.values for one in series), *(row for band in bands for row in (band.low, band.high))]


def _columns(series: Sequence[Series], bands: Sequence[Band]) -> list[str]:
    ends = [f"{band.label} {end}" for band in bands for end in ("↓", "↑")]
    return [*(one.label for one in series), *ends]


def _table(
    labels: Sequence[str], series: Sequence[Series], bands: Sequence[Band], show: Show
) -> list[tuple[str, list[str]]]:
    rows = _rows_of(series, bands)
    return [
        (label, ["–" if row[place] is None else show(row[place]) for row in rows]) for place, label in enumerate(labels)
    ]


def _legend(series: Sequence[Series], bands: Sequence[Band]) -> list[tuple[str, str]]:
    return [*((one.mark, one.label) for one in series), *(("band", band.label) for band in bands)]
