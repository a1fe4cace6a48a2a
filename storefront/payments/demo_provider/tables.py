"""The tables of the provider's store. A new layout raises VERSION, and upgrade.py makes it of the old one."""

VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'complete', 'expired')),
    currency TEXT NOT NULL,
    amount_total INTEGER NOT NULL CHECK (amount_total > 0),
    params TEXT NOT NULL,
    link_id TEXT
);
CREATE INDEX IF NOT EXISTS sessions_link ON sessions (link_id) WHERE link_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS intents (
    id TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    session_id TEXT UNIQUE,
    secret TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    capture_method TEXT NOT NULL CHECK (capture_method IN ('automatic_async', 'automatic', 'manual')),
    status TEXT NOT NULL CHECK (
        status IN (
            'requires_payment_method', 'requires_confirmation', 'requires_action', 'processing', 'requires_capture',
            'succeeded', 'canceled'
        )
    ),
    params TEXT NOT NULL,
    method_id TEXT,
    charge_id TEXT,
    failure TEXT,
    amount_received INTEGER NOT NULL DEFAULT 0 CHECK (amount_received BETWEEN 0 AND amount),
    canceled_at INTEGER,
    cancellation_reason TEXT
);
CREATE TABLE IF NOT EXISTS methods (
    id TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    facts TEXT NOT NULL,
    email TEXT,
    customer TEXT
);
CREATE TABLE IF NOT EXISTS charges (
    id TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    intent_id TEXT NOT NULL,
    method_id TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    amount_captured INTEGER NOT NULL DEFAULT 0 CHECK (amount_captured BETWEEN 0 AND amount),
    amount_refunded INTEGER NOT NULL DEFAULT 0 CHECK (amount_refunded BETWEEN 0 AND amount),
    status TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    capture_before INTEGER,
    failure TEXT
);
CREATE INDEX IF NOT EXISTS charges_intent ON charges (intent_id);
CREATE TABLE IF NOT EXISTS refunds (
    id TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    charge_id TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    status TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    reason TEXT,
    metadata TEXT NOT NULL,
    is_release INTEGER NOT NULL DEFAULT 0,
    failure_reason TEXT
);
CREATE INDEX IF NOT EXISTS refunds_charge ON refunds (charge_id);
CREATE TABLE IF NOT EXISTS disputes (
    id TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    charge_id TEXT NOT NULL UNIQUE,
    amount INTEGER NOT NULL CHECK (amount > 0),
    status TEXT NOT NULL CHECK (status IN ('needs_response', 'under_review', 'won', 'lost')),
    reason TEXT NOT NULL,
    due_by INTEGER NOT NULL,
    evidence TEXT NOT NULL DEFAULT '{}',
    submissions INTEGER NOT NULL DEFAULT 0,
    metadata TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE IF NOT EXISTS customers (
    id TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    email TEXT,
    params TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS customers_email ON customers (email);
CREATE TABLE IF NOT EXISTS links (
    id TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    is_active INTEGER NOT NULL DEFAULT 1,
    currency TEXT NOT NULL,
    amount_total INTEGER NOT NULL CHECK (amount_total > 0),
    params TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    due_at REAL,
    delivered_at REAL,
    tries INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS events_due ON events (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS timers (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    action TEXT NOT NULL,
    object_id TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS timers_at ON timers (at);
CREATE TABLE IF NOT EXISTS requests (
    idempotency_key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    claimed_at REAL NOT NULL,
    status INTEGER,
    body TEXT
);
CREATE TABLE IF NOT EXISTS settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
)
"""
