"""Who reads a value is looked up, and is what a search through all nodes finds, however the graph was changed."""

import random

from helpers.compiler.ir.graph import Graph, Node, TensorType, Value

VECTOR = TensorType((1, 4))


class Unsearched(list):
    """Nodes that nobody goes through."""

    def __iter__(self):
        raise AssertionError("all nodes were searched")


def chain(count: int) -> tuple[Graph, list[Value]]:
    graph = Graph("chain")
    values = [graph.add_placeholder("x", VECTOR)]
    for _ in range(count):
        values.append(graph.add("Relu", "relu", [values[-1]], [VECTOR]).output)
    graph.add_output("y", values[-1])
    return graph, values


def searched(graph: Graph, value: Value) -> list[Node]:
    return [node for node in graph.nodes if any(each is value for each in node.inputs)]


def test_no_search_through_all_nodes():
    graph, values = chain(50)
    graph.nodes = Unsearched(graph.nodes)
    assert [graph.sole_reader(value) for value in values[:-1]] == [value.node for value in values[1:]]
    assert graph.users(values[-1]) == []


def test_after_every_change():
    graph, values = chain(12)
    chance = random.Random(7)
    changes = {
        "assigned": lambda node: setattr(node, "inputs", [chance.choice(values), chance.choice(values)]),
        "set": lambda node: node.inputs.__setitem__(0, chance.choice(values)),
        "cut": lambda node: node.inputs.__setitem__(slice(0, 1), [chance.choice(values)]),
        "appended": lambda node: node.inputs.append(chance.choice(values)),
        "extended": lambda node: node.inputs.extend([None, chance.choice(values)]),
        "inserted": lambda node: node.inputs.insert(0, chance.choice(values)),
        "added": lambda node: node.inputs.__iadd__([chance.choice(values)]),
        "removed": lambda node: graph.remove(node) if chance.random() < 0.1 else None,
        "new": lambda node: values.append(graph.add("Relu", "late", [chance.choice(values)], [VECTOR]).output),
    }
    for _ in range(200):
        changes[chance.choice(list(changes))](chance.choice(graph.nodes))
        assert all(graph.users(value) == searched(graph, value) for value in values)


def test_copies_and_what_is_dropped():
    graph, values = chain(6)
    graph.add("Relu", "unread", [values[2]], [VECTOR])
    copy = graph.copied()
    assert [node.name for node in copy.users(copy.nodes[1].output)] == ["relu__2", "unread"]
    assert all(node in copy.nodes and node not in graph.nodes for node in copy.users(copy.nodes[1].output))
    graph.remove_unused()
    assert [node.name for node in graph.users(values[2])] == ["relu__2"]
    assert len(copy.users(copy.nodes[1].output)) == 2
