"""Export a bundle as a parcel of sources for other build systems: plain CMake, Zephyr, Arduino."""
