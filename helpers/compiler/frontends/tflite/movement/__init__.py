"""TFLite operators that only move data."""
