"""What a seat of a workshop has and needs: JupyterLab over copies of the notebooks, memory, disk, many seats at once."""
