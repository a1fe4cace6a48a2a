"""One buyer: cart, checkout, order, payment, over HTTP, as a browser without JavaScript does it."""

import time
from collections.abc import Callable, Sequence
from enum import StrEnum

from storefront.torture.browser import Answer, Browser, CutOff, hidden_fields

AGAIN_SECONDS = 0.2
PAY_PAGE = "/demo-pay/"


class Outcome(StrEnum):
    """How it ended for a buyer."""

    BOUGHT = "bought"
    REFUSED = "refused"
    ERROR = "error"


class Lost(Exception):
    """The shop answered with something that no buyer should ever see, or not in time."""


class _Refused(Exception):
    """The shop said "sold out"."""


class Buyer:
    """After one piece of each variant. With `is_patient`, what is cut off or answered 5xx is tried again as it was.

    A browser sends nothing twice by itself; a person does, with the same form. That is safe: the form carries its key.
    """

    def __init__(
        self,
        number: int,
        port: int,
        variant_ids: Sequence[int],
        *,
        deadline: float,
        is_patient: bool = False,
        address: str = "",
    ) -> None:
        self.email = f"buyer-{number}@example.com"
        self.trouble = ""
        self.has_paid = False
        self._browser = Browser(port, address)
        self._variant_ids = variant_ids
        self._deadline = deadline
        self._is_patient = is_patient

    @property
    def slowest_seconds(self) -> float:
        """The longest this buyer waited for one answer."""
        return self._browser.slowest_seconds

    def buy(self, placed: Callable[["Buyer"], None]) -> Outcome:
        """Go through it all; `placed` is told as soon as the shop has taken the order."""
        try:
            self._fill_cart()
            pay_path = self._place(self._open_checkout())
            placed(self)
            self._pay(pay_path)
        except _Refused:
            return Outcome.REFUSED
        except Lost as error:
            self.trouble = f"{self.email}: {error}"
            return Outcome.ERROR
        finally:
            self._browser.close()
        return Outcome.BOUGHT

    def _fill_cart(self) -> None:
        for variant_id in self._variant_ids:
            form = {"variant_id": variant_id, "quantity": 1}
            answer = self._expect(lambda form=form: self._browser.post("/cart/lines", form), 303, 409)  # type: ignore[misc]
            if answer.status == 409:
                self._read_refusal(answer)
                raise Lost("the cart was refused for another reason than stock")

    def _open_checkout(self) -> dict[str, str]:
        answer = self._expect(lambda: self._browser.get("/checkout"), 200, 303)
        if answer.status == 200:
            return hidden_fields(answer.text)
        self._read_refusal(self._expect(lambda: self._browser.get(answer.location), 200))
        raise Lost("sent back from the checkout without being told why")

    def _place(self, fields: dict[str, str]) -> str:
        wanted = {name: fields.get(name, "") for name in ("csrf_token", "key", "quoted_minor")}
        form = {**wanted, **_address(self.email), "shipping_method": "standard", "terms": "y"}
        answer = self._expect(lambda: self._browser.post("/checkout", form), 303, 409)
        if answer.status == 409:
            self._read_refusal(answer)
            raise Lost("the order was refused for another reason than stock")
        if not answer.location.startswith((PAY_PAGE, "/orders/")):
            raise Lost(f"the order led to {answer.location}")
        return answer.location

    def _pay(self, path: str) -> None:
        if path.startswith(PAY_PAGE):
            self._expect(lambda: self._browser.post(path, {"choice": "pay"}), 303, 200)
            self.has_paid = True

    @staticmethod
    def _read_refusal(answer: Answer) -> None:
        if "sold out" in answer.text:
            raise _Refused

    def _expect(self, ask: Callable[[], Answer], *statuses: int) -> Answer:
        """The answer, when it has one of `statuses`; raises Lost otherwise."""
        while True:
            try:
                answer = ask()
                if answer.status in statuses:
                    return answer
                seen = f"{answer.status} where {statuses} was expected"
                is_passing = answer.status >= 500
            except CutOff as error:
                seen, is_passing = str(error), True
            if not (self._is_patient and is_passing) or time.monotonic() > self._deadline:
                raise Lost(seen)
            time.sleep(AGAIN_SECONDS)


def _address(email: str) -> dict[str, str]:
    return {
        "email": email,
        "name": "Ada Lovelace",
        "line1": "12 St James's Square",
        "city": "London",
        "postcode": "SW1Y 4JH",
        "country": "GB",
    }
