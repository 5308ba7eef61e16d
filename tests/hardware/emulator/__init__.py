"""Tests of helpers/emulator."""
