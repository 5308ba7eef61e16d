"""Remove from the light environment what no step of the road uses, such as headers of other systems: a third of its size.

python -m helpers.workbook.seats.trim, which `make light` runs. Only files that pip installed into the project's own .venv.
"""

import importlib.metadata
import re
import sys
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadParameter, command

# Package to a pattern of the surplus among its files, from site-packages or the environment's folder on; and what it is.
SURPLUS = {
    "ziglang": (
        r"ziglang/lib/(libc/(mingw|wasi|freebsd|netbsd|openbsd)/|libc/include/[^/]*(windows|wasi|freebsd|netbsd|openbsd)"
        r"|libc/include/(arc|arm|csky|hexagon|loongarch|m68k|mips|powerpc|riscv|s390x|sparc|thumb|xtensa)"
        r"|libcxx|libtsan/|docs/|build-web/|init/)",
        "headers and libraries of other systems and of C++",
    ),
    "cmake": (r"cmake/data/(bin/(cpack|ctest)$|share/cmake-[^/]*/Help/)", "packing, testing, manual pages"),
    "unicorn": (r"unicorn/lib/[^/]*\.a$|unicorn/include/", "the library to link statically"),
    "onnx": (r"onnx/(backend/test/|.*\.(h|cc|proto)$)", "test data"),
    "jedi": (r"jedi/third_party/(django-stubs|typeshed/stubs)/", "types of packages that are not here"),
    "jupyterlab": (r"jupyterlab/(galata|static|staging)/|.*\.map$", "its own tests and a second copy of itself"),
    "babel": (r"babel/locale-data/(?!en|root)", "other languages"),
    "numpy": (r"numpy/(.*/)?tests/|numpy/(.*/)?[^/]*\.a$", "tests"),
    "matplotlib": (r"matplotlib/tests/|mpl_toolkits/(.*/)?tests/|matplotlib/mpl-data/sample_data/", "tests, samples"),
    "h5py": (r"h5py/tests/", "tests"),
    "tornado": (r"tornado/test/", "tests"),
    "onnxruntime": (r"onnxruntime/(transformers|quantization|tools|datasets)/", "tools for other networks"),
    "widgetsnbextension": (r".*\.map$", "maps for debugging"),
}
if sys.platform.startswith("linux"):
    SURPLUS["ziglang for macOS"] = (r"ziglang/lib/libc/(include/any-darwin|darwin/)", "headers of macOS")


def surplus(package: str) -> list[Path]:
    """Return the files of an installed package that the road does not use; [] if it is not installed."""
    pattern = re.compile(SURPLUS[package][0])
    try:
        files = importlib.metadata.files(package.partition(" ")[0]) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    inside = Path(sys.prefix).resolve()
    places = [(file, Path(file.locate())) for file in files if pattern.match(re.sub(r"^(\.\./)+", "", file.as_posix()))]
    return [place for _, place in places if place.is_file() and place.resolve().is_relative_to(inside)]


def trim() -> int:
    """Remove the surplus of every package; returns the bytes on disk that this freed. Raises BadParameter elsewhere."""
    ours = artifacts.ROOT / ".venv"
    if Path(sys.prefix).resolve() != ours.resolve() or (ours / ".ready").exists():
        raise BadParameter(
            "is not the light environment of this project", where=sys.prefix, remedy="make it with `make light`"
        )
    freed = 0
    for package in SURPLUS:
        for file in surplus(package):
            freed += file.lstat().st_blocks * 512
            file.unlink()
            _remove_empty(file.parent)
    return freed


def _remove_empty(folder: Path) -> None:
    """Remove a folder that became empty, and those above it; files of Python's own cache do not count."""
    while not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


@command
def main(_argv=None) -> int:
    """Trim the environment and print what was freed."""
    print(f"{trim() / 1e6:.0f} MB that the road does not use were removed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
