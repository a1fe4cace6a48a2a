"""A web server that stands for the shop's webhook."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

POLL_SECONDS = 0.01


class Hook:
    """Keeps the messages that come, and answers as it is told (200 when nothing is left to tell)."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.messages: list[tuple[bytes, str]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.messages.append((body, self.headers["Stripe-Signature"]))
                self.send_response(hook.answers.pop(0) if hook.answers else 200)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """The test's output stays readable."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/payments/events/demo"
        Thread(target=self.server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()

    def kinds(self) -> list[str]:
        return [json.loads(body)["type"] for body, _ in self.messages]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
