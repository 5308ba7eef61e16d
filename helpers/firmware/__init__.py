"""Board projects: prepare, patch main.c, build, run."""

from helpers.firmware.projects import START, Project, build, make, make_all, memory_use, patch, prepare, refusal, run

__all__ = ["START", "Project", "build", "make", "make_all", "memory_use", "patch", "prepare", "refusal", "run"]
