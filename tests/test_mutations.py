"""The faults of `make mutations` are those of the library as it is."""

from __future__ import annotations

import ast

import pytest

from .mutations import MUTATIONS, ROOT, mutated


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.fault)
def test_each_fault_has_its_spot_and_its_tests(mutation):
    source = (ROOT / mutation.file).read_text()
    ast.parse(mutated(source, mutation))  # a fault, not a slip of the pen
    assert mutation.old != mutation.new
    file, _, name = mutation.node.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text()


def test_there_are_enough_faults_and_none_twice():
    assert len(MUTATIONS) >= 20
    assert len({mutation.fault for mutation in MUTATIONS}) == len(MUTATIONS)
