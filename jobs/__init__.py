"""What RQ runs. A service stages a job by its name in the outbox; this table says which function that is."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

HANDLERS = {
    "accounts.forget_old": "jobs.accounts:forget_old",
    "accounts.send_proof": "jobs.accounts:send_proof",
    "accounts.tell_changed": "jobs.accounts:tell_changed",
    "audit.forget_addresses": "jobs.upkeep:forget_addresses",
    "audit.note_head": "jobs.upkeep:note_audit_head",
    "carts.forget_old": "jobs.cart:forget_old",
    "checkout.expire_order": "jobs.checkout:expire_order",
    "checkout.expire_unpaid": "jobs.checkout:expire_unpaid",
    "checkout.issue_card": "jobs.checkout:issue_card",
    "insight.find_pairs": "jobs.insight:find_pairs",
    "insight.forecast": "jobs.insight:forecast",
    "insight.rebuild_days": "jobs.insight:rebuild_days",
    "insight.refresh": "jobs.insight:refresh",
    "insight.refresh_categories": "jobs.insight:refresh_categories",
    "insight.report_daily": "jobs.insight:report_daily",
    "insight.report_low_stock": "jobs.insight:report_low_stock",
    "insight.report_monthly": "jobs.insight:report_monthly",
    "insight.report_weekly": "jobs.insight:report_weekly",
    "insight.send_report": "jobs.insight:send_report",
    "orders.send_confirmation": "jobs.orders:send_confirmation",
    "orders.send_request": "jobs.orders:send_request",
    "orders.send_return": "jobs.orders:send_return",
    "outbox.forget_done": "jobs.upkeep:forget_done",
    "payments.compare": "jobs.payments:compare_books",
    "payments.confirm": "jobs.payments:confirm",
    "payments.drive_refund": "jobs.payments:drive_refund",
    "payments.forget_events": "jobs.payments:forget_events",
    "payments.forget_customer": "jobs.payments:forget_customer",
    "payments.process_event": "jobs.payments:process_event",
    "payments.release": "jobs.payments:release",
    "payments.remind": "jobs.payments:remind",
    "payments.send_proof": "jobs.payments:send_proof",
    "payments.send_refund": "jobs.payments:send_refund",
    "payments.send_reminder": "jobs.payments:send_reminder",
    "payments.sweep": "jobs.payments:sweep",
    "payments.sweep_events": "jobs.payments:sweep_missed",
    "payments.tell_dispute": "jobs.payments:tell_dispute",
    "privacy.answer": "jobs.privacy:answer",
    "privacy.forget_old": "jobs.privacy:forget_old",
    "promotions.send_card": "jobs.promotions:send_card",
    "queueing.count_hours": "jobs.queueing:count_hours",
    "stock.forget_requests": "jobs.stock_requests:forget_old",
    "stock.reconcile": "jobs.stock:reconcile_all",
    "stock.send_back": "jobs.stock_requests:send_back",
    "stock.tell_waiting": "jobs.stock_requests:tell_waiting",
    "wishlist.look_after": "jobs.wishlist:look_after",
    "wishlist.send_cheaper": "jobs.wishlist:send_cheaper",
}


def find_handler(name: str) -> Callable[..., Any]:
    """The function behind a job's name; KeyError for a name that nobody handles."""
    module, _, function = HANDLERS[name].partition(":")
    handler: Callable[..., Any] = getattr(import_module(module), function)
    return handler
