"""Run in a process of its own: which notebooks import TensorFlow, and 04 and 05 as cells, where it cannot be imported.

Prints JSON: `refused`, the error of each notebook whose imports need a package that is missing; `ran`, the names of 04 and 05.
"""

import ast
import json
import sys

LEFT_OUT = (
    "tensorflow", "keras", "tf_keras", "tensorflow_model_optimization", "tf2onnx", "onnxmltools", "pandas", "scipy",
    "sklearn", "sphinx", "docutils", "myst_nb", "distributed", "dask", "pytest", "playwright",
)  # fmt: skip
sys.modules.update(dict.fromkeys(LEFT_OUT))  # None: an import raises ModuleNotFoundError

from helpers.common.errors import MissingPackage  # noqa: E402
from helpers.workbook import road  # noqa: E402


def imports(book) -> str:
    trees = [ast.parse(cell.source) for cell in book.code_cells]
    return "\n".join(
        ast.unparse(n) for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)
    )


def refusal(book) -> str | None:
    try:
        exec(imports(book), {})
    except MissingPackage as error:
        return str(error)
    return None


def run(book) -> str:
    names: dict = {}
    for cell in book.code_cells:
        exec(compile(cell.source, book.name, "exec"), names)
    return book.name


if __name__ == "__main__":
    sys.argv[0] = "a notebook"
    books = road.discover()
    refused = {book.name: message for book in books if (message := refusal(book))}
    ran = [run(book) for book in books if book.name[:2] in ("04", "05")]
    print(json.dumps({"refused": refused, "ran": ran}))
