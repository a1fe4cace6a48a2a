"""How one thing is dressed: its dye, its print, and the small choices that tell it from its sisters."""

import random
from dataclasses import dataclass

from storefront.catalog.tiles.palette import CREAM, INK, Colour, mix


@dataclass
class Look:
    """The colours and the print of one thing; `pick` decides the details, the same way every time."""

    main: Colour
    accent: Colour
    ink: Colour
    pattern: str
    chance: random.Random

    @property
    def dark(self) -> Colour:
        """The main colour in the shade."""
        return mix(self.main, INK, 0.28)

    @property
    def light(self) -> Colour:
        """The main colour in the light."""
        return mix(self.main, CREAM, 0.45)

    def pick(self, count: int) -> int:
        """One of `count` variants, from 0."""
        return self.chance.randrange(count)
