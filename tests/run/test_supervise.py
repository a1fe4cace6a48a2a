"""The supervisor on its own, with small programs in place of the shop's."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from storefront.run.child import die_with_parent

SCRIPT = """\
import sys
from storefront.run.supervise import Program, Supervisor
programs = [Program(name, [sys.executable, "-c", code]) for name, code in {programs!r}]
sys.exit(Supervisor(programs).run())
"""
SLEEPS = "import time; print('ready', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"
SAYS_WHEN_STOPPED = f"import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit('stopped')); {SLEEPS}"


@contextmanager
def supervised(*programs: tuple[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SCRIPT.format(programs=programs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], *texts: str) -> None:
    assert process.stdout
    unsaid = set(texts)
    for line in process.stdout:
        unsaid -= {text for text in unsaid if text in line}
        if not unsaid:
            return
    raise AssertionError(f"{unsaid} was never said")


def test_program_that_cannot_start_ends_the_run_with_its_last_words() -> None:
    with supervised(("steady", SLEEPS), ("broken", "import sys; sys.exit('The reason it gives.')")) as process:
        said, _ = process.communicate(timeout=30)
        assert process.returncode == 1
        assert said.count("broken | The reason it gives.") == 3
        assert "broken | cannot be started" in said
        assert "steady | ready" in said


def test_program_that_does_not_listen_is_killed_in_time() -> None:
    with supervised(("first", SLEEPS), ("deaf", STUBBORN)) as process:
        read_until(process, "deaf   | ready")
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
        assert 2.5 < time.monotonic() - began < 5


def test_first_program_is_stopped_after_all_others() -> None:
    with supervised(("first", SAYS_WHEN_STOPPED), ("other", SAYS_WHEN_STOPPED)) as process:
        read_until(process, "first  | ready", "other  | ready")
        process.terminate()
        said, _ = process.communicate(timeout=15)
        assert said.index("other  | stopped") < said.index("first  | stopped")


def test_last_words_without_a_line_end_are_passed_on() -> None:
    with supervised(("short", "print('unfinished', end='')")) as process:
        said, _ = process.communicate(timeout=30)
        assert "short  | unfinished\n" in said


def test_shop_goes_on_when_nobody_reads_its_output() -> None:
    talks = "import time\nwhile True: print('word', flush=True); time.sleep(.05)"
    with supervised(("talker", talks)) as process:
        read_until(process, "word")
        assert process.stdout
        process.stdout.close()
        time.sleep(0.5)
        assert process.poll() is None
        process.terminate()
        assert process.wait(15) == 0


def test_child_whose_parent_has_gone_already_does_not_start() -> None:
    pid = os.fork()
    if pid == 0:
        die_with_parent(os.getpid())  # Nobody is their own parent: as if the real one had died before.
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
