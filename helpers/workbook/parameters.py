"""Resolve the parameters of each notebook: defaults, then a named set, then single settings; all checked first."""

import difflib
import json
import tomllib
from pathlib import Path

import jsonschema

from helpers.common.errors import BadParameter
from helpers.workbook.checks import metadata
from helpers.workbook.road import Notebook

SETS = Path(__file__).with_name("parameter_sets.toml")


def named_set(name: str) -> dict:
    """Return the settings of --quick or --full: parameter, or notebook.parameter, to value."""
    return tomllib.loads(SETS.read_text())[name]


def resolve(road: list[Notebook], chosen: dict, settings: list[str]) -> dict[str, dict]:
    """Return the values of all parameters by notebook name.

    road: the notebooks about to run. chosen: a named set; values for other notebooks are ignored.
    settings: texts NAME=VALUE or NOTEBOOK.NAME=VALUE, which take precedence; one that matches no notebook is rejected.
    Raises BadParameter.
    """
    values = {notebook.name: dict(notebook.defaults) for notebook in road}
    for key, value in chosen.items():
        for notebook, name in _holders(road, key):
            values[notebook.name][name] = value
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise BadParameter(f"{setting!r} has no value", remedy=f"write --set {key}=VALUE")
        for notebook, name in _holders(road, key) or _refuse(road, key):
            values[notebook.name][name] = _parse(text, notebook.schema[name])
    for notebook in road:
        check(notebook, values[notebook.name])
    return values


def check(notebook: Notebook, values: dict) -> None:
    """Compare values with the notebook's schema; raises BadParameter with what is allowed."""
    for name, value in values.items():
        schema = notebook.schema.get(name)
        if schema is None:
            raise BadParameter("is assigned but not described in the metadata", where=f"{notebook.name}.{name}")
        validator = jsonschema.Draft202012Validator(schema, format_checker=metadata.checker)
        error = jsonschema.exceptions.best_match(validator.iter_errors(value))
        if error:
            allowed = describe(schema)
            raise BadParameter(f"{error.message}", where=f"{notebook.name}.{name}", remedy=f"give {allowed}")


def describe(schema: dict) -> str:
    """Describe the allowed values in words: `an integer from 1 to 1000 epochs`, `one of shipped, own`."""
    if "enum" in schema or schema.get("format") in metadata.FORMATS:
        allowed = schema["enum"] if "enum" in schema else metadata.FORMATS[schema["format"]]()
        return "one of " + ", ".join(map(str, allowed))
    if schema["type"] == "array":
        return f"a list, with commas, of {describe(schema['items'])}"
    kinds = {"integer": "an integer", "number": "a number", "boolean": "true or false", "string": "a text"}
    low, high = schema.get("minimum"), schema.get("maximum")
    bounds = f" from {low} to {high}" if None not in (low, high) else f" of at least {low}" if low is not None else ""
    return f"{kinds[schema['type']]}{bounds} {schema.get('unit', '')}".strip()


def as_text(value) -> str:
    """Format a value as the text of a setting: the inverse of parsing."""
    if isinstance(value, list):
        return ",".join(map(as_text, value))
    return value if isinstance(value, str) else json.dumps(value)


def _holders(road: list[Notebook], key: str) -> list[tuple[Notebook, str]]:
    """Return the notebooks that `name` or `notebook.name` refers to, each with the parameter's name."""
    place, _, name = key.rpartition(".")
    return [(book, name) for book in road if name in book.schema and place in ("", book.name, book.name[:2])]


def _refuse(road: list[Notebook], key: str):
    """Raise BadParameter for an unknown parameter, and suggest the nearest known one."""
    known = sorted({form for book in road for name in book.schema for form in (name, f"{book.name}.{name}")})
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.4)
    remedy = f"perhaps you mean {near[0]}" if near else "see python -m helpers run --list"
    raise BadParameter("is no parameter of the notebooks to run", where=key, remedy=remedy)


def _parse(text: str, schema: dict):
    """Parse the text of a setting; text that cannot be parsed stays text, which the schema then rejects."""
    if schema["type"] == "string":
        return text
    if schema["type"] == "array":
        return [_parse(item.strip(), schema["items"]) for item in text.split(",") if item.strip()]
    try:
        return json.loads(text.lower())
    except ValueError:
        return text
