"""A base class for widgets with a printed form."""

import base64
from pathlib import Path

import anywidget
from IPython.core.pylabtools import print_figure

from helpers.plots import style


def front_end(name: str) -> tuple[str, str]:
    """Return (script, style) from `name`.js and `name`.css; element.js is prepended, as a widget's script must be one file."""
    folder = Path(__file__).parent
    script = "".join((folder / each).read_text(encoding="utf-8") for each in ("element.js", f"{name}.js"))
    return script, (folder / f"{name}.css").read_text(encoding="utf-8")


class WithPicture:
    """A mixin for widgets: the output also holds a PNG, which is shown where there is no front end for widgets."""

    def figure(self):
        """Draw the printed form, a matplotlib figure."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options) -> tuple[dict, dict]:
        """Jupyter's hook: the widget and its picture; a front end shows what comes first in its own order."""
        figure = self.figure()
        style.plt.close(figure)  # shown here, not again at the end of the cell
        found = super()._repr_mimebundle_(**options)
        # Anywidget gives both, ipywidgets the data alone.
        data, metadata = found if isinstance(found, tuple) else (found, {})
        picture = base64.b64encode(print_figure(figure, "png", bbox_inches="tight")).decode()
        return data | {"text/plain": f"<{type(self).__name__}>", "image/png": picture}, metadata


class Printed(WithPicture, anywidget.AnyWidget):
    """An anywidget with a picture."""
