"""A widget that has a printed form."""

import base64
from pathlib import Path

import anywidget
from IPython.core.pylabtools import print_figure

from helpers.plots import style


def front_end(name: str) -> tuple[str, str]:
    """(script, style) of the widget in `name`.js and `name`.css, with element.js in front: a widget's script stands alone."""
    folder = Path(__file__).parent
    script = "".join((folder / each).read_text(encoding="utf-8") for each in ("element.js", f"{name}.js"))
    return script, (folder / f"{name}.css").read_text(encoding="utf-8")


class WithPicture:
    """Beside a widget's class: its output also holds a PNG, which is shown wherever there is no front end for widgets."""

    def figure(self):
        """The printed form, a matplotlib figure."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options) -> tuple[dict, dict]:
        """Jupyter's hook: the widget and its picture; a front end shows what comes first in its own order."""
        figure = self.figure()
        style.plt.close(figure)  # shown here, not again at the end of the cell
        found = super()._repr_mimebundle_(**options)
        data, metadata = (
            found if isinstance(found, tuple) else (found, {})
        )  # anywidget gives both, ipywidgets the data alone
        picture = base64.b64encode(print_figure(figure, "png", bbox_inches="tight")).decode()
        return data | {"text/plain": f"<{type(self).__name__}>", "image/png": picture}, metadata


class Printed(WithPicture, anywidget.AnyWidget):
    """An anywidget with a picture."""
