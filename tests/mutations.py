"""Faults put into the library one at a time: a test must fail of each.

    python -m tests.mutations [words of a fault]

Each is a fault as it is made: a position counted from the other end, a strand forgotten, a test part looked at. The tests
run on a copy, of which they first have to pass as it is.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIED = ("pyproject.toml", "scripts", "tests", "test-data", "tools")


@dataclass(frozen=True)
class Mutation:
    """A fault: `old` in a module of the library becomes `new`, and a test, `<file>::<name>`, fails."""

    fault: str
    module: str
    old: str
    new: str
    test: str

    @property
    def file(self) -> str:
        return f"scripts/genloom/{self.module}.py"

    @property
    def node(self) -> str:
        """The test as pytest names it."""
        return f"tests/test_{self.test.replace('::', '.py::')}"


MUTATIONS = (
    # coordinates
    Mutation(
        "a midpoint rounded up",
        "formats/bins",
        "(start + end) // 2)\n",
        "(start + end + 1) // 2)\n",
        "bin_peaks::test_binning_agrees_with_a_plain_loop",
    ),
    Mutation(
        "an interval takes the bin after its last base, too",
        "formats/bins",
        "(end - 1) // self.size + 1)",
        "end // self.size + 1)",
        "bin_peaks::test_an_interval_that_ends_with_a_bin_is_not_in_the_next",
    ),
    Mutation(
        "the last base of a region is outside",
        "formats/bins",
        "(position < self._end[region])",
        "(position < self._end[region] - 1)",
        "bin_peaks::test_binning_agrees_with_a_plain_loop",
    ),
    Mutation(
        "bins beyond the end of a region",
        "formats/bins",
        "np.minimum((cell + 1) * self.size, self._end[region])",
        "(cell + 1) * self.size",
        "bin_peaks::test_bins_cover_their_regions_once",
    ),
    Mutation(
        "a region counted from 0",
        "formats/chromosomes",
        "start = int(first) - 1 if colon else 0",
        "start = int(first) if colon else 0",
        "chromosomes::test_regions_are_read_as_samtools_does",
    ),
    Mutation(
        "regions that touch are kept apart",
        "formats/chromosomes",
        "region.start <= merged[-1].end:",
        "region.start < merged[-1].end:",
        "chromosomes::test_regions_that_overlap_or_touch_are_merged_in_order",
    ),
    Mutation(
        "a peak of no base is taken",
        "formats/intervals",
        "end <= start,\n",
        "end < start,\n",
        "intervals::test_a_bad_line_is_named",
    ),
    Mutation(
        "a summit one past the peak is taken",
        "formats/intervals",
        "offset >= end - start,\n",
        "offset > end - start,\n",
        "intervals::test_a_bad_line_is_named",
    ),
    Mutation(
        "a GTF read as if it counted from 0",
        "formats/transcripts",
        "start[row] - 1, end[row], lines[row]",
        "start[row], end[row], lines[row]",
        "transcripts::test_both_formats_tell_the_same_models",
    ),
    Mutation(
        "a GFF3 written as if it counted from 0",
        "formats/tracks",
        "{row['start'] + 1}\\t",
        "{row['start']}\\t",
        "sites::test_bed_and_gff3",
    ),
    Mutation(
        "a run ends before its last base",
        "formats/tracks",
        "at[tails] + 1 + start",
        "at[tails] + start",
        "sites::test_tracks_hold_what_was_put_in",
    ),
    Mutation(
        "a VCF read as if it counted from 0",
        "formats/variants",
        "yield Record(number, chrom, place - 1,",
        "yield Record(number, chrom, place,",
        "score_variants::test_scores_are_those_of_whole_sequences",
    ),
    Mutation(
        "the start site of a gene one base before it",
        "formats/annotation",
        '.then(-pl.col("site") - 1)',
        '.then(-pl.col("site"))',
        "annotation::test_gtf",
    ),
    # strands
    Mutation(
        "a complement that is not reversed",
        "formats/genome",
        "flipped = codes[..., ::-1].copy()",
        "flipped = codes.copy()",
        "genome::test_strands_and_one_hot",
    ),
    Mutation(
        "a reverse that is not complemented",
        "formats/genome",
        "flipped ^= 3  #",
        "flipped ^= 0  #",
        "genome::test_strands_and_one_hot",
    ),
    Mutation(
        "donor and acceptor swapped on one strand",
        "formats/tiles",
        "        if sign < 0:\n            donor, acceptor",
        "        if sign > 0:\n            donor, acceptor",
        "extract_windows::test_tiles_hold_the_sequence_and_the_sites_of_their_strand",
    ),
    Mutation(
        "a site one base off on the minus strand",
        "formats/tiles",
        "position = self.options.window - 1 - position",
        "position = self.options.window - position",
        "extract_windows::test_tiles_hold_the_sequence_and_the_sites_of_their_strand",
    ),
    Mutation(
        "a donor at the first base of its intron",
        "formats/tiles",
        "np.unique(start - 1), np.unique(end)",
        "np.unique(start), np.unique(end)",
        "extract_windows::test_tiles_hold_the_sequence_and_the_sites_of_their_strand",
    ),
    Mutation(
        "a minus start site at the end of its interval",
        "formats/promoters",
        'start + shift if strand == "+" else end - 1 - shift',
        'start + shift if strand == "+" else end - shift',
        "extract_windows::test_promoters_from_a_bed",
    ),
    Mutation(
        "a promoter of the minus strand one base off",
        "formats/promoters",
        "else options.downstream - 1)",
        "else options.downstream)",
        "extract_windows::test_promoters_from_a_bed",
    ),
    Mutation(
        "up- and downstream swapped on the minus strand",
        "learning/chromatin",
        "np.where(plus[here], left, right)",
        "np.where(plus[here], left, left)",
        "gene_centred::test_neighbourhoods_equal_the_naive_count",
    ),
    Mutation(
        "a variant's place on the minus strand",
        "models/deltas",
        "2 * half - at - removed",
        "2 * half - at - 1",
        "score_variants::test_scores_are_those_of_whole_sequences",
    ),
    Mutation(
        "an insertion takes the mean of its bases",
        "models/deltas",
        "distance + inserted].max(0, keepdims=True)",
        "distance + inserted].mean(0, keepdims=True)",
        "score_variants::test_scores_are_those_of_whole_sequences",
    ),
    # splits
    Mutation(
        "groups parted by k-fold",
        "learning/splits",
        "        kind = GroupKFold if units.classes is None else StratifiedGroupKFold",
        "        kind = KFold if units.classes is None else StratifiedKFold",
        "split_samples::test_groups_stay_together_in_repeats_validation_and_inner_folds",
    ),
    Mutation(
        "inner folds of the test part",
        "learning/splits",
        '        trained = units.take(np.flatnonzero(label == "train"))',
        '        trained = units.take(np.flatnonzero(label != "validation"))',
        "split_samples::test_groups_stay_together_in_repeats_validation_and_inner_folds",
    ),
    Mutation(
        "validation drawn from all",
        "learning/splits",
        'rest = np.flatnonzero(label == "train")',
        "rest = np.arange(len(label))",
        "split_samples::test_groups_stay_together_in_repeats_validation_and_inner_folds",
    ),
    Mutation(
        "windows that overlap in two blocks",
        "learning/splits",
        "spans[1:, 0] >= reach[:-1]",
        "spans[1:, 0] >= spans[:-1, 0]",
        "split_windows::test_blocks_part_no_gene_and_no_place",
    ),
    Mutation(
        "a group in two parts is taken",
        "formats/split",
        "if group and part_of.setdefault(group, part) != part:",
        "if group and part_of.setdefault(group, part) == '':",
        "split_samples::test_a_broken_split_is_refused",
    ),
    Mutation(
        "models fitted on the test part, too",
        "learning/expression",
        '    rows = data.rows(fold.part("train", "validation"))\n    group_of',
        '    rows = data.rows(fold.part("train", "validation", "test"))\n    group_of',
        "train_predict::test_held_out_samples_are_judged_beside_baselines",
    ),
    Mutation(
        "features scaled by all parts",
        "learning/promoters",
        'activity.columns(windows, names)[rows["train"]])',
        "activity.columns(windows, names))",
        "promoters::test_the_model_file_tells_how_it_was_made",
    ),
    # metrics
    Mutation(
        "p of a permutation without the true one",
        "learning/metrics",
        "return float((1 + np.sum(",
        "return float((np.sum(",
        "metrics::test_permutation_p",
    ),
    Mutation(
        "a permutation that equals the true score does not count",
        "learning/metrics",
        "~(np.nan_to_num(permuted) < true)",
        "(np.nan_to_num(permuted) > true)",
        "metrics::test_permutation_p",
    ),
    Mutation(
        "the bootstrap draws samples, not groups",
        "learning/metrics",
        '[("group", g) if g else ("sample", s)',
        '[("sample", s) if g else ("sample", s)',
        "metrics::test_groups_are_drawn_whole",
    ),
    Mutation(
        "repeats of a sample weigh as samples",
        "learning/metrics",
        "weight = 1.0 / times[cell]",
        "weight = np.ones(len(cell))",
        "metrics::test_repeated_folds_average_errors_and_count_a_sample_once",
    ),
    Mutation(
        "an interval of 90%",
        "learning/metrics",
        "LEVELS = (2.5, 97.5)",
        "LEVELS = (5, 95)",
        "metrics::test_bootstrap_equals_drawing_the_samples_again",
    ),
    Mutation(
        "ties count for the area under the ROC curve",
        "learning/classification",
        "np.cumsum(negative, axis=1) - negative / 2",
        "np.cumsum(negative, axis=1)",
        "classes::test_measures_are_scikit_learn_s",
    ),
    Mutation(
        "accuracy in place of balanced accuracy",
        "learning/classification",
        "np.nanmean(right / observed, axis=-1)",
        "right.sum(-1) / total",
        "classes::test_classes_count_alike_however_many_samples_they_have",
    ),
    Mutation(
        "ties of scores broken by chance",
        "learning/sites",
        "ends = np.flatnonzero(np.diff(c.score[:count], append=-1.0))",
        "ends = np.arange(count)",
        "sites::test_measures_agree_with_scikit_learn",
    ),
    Mutation(
        "the bootstrap draws windows, not genes",
        "learning/sites",
        "unit[rows] = np.unique(units([genes[row] for row in rows.tolist()]), return_inverse=True)[1]",
        "unit[rows] = np.arange(len(rows))",
        "sites::test_intervals_hold_the_value_and_grow_with_what_genes_share",
    ),
    Mutation(
        "the error of calibration not weighed by its bins",
        "learning/calibration",
        "np.abs(predicted - observed).sum(-1) / count.sum(-1)",
        "np.nanmean(np.abs(predicted - observed) / count, axis=-1)",
        "plot_boundaries::test_bins_are_plain_shares",
    ),
    # normalisation, audit, studies
    Mutation(
        "depth scaled by the number of bins",
        "formats/bins",
        "row *= 1e6 / (total or 1)",
        "row *= 1e6 / len(row)",
        "bin_peaks::test_depth_makes_samples_of_unequal_depth_equal",
    ),
    Mutation(
        "ties of quantiles at their highest rank",
        "formats/bins",
        "np.cumsum(count) - count / 2",
        "np.cumsum(count) - 0.5",
        "bin_peaks::test_quantile_gives_samples_one_distribution_and_keeps_order",
    ),
    Mutation(
        "ranks from the weakest bin",
        "learning/chromatin",
        "rankdata(-values[filled])",
        "rankdata(values[filled])",
        "gene_centred::test_levels_depend_on_the_order_alone",
    ),
    Mutation(
        "equal samples of one part reported",
        "learning/audit",
        "part_of[a] != part_of[b]",
        "part_of[a] == part_of[b]",
        "audit::test_each_leak_between_samples_is_found_alone",
    ),
    Mutation(
        "scaling by n - 1 not seen",
        "learning/audit",
        "np.sqrt(count / (count - 1))",
        "np.sqrt(count / count)",
        "audit::test_each_leak_between_samples_is_found_alone",
    ),
    Mutation(
        "the deviation of folds by n",
        "learning/study",
        "np.std(scores, ddof=1)",
        "np.std(scores)",
        "tune_model::test_the_table_of_trials_tells_their_spread_over_the_folds",
    ),
)


def mutated(source: str, mutation: Mutation) -> str:
    """The text of a file with the fault in it."""
    if (times := source.count(mutation.old)) != 1:
        raise SystemExit(f"{mutation.fault}: {mutation.file} holds {mutation.old!r} {times} times: name the spot anew")
    return source.replace(mutation.old, mutation.new)


def copied(folder: Path) -> None:
    """Copy what the tests run on."""
    for name in COPIED:
        place = ROOT / name
        if place.is_dir():
            shutil.copytree(place, folder / name, ignore=shutil.ignore_patterns("__pycache__", "galaxy", "slurm"))
        else:
            shutil.copy(place, folder / name)


def pytest_configure() -> None:
    """Of the runs below, which load this as a plugin: an example that fails is not made smaller, which takes long."""
    from hypothesis import Phase, settings

    settings.register_profile(
        "one", deadline=None, database=None, derandomize=True, phases=(Phase.explicit, Phase.generate)
    )
    settings.load_profile("one")


def tests_pass(folder: Path, *tests: str) -> bool:
    """Run tests of a copy up to the first that fails."""
    words = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "tests.mutations", *tests]
    path = os.pathsep.join([str(folder / "scripts"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):  # neither passed nor failed: no test was run as it should
        raise SystemExit(f"pytest ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="of the faults to try; all without any")
    words = parser.parse_args().words
    chosen = [each for each in MUTATIONS if not words or any(word in each.fault for word in words)]
    survived = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copied(folder)
        if not tests_pass(folder, *dict.fromkeys(each.node for each in chosen)):
            raise SystemExit("tests fail without any fault: mend that first")
        for each in chosen:
            path, began = folder / each.file, time.monotonic()
            source = path.read_text()
            path.write_text(mutated(source, each))
            caught = not tests_pass(folder, each.node)
            path.write_text(source)
            survived += not caught
            took = time.monotonic() - began
            print(f"{'caught' if caught else 'SURVIVED'} in {took:.0f} s: {each.fault} ({each.file})", flush=True)
    print(f"{len(chosen)} faults, {survived} not caught")
    raise SystemExit(survived > 0)


if __name__ == "__main__":
    main()
