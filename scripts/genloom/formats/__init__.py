"""Readers and writers. They know files, never models."""
