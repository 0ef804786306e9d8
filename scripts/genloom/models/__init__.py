"""Models. They know arrays and tensors, never files."""
