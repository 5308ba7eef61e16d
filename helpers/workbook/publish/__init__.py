"""The course as a book, as slides, as clean twins, and the report of a run."""
