"""Ground floor: errors, build paths and atomic files, named arrays, links, checks of this machine."""
