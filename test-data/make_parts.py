#!/usr/bin/env python3
"""Make the folder `parts` beside this file, what jobs make of parts of a whole, and the VCF of many variants that is divided."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from pathlib import Path

DATA = Path(__file__).resolve().parent
SCRIPTS = DATA.parent / "scripts"
PARTS, SEQUENCE, STEPS = DATA / "parts", DATA / "sequence", DATA / "steps"
REGION = ["--region", "chr3:1-3000", "chr4:1-3000"]


def run(script: str, *arguments: object) -> None:
    subprocess.run([sys.executable, SCRIPTS / f"{script}.py", *map(str, arguments)], check=True)


def variants(count: int) -> str:
    """Substitutions and deletions of the planted genome, chromosome by chromosome."""
    chance, chroms = random.Random(1), {}
    for record in (SEQUENCE / "genome.fa").read_text().split(">")[1:]:
        head, *lines = record.split("\n")
        chroms[head.split()[0]] = "".join(lines).upper()
    rows = []
    for number, (chrom, letters) in enumerate(chroms.items()):
        places = sorted(chance.sample(range(200, len(letters) - 200), count // 4 + (number < count % 4)))
        for at in places:
            reference = letters[at : at + chance.choice((1, 1, 3))]
            change = reference[0] if len(reference) > 1 else chance.choice([b for b in "ACGT" if b != reference])
            rows.append(f"{chrom}\t{at + 1}\t.\t{reference}\t{change}\t.\tPASS\t.")
    return "\n".join(["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO", *rows]) + "\n"


def main() -> None:
    PARTS.mkdir(exist_ok=True)
    (SEQUENCE / "many.vcf").write_text(variants(250))
    genome = ["--genome", SEQUENCE / "genome.fa"]
    model = ["--model", STEPS / "boundaries.safetensors"]
    for name in ("A1", "B1"):
        words = ["--peaks", DATA / "peaks" / f"{name}.narrowPeak", "--names", name, "--whole", "A1", "B1"]
        words += ["--sizes", DATA / "genome.sizes", "--bin-size", 2000, "--region", "chr1"]
        run("bin_peaks", *words, "--output", PARTS / f"bins_{name}.h5ad")
    run("split_genome", "--sizes", SEQUENCE / "genome.fa", *REGION, "--parts", 2, "--output", PARTS)
    run("split_plan", "--plan", DATA / "plans" / "content.yml", "--output", PARTS)
    for number in (1, 2):
        words = [*model, *genome, *REGION, "--part", PARTS / f"part_{number}.bed"]
        run("predict_model", *words, "--found", PARTS / f"found_{number}.h5")
    with tempfile.TemporaryDirectory() as folder:
        run("split_genome", "--sizes", SEQUENCE / "genome.fa", "--parts", 2, "--output", folder)
        run("split_variants", "--variants", SEQUENCE / "many.vcf", "--parts", 2, "--output", folder)
        for number in (1, 2):
            words = ["--annotation", SEQUENCE / "genes.gtf", "--window", 250, "--context", 0, "--compress"]
            words += ["--part", Path(folder, f"part_{number}.bed"), "--output", PARTS / f"windows_{number}.h5"]
            run("extract_windows", *genome, *words)
            words = ["--annotation", SEQUENCE / "genes.gtf", "--variants", Path(folder, f"part_{number}.vcf")]
            words += ["--output", PARTS / f"variants_{number}.vcf", "--table", PARTS / f"scores_{number}.tsv"]
            run("score_variants", *model, *genome, *words)


if __name__ == "__main__":
    main()
