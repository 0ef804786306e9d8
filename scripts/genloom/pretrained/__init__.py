"""Published weights, read without their authors' software and without running anything that a file may hold."""
