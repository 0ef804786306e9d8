#!/usr/bin/env python3
"""assemble_expression beside pandas, beside reading its files, and beside polars parsing them.

Generates RSEM tables as of one run: the same genes in each, with their transcripts, lengths, counts, TPM and FPKM. The
values that pandas brings together are compared with those of assemble_expression.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import measure

COMMAND = "make benchmarks"
SCRIPT = Path(__file__).parents[1] / "scripts" / "assemble_expression.py"
CONCAT = """
import sys
import pandas as pd
tables = [pd.read_csv(path, sep="\\t", index_col="gene_id")["TPM"].rename(path) for path in sys.argv[2:]]
pd.concat(tables, axis=1).T.to_pickle(sys.argv[1])
"""
USECOLS = CONCAT.replace('index_col="gene_id"', 'index_col="gene_id", usecols=["gene_id", "TPM"]')
PARSE = """
import sys
from polars import Float64, String, read_csv
schema = {f"column_{i}": Float64 if i == 5 else String for i in range(7)}
for path in sys.argv[1:]:
    read_csv(path, separator="\\t", has_header=False, skip_lines=1, schema=schema, columns=["column_0", "column_5"])
"""


def generate(folder: Path, samples: int, rows: int) -> None:
    """Write the tables."""
    import numpy as np
    import polars as pl

    rng = np.random.default_rng(1)
    genes = [f"ENSG{gene:011d}.{gene % 20}" for gene in range(rows)]
    transcripts = [
        ",".join(f"ENST{gene * 10 + i:011d}.{i}" for i in range(n))
        for gene, n in enumerate(1 + rng.geometric(0.3, rows).clip(max=9))
    ]
    length = rng.integers(200, 8000, rows)
    level = rng.lognormal(0, 2.5, rows) * (rng.random(rows) < 0.6)  # many genes are off
    for sample in range(samples):
        count = rng.poisson(level * rng.lognormal(0, 0.7, rows) * length / 100).astype(float)
        effective = length - 149.5 + rng.random()
        rate = count / effective
        pl.DataFrame(
            {
                "gene_id": genes,
                "transcript_id(s)": transcripts,
                "length": length.astype(float),
                "effective_length": effective,
                "expected_count": count,
                "TPM": rate / rate.sum() * 1e6,
                "FPKM": rate / count.sum() * 1e9,
            }
        ).write_csv(folder / f"sample_{sample}.genes.results", separator="\t", float_precision=2)


def same_answer(output: Path, concat: Path) -> None:
    """Assert that the values are those of pandas."""
    sys.path.insert(0, str(SCRIPT.parent))
    import numpy as np
    import pandas as pd

    from genloom.formats import matrix

    data, table = matrix.read(output, "genes"), pd.read_pickle(concat)
    assert [id.partition(".")[0] for id in table.columns] == data.var_names.to_list()
    np.testing.assert_array_equal(data.X, table.to_numpy(np.float32))
    print(f"pandas has the same {data.n_obs} x {data.n_vars} values")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--rows", type=int, default=60_000, help="genes in each table")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the generated files here, and use those that are here")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        files = [folder / f"sample_{sample}.genes.results" for sample in range(args.samples)]
        if not files[-1].exists():
            generate(folder, args.samples, args.rows)
        output, concat = folder / "genes.h5ad", folder / "genes.pickle"
        costs = measure.interleave(
            {
                "cat": ["cat", *files],
                "polars": ["env", "POLARS_MAX_THREADS=1", sys.executable, "-c", PARSE, *files],
                "assemble_expression": [sys.executable, SCRIPT, "--tables", *files, "--output", output],
                "pandas, two columns": [sys.executable, "-c", USECOLS, concat, *files],
                "pandas concat": [sys.executable, "-c", CONCAT, concat, *files],
            },
            args.rounds,
        )
        same_answer(output, concat)
    ours = costs["assemble_expression"]
    measure.record(
        [
            measure.ratio("assemble_expression.vs.pandas_concat", costs["pandas concat"], ours, COMMAND),
            measure.ratio("assemble_expression.vs.pandas_usecols", costs["pandas, two columns"], ours, COMMAND),
            measure.ratio("assemble_expression.vs.polars_parse", costs["polars"], ours, COMMAND),
            measure.ratio("assemble_expression.of_limit", ours, costs["cat"], COMMAND),
            measure.entry("assemble_expression.peak_mb", [cost.megabytes for cost in ours], "MB", COMMAND),
        ]
    )


if __name__ == "__main__":
    main()
