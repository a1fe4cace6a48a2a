"""Numbers in addresses."""

from typing import Any

from werkzeug.routing import IntegerConverter, Map


class Id(IntegerConverter):
    """`<int:...>` of a rule; a number that no database could hold names nothing: 404."""

    def __init__(self, map: Map, *arguments: Any, **options: Any) -> None:
        super().__init__(map, *arguments, **{"max": 2**63 - 1, **options})
