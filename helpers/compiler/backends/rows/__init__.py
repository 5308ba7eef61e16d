"""The form with little RAM and fast kernels: kernels of thumb/ that follow each other hand over rows, not whole values."""
