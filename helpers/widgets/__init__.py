"""Interactive widgets for JupyterLab, each with a figure for print, GitHub and papermill."""
