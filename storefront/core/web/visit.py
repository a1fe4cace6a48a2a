"""What the shopper's session carries: the cart's token, and the order they placed last."""

import secrets

from flask import session
from flask_login import current_user


def cart_token() -> str | None:
    """The token of the shopper's cart."""
    return session.get("cart")


def remember_cart(token: str | None) -> None:
    """Go on with that cart; None forgets it. The cookie outlives the browser, so that a cart waits."""
    if token is None:
        session.pop("cart", None)
        return
    session.permanent = True
    session["cart"] = token
    # Known before the checkout: an answer that is lost there must not make the same person a new shopper.
    shopper_id()


def last_order() -> str | None:
    """The token of the order placed last in this browser."""
    return session.get("last_order")


def remember_order(token: str) -> None:
    """Keep the order at hand, so that the cart can remind of it while it is unpaid."""
    session["last_order"] = token


def wished() -> int | None:
    """The variant that a guest wanted on a wishlist before signing in."""
    return session.get("wish")


def remember_wish(variant_id: int) -> None:
    """Keep it until they have signed in."""
    session["wish"] = variant_id


def is_seen_anew(path: str) -> bool:
    """Whether a page is another one than was seen last. Who has no session gets none for it: that would be a cookie."""
    if not session:
        return True
    is_new = session.get("seen") != path
    session["seen"] = path
    return is_new


def is_first_checkout() -> bool:
    """Whether the checkout is opened for the first time with this cart."""
    is_new = session.get("checked_out") != cart_token()
    session["checked_out"] = cart_token()
    return is_new


def shopper_id() -> str:
    """Who this is to the stock gate: the same for as long as the session lives, and nobody's name."""
    if "shopper" not in session:
        session["shopper"] = secrets.token_urlsafe(16)
    return str(session["shopper"])


def kept_hold() -> tuple[str, int, str] | None:
    """What is kept for this shopper, as (hold id, expiry in ms, lines as text)."""
    hold = session.get("hold")
    return (hold[0], hold[1], hold[2]) if hold else None


def remember_hold(hold: tuple[str, int, str] | None) -> None:
    """Note what is kept; None when nothing is."""
    if hold is None:
        session.pop("hold", None)
    else:
        session["hold"] = list(hold)


def applied_codes() -> tuple[str, tuple[int, ...], bool]:
    """What was entered at checkout: a coupon's code, gift cards by their accounts' ids, whether store credit pays."""
    coupon, cards, uses_credit = session.get("codes", ("", [], False))
    return str(coupon), tuple(cards), bool(uses_credit)


def remember_codes(coupon: str, cards: tuple[int, ...], *, uses_credit: bool) -> None:
    """Keep what was entered at checkout until the order is placed."""
    session["codes"] = [coupon, list(cards), uses_credit]


def session_key() -> str:
    """What opens the session of whoever is signed in; "" for everybody else."""
    return str(session.get("key", ""))


def remember_session(key: str) -> None:
    """Keep the key of a session that was begun."""
    session["key"] = key


def user_id() -> int | None:
    """Who is signed in."""
    return current_user.id if current_user.is_authenticated else None
