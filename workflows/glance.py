"""The table of the project's README: of each workflow one figure or two from its results.json, beside what it has to beat."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "benchmarks"))

import publish  # noqa: E402

# workflow, what was asked, measure, name of the figure, what stands beside it, name of that figure or the figure itself
ROWS = (
    (
        "numerals-tutorial",
        "written numerals",
        "accuracy",
        "digits.accuracy",
        "logistic regression",
        "digits.accuracy.logistic",
    ),
    (
        "atac-to-expression",
        "expression in blood populations of a lineage never seen",
        "skill",
        "blood.lineage.skill",
        "kernel ridge",
        "blood.lineage.skill.kernel-ridge",
    ),
    (
        "splice-boundaries",
        "introns of a chromosome of *P. falciparum* never seen",
        "F1",
        "pfalciparum.heldout.f1",
        "weight matrices",
        "pfalciparum.heldout.f1.weight matrices",
    ),
    (
        "variant-splicing",
        "splice sites of human genes, by SpliceAI's weights",
        "top-k",
        "spliceai.human.topk",
        "published",
        "0.95",
    ),
    (
        "promoter-expression",
        "codon adaptation of yeast genes, from promoters of chromosomes never seen",
        "r²",
        "yeast.codon_adaptation.chromosome_split.r2",
        "counts of words",
        "yeast.codon_adaptation.chromosome_split.r2.kmers",
    ),
    (
        "promoter-prediction",
        "expression of human genes, by Xpresso's weights",
        "r²",
        "xpresso.observed.r2",
        "all genes, as published",
        "xpresso.observed.r2.published.all",
    ),
    (
        "sample-classification",
        "four types of leukemia",
        "balanced accuracy",
        "all.types.balanced_accuracy",
        "logistic regression",
        "all.types.balanced_accuracy.logistic",
    ),
    (
        "landmark-inference",
        "9,520 genes from 943, samples never seen",
        "mean absolute error",
        "random.mae",
        "linear regression",
        "random.mae_linear",
    ),
    (
        "landmark-inference",
        "the same, a study never seen",
        "mean absolute error",
        "across.mae",
        "linear regression",
        "across.mae_linear",
    ),
    (
        "tune-and-judge",
        "settings of a feeder for *P. falciparum*, chosen by 20 trials",
        "PR-AUC",
        "test.tuned",
        "set by hand",
        "test.default",
    ),
)


def render() -> dict[Path, str]:
    """The README with the table of all results.json: path → text."""
    readme = HERE.parent / "README.md"
    rows = []
    for workflow, question, measure, name, beside, other in ROWS:
        results = publish.read(HERE / workflow / "results.json")
        peer = publish.cell(results[other]) if other in results else other
        rows.append([f"[{question}](workflows/{workflow})", measure, publish.cell(results[name]), f"{beside} {peer}"])
    return {
        readme: publish.insert(readme, {"glance": publish.table(["asked", "measure", "genloom", "beside it"], rows)})
    }


if __name__ == "__main__":
    for path, text in render().items():
        path.write_text(text)
