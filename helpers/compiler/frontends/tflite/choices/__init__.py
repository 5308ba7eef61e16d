"""TFLite's operators that compare numbers: which is larger, where the largest is, and what is chosen by it."""
