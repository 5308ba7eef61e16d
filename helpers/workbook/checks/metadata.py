"""Check the metadata `workbook` of a notebook when it is read, so that later code can rely on it."""

import jsonschema

from helpers.hardware import boards

NAMES = {"type": "array", "items": {"type": "string", "minLength": 1}}
PARAMETER = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {"enum": ["integer", "number", "boolean", "string", "array"]},
        "enum": {"type": "array", "minItems": 1},
        "items": {"$ref": "#/$defs/parameter"},
        "help": {"type": "string"},
        "unit": {"type": "string"},
    },
    "if": {"properties": {"type": {"const": "array"}}},
    "then": {"required": ["items"]},
}
WORKBOOK = {
    "$defs": {"parameter": PARAMETER},
    "type": "object",
    "required": ["section", "minutes", "reads", "writes", "parameters"],
    "properties": {
        "section": {"type": "string"},
        "minutes": {
            "type": "object",
            "required": ["quick", "full"],
            "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
        },
        "needs_tensorflow": {"type": "boolean"},
        "scales_with": {"type": "string"},
        "reads": NAMES,
        "writes": NAMES,
        "may_write": NAMES,
        "parameters": {"type": "object", "additionalProperties": {"$ref": "#/$defs/parameter"}},
    },
}
# The word `format` of a parameter's schema: which boards it may name.
FORMATS = {
    "board": lambda: boards.all_boards(),
    "Cortex-M0 board": lambda: [name for name in boards.all_boards() if boards.load(name).core != "cortex-m7"],
}
checker = jsonschema.FormatChecker(formats=())
for word, names in FORMATS.items():
    checker.checks(word)(lambda value, names=names: value in names())


def fault(described) -> str | None:
    """Return the first problem of a notebook's metadata `workbook` in words; None if there is none."""
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(WORKBOOK).iter_errors(described))
    if error:
        place = ".".join(map(str, error.absolute_path))
        return f"its metadata `workbook` is wrong{f' at {place}' if place else ''}: {error.message}"
    for name, schema in described["parameters"].items():
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as broken:
            return f"its parameter {name} is described wrongly: {broken.message}"
    return None
