"""The order in which nodes can be computed."""

from typing import Any, Protocol, TypeVar


class Reader(Protocol):
    """What has inputs: values that know the node that gives them, None where one is left out."""

    inputs: list[Any]


R = TypeVar("R", bound=Reader)


def depth_first(results: list[R]) -> list[R]:
    """The nodes that some nodes depend on, themselves too, each after those it reads; without recursion."""
    order: list[R] = []
    done: dict[int, bool] = {}  # by id; False: met, and what it reads is not done yet
    stack = results[::-1]
    while stack:
        node = stack[-1]
        if id(node) not in done:
            done[id(node)] = False
            stack += [value.node for value in reversed(node.inputs) if value is not None and id(value.node) not in done]
            continue
        stack.pop()
        if not done[id(node)]:
            done[id(node)] = True
            order.append(node)
    return order
