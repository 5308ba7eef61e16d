"""The commands image-classifier, model-profiler and model-compiler."""
