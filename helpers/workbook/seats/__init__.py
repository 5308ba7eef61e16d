"""The seats of a workshop: JupyterLab over copies of the notebooks, memory and disk per seat, many seats at once."""
