"""Invented buyers: the same number is always the same person. Mail to example.com reaches nobody."""

from dataclasses import dataclass

FIRST_NAMES = (
    "Ada",
    "Amir",
    "Beatrice",
    "Callum",
    "Chloe",
    "Daniel",
    "Edith",
    "Elif",
    "Farah",
    "Finn",
    "Grace",
    "Hana",
    "Hugo",
    "Imogen",
    "Isaac",
    "Jonas",
    "Kofi",
    "Lena",
    "Leo",
    "Maeve",
    "Marta",
    "Milo",
    "Nadia",
    "Noah",
    "Olive",
    "Oscar",
    "Priya",
    "Quentin",
    "Rosa",
    "Rowan",
    "Samir",
    "Sofia",
    "Tess",
    "Theo",
    "Uma",
    "Victor",
    "Wren",
    "Yara",
    "Zoe",
)
LAST_NAMES = (
    "Abbott",
    "Bailey",
    "Carver",
    "Dawson",
    "Ellery",
    "Fielding",
    "Garner",
    "Hale",
    "Ingram",
    "Jarvis",
    "Keane",
    "Lindqvist",
    "Marlow",
    "Nash",
    "Okafor",
    "Pell",
    "Quayle",
    "Rahman",
    "Sandoval",
    "Thorne",
    "Usher",
    "Vance",
    "Whitlock",
    "Yates",
    "Zeller",
    "Barlow",
    "Croft",
    "Denholm",
    "Fairley",
    "Greaves",
    "Holt",
)
STREETS = (
    "Mill Lane",
    "Church Street",
    "Orchard Road",
    "Station Road",
    "Linden Avenue",
    "The Green",
    "Harbour View",
    "Rye Close",
)
TOWNS = {
    "GB": ("Bristol BS1 4ST", "Leeds LS1 5AB", "Norwich NR2 1TF", "Bath BA1 1UN", "York YO1 7HH", "Lewes BN7 2DB"),
    "DE": ("Köln 50667", "Leipzig 04109", "Bremen 28195"),
    "FR": ("Lyon 69002", "Nantes 44000", "Lille 59800"),
    "IE": ("Cork T12 W8P9", "Galway H91 E9F3"),
}
# Where no town is invented for a country, the parcel goes to its capital's main post office in name only.
ELSEWHERE = ("Poste restante 1000",)


@dataclass(frozen=True)
class Person:
    """A buyer with an address in a country (ISO 3166-1 alpha-2)."""

    name: str
    email: str
    line1: str
    city: str
    postcode: str
    country: str


def person(number: int, country: str) -> Person:
    """The buyer with that number."""
    first = FIRST_NAMES[number * 7 % len(FIRST_NAMES)]
    last = LAST_NAMES[number * 11 % len(LAST_NAMES)]
    towns = TOWNS.get(country, ELSEWHERE)
    city, postcode = towns[number % len(towns)].split(" ", 1)
    line1 = f"{number % 89 + 1} {STREETS[number % len(STREETS)]}"
    return Person(f"{first} {last}", f"{first}.{last}.{number}@example.com".lower(), line1, city, postcode, country)
