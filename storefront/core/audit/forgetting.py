"""Forgetting the addresses in the audit log: the chain holds without them (audit.chain)."""

from datetime import datetime

from sqlalchemy import func, select, update

from storefront.core.audit.chain import FORGOTTEN
from storefront.core.audit.models import AuditRow
from storefront.core.audit.writing import note
from storefront.core.db import retry_deadlocks, transaction

# So many rows in one transaction, each of which holds the end of the log for a moment.
BATCH = 5_000


def forget_addresses(before: datetime) -> int:
    """Blank the addresses of what was done before that time and return how many; opens transactions.

    Each of them says in the log up to which row it went, so that a hand which blanks later ones is found out.
    """
    total = 0
    while count := _forget_some(before):
        total += count
    return total


@retry_deadlocks
def _forget_some(before: datetime) -> int:
    with transaction() as session:
        is_old = (AuditRow.at < before) & (AuditRow.address_salt != "")
        first = session.scalar(select(func.min(AuditRow.id)).where(is_old))
        if first is None:
            return 0
        batch = is_old & (AuditRow.id < first + BATCH)
        last, count = session.execute(select(func.max(AuditRow.id), func.count()).where(batch)).one()
        session.execute(
            update(AuditRow)
            .where(batch)
            .values(address="", address_salt="")
            .execution_options(synchronize_session=False)
        )
        note(FORGOTTEN, f"row {last}", last_row=last, rows=count)
        return int(count)
