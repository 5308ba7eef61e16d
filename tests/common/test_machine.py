"""What is installed beside what is pinned."""

import importlib.metadata

from helpers.common import machine


def test_packages_are_the_pinned_ones_without_those_of_the_tests():
    found = {each.name: each for each in machine.packages()}
    assert {"tensorflow", "numpy", "ziglang", "unicorn"} <= set(found) and "pytest" not in found
    assert found["numpy"].wanted == importlib.metadata.version("numpy") and found["numpy"].right


def test_a_package_that_is_missing_or_another(monkeypatch):
    def version(name):
        if name == "tensorflow":
            raise importlib.metadata.PackageNotFoundError
        return "0.1"

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = {each.name: each for each in machine.packages()}
    assert found["tensorflow"].found is None and not found["tensorflow"].right
    assert found["numpy"].found == "0.1" and not found["numpy"].right
