"""The audit log: who did what to which object, from where, with before and after, in the transaction that did it.

A request that changes something at the desk is watched: whatever its transactions write is found out by itself, so that
no view and no service can forget it. Other events (a sign-in, an export) are said with `note`. Rows are only added, and
each carries the digest of the one before (audit.chain).
"""

from storefront.core.audit.forgetting import forget_addresses
from storefront.core.audit.source import Source, arrive, is_untold, leave, source, watch
from storefront.core.audit.writing import note, note_alone

__all__ = ["Source", "arrive", "forget_addresses", "is_untold", "leave", "note", "note_alone", "source", "watch"]
