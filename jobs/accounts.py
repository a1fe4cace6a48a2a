"""Jobs about people."""

from storefront.accounts import addresses, mails, proofs, sessions
from storefront.core.web import settings


def send_proof(proof_id: int) -> None:
    """Mail a link that shows whose an address is."""
    mails.send_proof(proof_id, settings())


def tell_changed(user_id: int, what: str, to: str, mark: str = "") -> None:
    """Tell an address what was changed in an account."""
    mails.tell_changed(user_id, what, to, settings(), mark)


def forget_old() -> None:
    """Delete links and sessions that have ended, and addresses that were taken out."""
    proofs.forget_old()
    sessions.forget_old()
    addresses.forget_removed()
