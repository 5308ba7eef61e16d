"""The Cortex-M7's pipeline: what a block costs on an in-order core that issues up to two instructions a cycle.

operations.py says what each instruction needs and gives, issue.py sends them down the pipeline, costs.py turns that into
the cost of a block. The sources are named where their facts are used, and compared in docs/cycles.md.
"""
