"""A limit on the memory that a library may take while it reads a damaged file: HDF5 asks for what the file claims, up to 4 GB."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

STATUS = Path("/proc/self/statm")  # Linux: its first number is the size of this process in pages


@contextlib.contextmanager
def more_memory(at_most: int) -> Iterator[None]:
    """Let this process take `at_most` bytes more than it has, in the block; a larger request fails, as MemoryError or OSError.

    On systems that do not tell the size of a process, nothing is limited.
    """
    if resource is None or not STATUS.is_file():
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = int(STATUS.read_text().split()[0]) * resource.getpagesize() + at_most
    known = [limit for limit in (wanted, soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(known), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
