"""One file per operator: import, shape, references in numpy, C.

Importing this package imports all of them, so that every kind of node and its attributes are known.
"""

from helpers.compiler.operators.base import registry

registry.load_all()
