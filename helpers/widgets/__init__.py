"""What can be touched in JupyterLab, each with a figure for where nothing can: printed, on GitHub, run by papermill."""
