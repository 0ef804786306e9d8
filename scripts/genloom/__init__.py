"""genloom: train, judge and use models on peaks, expression tables and genomes."""

__version__ = "0.1.0"
