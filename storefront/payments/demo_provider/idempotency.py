"""A request that carries a key runs once; whoever repeats it gets the first answer again."""

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from storefront.payments.demo_provider.errors import ApiError, ParamError
from storefront.payments.demo_provider.store import Store

Answer = tuple[int, dict[str, Any]]

KEPT_SECONDS = 24 * 60 * 60
# A claim older than this belongs to a process that died: no request of this provider takes nearly as long.
CLAIM_SECONDS = 30
MAX_KEY_LENGTH = 255
FORGOTTEN_AT_ONCE = 5


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same one."""
    return hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).hexdigest()


def run_once(
    store: Store, key: str, print_: str, now: float, run: Callable[[sqlite3.Connection], Answer], pause: float = 0
) -> tuple[Answer, bool]:
    """The answer of `run` (after `pause` seconds), or the one kept under `key`, and whether it is a repetition.

    What `run` does and its answer are committed together. Raises ApiError 400 when the key was used for another request
    and 409 while that request is still running.
    """
    if pause:
        return _run_slowly(store, key, print_, now, run, pause)
    with store.write() as db:
        kept = _claim(db, key, print_, now)
        return (_answer(db, key, run), False) if kept is None else (kept, True)


def claim(store: Store, key: str, print_: str, now: float) -> Answer | None:
    """Take the key for this request, or return the answer that is kept under it."""
    with store.write() as db:
        return _claim(db, key, print_, now)


def _run_slowly(
    store: Store, key: str, print_: str, now: float, run: Callable[[sqlite3.Connection], Answer], pause: float
) -> tuple[Answer, bool]:
    """The same with the key in use meanwhile, as others can see."""
    kept = claim(store, key, print_, now)
    if kept is not None:
        return kept, True
    try:
        time.sleep(pause)
        with store.write() as db:
            return _answer(db, key, run), False
    except BaseException:
        release(store, key)
        raise


def _answer(db: sqlite3.Connection, key: str, run: Callable[[sqlite3.Connection], Answer]) -> Answer:
    """Run, and keep the answer. Wrong parameters keep none: a corrected request may use the key again."""
    db.execute("SAVEPOINT work")
    try:
        answer = run(db)
    except ParamError:
        raise
    except ApiError as error:
        db.execute("ROLLBACK TO work")
        answer = (error.status, error.body())
    _keep(db, key, answer)
    return answer


def _claim(db: sqlite3.Connection, key: str, print_: str, now: float) -> Answer | None:
    if len(key) > MAX_KEY_LENGTH:
        raise ApiError(400, f"Idempotency keys are at most {MAX_KEY_LENGTH} characters", kind="idempotency_error")
    _forget(db, key, now)
    row = db.execute("SELECT * FROM requests WHERE idempotency_key = ?", (key,)).fetchone()
    if row is None:
        db.execute(
            "INSERT INTO requests (idempotency_key, fingerprint, claimed_at) VALUES (?, ?, ?)", (key, print_, now)
        )
        return None
    if row["fingerprint"] != print_:
        text = "Keys for idempotent requests can only be used with the same parameters they were first used with."
        raise ApiError(400, text, kind="idempotency_error")
    if row["status"] is None:
        text = "There is currently another in-progress request using this idempotency key. Please try again later."
        raise ApiError(409, text, kind="idempotency_error", code="idempotency_key_in_use")
    return row["status"], json.loads(row["body"])


def _forget(db: sqlite3.Connection, key: str, now: float) -> None:
    """Free a key whose day is over or whose process died; of the others a few, so that no call walks over all."""
    oldest = f"rowid IN (SELECT rowid FROM requests ORDER BY rowid LIMIT {FORGOTTEN_AT_ONCE})"
    is_old = f"claimed_at < ? AND (idempotency_key = ? OR {oldest})"
    db.execute(f"DELETE FROM requests WHERE {is_old}", (now - KEPT_SECONDS, key))
    is_dead = "status IS NULL AND claimed_at < ? AND idempotency_key = ?"
    db.execute(f"DELETE FROM requests WHERE {is_dead}", (now - CLAIM_SECONDS, key))


def release(store: Store, key: str) -> None:
    """Give up a claim under which nothing was done."""
    with store.write() as db:
        db.execute("DELETE FROM requests WHERE idempotency_key = ? AND status IS NULL", (key,))


def _keep(db: sqlite3.Connection, key: str, answer: Answer) -> None:
    db.execute(
        "UPDATE requests SET status = ?, body = ? WHERE idempotency_key = ? AND status IS NULL",
        (answer[0], json.dumps(answer[1]), key),
    )
