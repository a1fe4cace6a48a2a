"""Who sent a message: Stripe's signature scheme."""

import hashlib
import hmac
from collections.abc import Sequence

from storefront.payments.gateway import InvalidSignature

SIGNATURE_TOLERANCE_SECONDS = 300


def verify_signature(body: bytes, header: str, secrets: Sequence[str], now: float) -> None:
    """Check a `Stripe-Signature` header against each secret; raises InvalidSignature.

    The scheme is https://docs.stripe.com/webhooks#verify-manually. It is checked here rather than by the library so
    that receiving a message neither loads the library nor accepts a time stamp from the future.
    """
    if not header:
        raise InvalidSignature(reason="missing")
    parts = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for key, _, value in parts if key == "t"]
    given = [value.encode() for key, _, value in parts if key == "v1"]
    if len(stamps) != 1 or not stamps[0].isascii() or not stamps[0].isdigit() or not given:
        raise InvalidSignature(reason="malformed")
    signed = stamps[0].encode() + b"." + body
    expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode() for secret in secrets if secret]
    # Every pair is compared, so that the time taken tells nothing about which one matched.
    matches = [hmac.compare_digest(one, other) for one in expected for other in given]
    if not any(matches):
        raise InvalidSignature(reason="mismatch")
    if abs(now - int(stamps[0])) > SIGNATURE_TOLERANCE_SECONDS:
        raise InvalidSignature(reason="stale")
