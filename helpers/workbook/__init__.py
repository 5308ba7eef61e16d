"""Runs the road: which notebooks there are, their parameters, what is fresh, one execution, the report."""
