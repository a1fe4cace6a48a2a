"""Who pays, as the provider knows them: one customer there for every account here, so that a card can be kept."""

from storefront.accounts.models import User
from storefront.core.db import db, insert_once, retry_deadlocks, transaction
from storefront.core.errors import Conflict, Unavailable
from storefront.payments.gateway import CustomerRequest, Gateway, GatewayRejected
from storefront.payments.models import ProviderCustomer
from storefront.payments.queries import find_customer_ref


def ensure_customer(user_id: int | None, gateway: Gateway) -> None:
    """Let the provider know somebody with an account; opens a transaction, idempotent.

    Whoever has none needs none, and a provider that does not answer now learns it with the next order.
    """
    session = db.session()
    user = session.get(User, user_id) if user_id is not None else None
    is_known = user is None or find_customer_ref(session, user_id, gateway.name) is not None
    request = None if user is None or is_known else _request(user)
    session.rollback()
    if request is None:
        return
    try:
        ref = gateway.create_customer(request)
    except (Conflict, Unavailable):
        return
    _keep(request.user_id, gateway.name, ref)


def forget_customer(gateway: Gateway, gateway_name: str, customer_ref: str) -> None:
    """Let the provider forget somebody; idempotent, and nothing to do where another provider is in use now.

    Raises GatewayUnavailable.
    """
    if gateway.name != gateway_name:
        return
    try:
        gateway.delete_customer(customer_ref)
    except GatewayRejected:
        return  # It knows nobody of that name any more.


def _request(user: User) -> CustomerRequest:
    # With the time: SQLite gives the id of a newest account that was deleted to the next one.
    key = f"customer-{user.id}-{user.created_at:%Y%m%d%H%M%S%f}"
    return CustomerRequest(user_id=user.id, email=user.email, name=user.name, idempotency_key=key)


@retry_deadlocks
def _keep(user_id: int, gateway_name: str, ref: str) -> None:
    row = {"user_id": user_id, "gateway": gateway_name, "customer_ref": ref}
    with transaction() as session:
        session.execute(insert_once(session, ProviderCustomer).values(row))
