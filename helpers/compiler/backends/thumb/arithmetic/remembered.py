"""Remember what a function of arrays returned: a choice among forms plans the same layers many times."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

MOST = 4096  # results that one function keeps
Result = TypeVar("Result")


@dataclass(frozen=True)
class _Content:
    """An array as a key."""

    dtype: str
    shape: tuple[int, ...]
    content: bytes

    def array(self) -> np.ndarray:
        return np.frombuffer(self.content, self.dtype).reshape(self.shape)


def remembered(function: Callable[..., Result]) -> Callable[..., Result]:
    """Decorate a function whose result depends on nothing but its arguments: arrays, lists of numbers, or hashable values.

    The function gets arrays that cannot be written, and tuples for lists. Its callers share the result: they must not change it.
    """

    @functools.lru_cache(MOST)
    def by_content(*keys: Any) -> Result:
        return function(*(key.array() if isinstance(key, _Content) else key for key in keys))

    @functools.wraps(function)
    def of(*arguments: Any) -> Result:
        return by_content(*map(_key, arguments))

    return of


def _key(argument: Any) -> Any:
    if isinstance(argument, np.ndarray):
        return _Content(argument.dtype.str, argument.shape, argument.tobytes())
    return tuple(argument) if isinstance(argument, list) else argument
