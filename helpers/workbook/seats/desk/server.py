"""The desk's port: seats send their progress to it, and a browser shows the table."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from helpers.common.errors import BadInput, from_system
from helpers.workbook.seats.desk import progress, table

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Handler(BaseHTTPRequestHandler):
    """GET / is the table; POST /progress takes one seat's file, checked before it is kept."""

    timeout = 10  # seconds that one request may keep a thread
    folder: Path

    def do_GET(self) -> None:
        """Answer with the table."""
        if self.path != "/":
            return self._answer(404, "the table is at /")
        seats, refused = progress.gather(self.folder)
        return self._answer(200, table.as_page([table.row(seat) for seat in seats], refused), "text/html")

    def do_POST(self) -> None:
        """Keep one seat's progress. A browser's form cannot send this type, so no page elsewhere can fill the table."""
        length = self.headers.get("Content-Length", "")
        if self.path != "/progress" or self.headers.get_content_type() != "application/json":
            return self._answer(404, "seats send JSON to /progress")
        if not length.isascii() or not length.isdigit() or int(length) > progress.LARGEST:
            return self._answer(413, "too large")
        try:
            seat = progress.parse(self.rfile.read(int(length)), "this request")
            if not (self.folder / progress.file_name(seat.seat)).exists() and self._is_full():
                return self._answer(409, "no seat is left")
            progress.write(self.folder, seat)
        except BadInput as error:
            return self._answer(400, str(error))
        return self._answer(204, "")

    def _is_full(self) -> bool:
        return sum(1 for _ in self.folder.glob("*.json")) >= progress.MOST_SEATS

    def _answer(self, status: int, text: str, kind: str = "text/plain") -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in (
            HEADERS | {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(body))}
        ).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        """Write no log: the table is all that the desk keeps."""


def opened(folder: Path, host: str, port: int) -> ThreadingHTTPServer:
    """Return a server at a port (0: a free one) that keeps files in a folder. Raises SystemRefused where the port is taken."""
    handler: Callable = type("DeskHandler", (Handler,), {"folder": folder})
    try:
        return ThreadingHTTPServer((host, port), handler)
    except OSError as error:
        raise from_system(error, f"port {port}") from error
