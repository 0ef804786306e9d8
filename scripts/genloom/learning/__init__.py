"""Tasks, splits, training and metrics: where data and models meet."""
