"""Run the road: list the notebooks and their parameters, find stale ones, execute them, write the report."""
