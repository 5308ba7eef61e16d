"""The command `desk`: show, serve, collect and grade what seats chose to send."""

import argparse
import contextlib
import sys
import threading
import time
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadParameter, MissingInput, command
from helpers.workbook import road
from helpers.workbook.seats import lab
from helpers.workbook.seats.desk import course, progress, server, table

PAUSE_S = 2
CLEAR = "\033[2J\033[H"


@command
def main(argv=None) -> int:
    """python -m helpers desk: who is where, and who is stuck on which checkpoint, for seats that chose to show it.

    A seat takes part with `python -m helpers lab --desk FOLDER --name NAME`, or with the address that `serve` prints.
    """
    parser = argparse.ArgumentParser(prog="python -m helpers desk", description=main.__doc__.splitlines()[0])
    parts = parser.add_subparsers(dest="part", required=True, metavar="show, serve, hand-in, collect or grade")
    show = parts.add_parser("show", help="the table of a folder that all seats write to")
    show.add_argument("--once", action="store_true", help="print it once, and end")
    serve = parts.add_parser("serve", help="a port that seats send to, and the table as a page")
    serve.add_argument("--port", type=int, default=8900, help="the port (8900)")
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen at; 0.0.0.0: all of this machine's")
    give = parts.add_parser("hand-in", help="for a seat: copy your notebooks into the desk's folder")
    give.add_argument("--name", required=True, help="the seat's name")
    collect = parts.add_parser("collect", help="what was handed in, as a course for nbgrader")
    grade = parts.add_parser("grade", help="exercises solved, as the table of scores that nbgrader exports")
    for part in (show, serve, give, collect, grade):
        default = {"nargs": "?", "default": artifacts.build("desk_seats")} if part is serve else {}
        part.add_argument("folder", type=Path, help="the folder of the seats' files", **default)
    for part in (give, collect):
        part.add_argument("--only", nargs="+", metavar="NOTEBOOK", help="these notebooks, by number or name")
    options = parser.parse_args(argv)
    return PARTS[options.part](options)


def _table(folder: Path) -> str:
    seats, refused = progress.gather(folder)
    return table.as_text([table.row(seat) for seat in seats], refused)


def _show(options) -> int:
    if options.once or not sys.stdout.isatty():
        print(_table(options.folder))
        return 0
    with contextlib.suppress(KeyboardInterrupt):  # how one ends it
        while True:
            print(f"{CLEAR}{_table(options.folder)}\nCtrl-C ends it.", flush=True)
            time.sleep(PAUSE_S)
    return 0


def _serve(options) -> int:
    options.folder.mkdir(parents=True, exist_ok=True)
    desk = server.opened(options.folder.absolute(), options.host, options.port)
    threading.Thread(target=desk.serve_forever, daemon=True).start()
    port = desk.server_address[1]
    print(
        f"The table: http://127.0.0.1:{port}/   Seats: python -m helpers lab --desk http://{options.host}:{port} --name NAME"
    )
    if options.host not in ("127.0.0.1", "localhost"):
        print("Everyone in this network can see the table and send to it.")
    print("Ctrl-C ends it.", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(PAUSE_S)
    desk.shutdown()
    return 0


def _hand_in(options) -> int:
    if not options.folder.is_dir():
        raise BadParameter("is no folder", where=options.folder, remedy="ask where the desk is")
    books = road.select(road.discover(), options.only)
    copies = [(book, lab.folder() / book.path.name) for book in books]
    copies = [(book, copy) for book, copy in copies if copy.exists()]
    if not copies:
        raise MissingInput("you have no such notebooks", where=lab.FOLDER, remedy="open them with `make lab`")
    for book, copy in copies:
        course.hand_in(book, copy, options.folder, options.name)
        print(f"handed in: {book.name}")
    return 0


def _collect(options) -> int:
    books = road.select(road.discover(), options.only)
    taken, refused = course.collect(options.folder, books, artifacts.build("course"))
    print("\n".join([*taken, *(f"refused: {line}" for line in refused)]))
    print(f"Course: {artifacts.shown(artifacts.build('course'))}, {len(taken)} notebooks; nbgrader goes on from there")
    return int(bool(refused))


def _grade(options) -> int:
    seats, refused = progress.gather(options.folder)
    path = artifacts.write_text(artifacts.build("grades.csv"), course.grades(seats))
    print(
        "\n".join([*(f"refused: {line}" for line in refused), f"Grades: {artifacts.shown(path)}, {len(seats)} seats"])
    )
    return int(bool(refused))


PARTS = {"show": _show, "serve": _serve, "hand-in": _hand_in, "collect": _collect, "grade": _grade}
