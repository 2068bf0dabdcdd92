"""A publisher on this machine: a real HTTP server on 127.0.0.1, which can also misbehave."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Publisher(ThreadingHTTPServer):
    """Serves ``files`` by path ("mnist/a.gz"). A path in ``cut`` is promised whole and broken off half way."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.asked: list[str] = []
        self.encodings: set[str | None] = set()
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def stop(self) -> None:
        """Close the port; what is asked for afterwards finds nobody."""
        if self.thread.is_alive():
            self.shutdown()
            self.thread.join()
            self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        self.server.asked.append(path)
        self.server.encodings.add(self.headers["Accept-Encoding"])
        content = self.server.files.get(path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if path in self.server.cut else content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
