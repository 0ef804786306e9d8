"""explain_model --variants: planted changes of sites and motifs are found; scores are those of whole sequences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import explain_model
from genloom import console
from genloom.formats import modelfile
from genloom.formats.genome import Genome, encode, reverse_complement
from genloom.formats.windows import Windows
from genloom.learning import activity, altered, boundaries
from genloom.learning.attribution import Options

from .test_explain_model import shuffled

STEPS = Path(__file__).parents[1] / "test-data" / "steps"
SEQUENCE, PROMOTERS = STEPS.parent / "sequence", STEPS.parent / "promoters"
SITES = ("--model", STEPS / "boundaries.safetensors", "--genome", SEQUENCE / "genome.fa")
ACTIVITY = ("--model", STEPS / "promoters.safetensors", "--windows", STEPS / "promoters.h5")
GENOME = ("--genome", PROMOTERS / "genome.fa")
VCF, IN_PROMOTERS = SEQUENCE / "variants.vcf", PROMOTERS / "variants.vcf"
HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def explain(*words: object) -> int:
    return console.run(explain_model.build_parser, explain_model.main, list(map(str, words)))


def told(folder: Path, *words: object) -> pl.DataFrame:
    assert explain(*words, "--variant-table", folder / "v.tsv") == 0
    return pl.read_csv(folder / "v.tsv", separator="\t", infer_schema_length=None)


def vcf(path: Path, *records: tuple[str, int, str, str]) -> Path:
    lines = [f"{chrom}\t{at}\t.\t{ref}\t{alt}\t.\t.\t.\n" for chrom, at, ref, alt in records]
    path.write_text(HEADER + "".join(lines))
    return path


@pytest.fixture(scope="module")
def sites(tmp_path_factory) -> Path:
    """The variants of the made-up genome, explained."""
    folder = tmp_path_factory.mktemp("sites")
    names = {"attributions": "a.tsv", "track": "t.bg", "logos": "l.svg", "report": "r.html"}
    words = [word for name, path in names.items() for word in (f"--{name}", folder / path)]
    told(folder, *SITES, "--variants", VCF, "--reach", 30, *words)
    return folder


@pytest.fixture(scope="module")
def promoters(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("promoters")
    told(folder, *ACTIVITY, *GENOME, "--variants", IN_PROMOTERS, "--reach", 15, "--attributions", folder / "a.tsv")
    return folder


def read(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, separator="\t", infer_schema_length=None)


def test_a_variant_is_explained_at_the_site_it_changes_most_or_says_why_not(sites):
    table = read(sites / "v.tsv")
    rows = {(row["id"], row["alt"]): row for row in table.iter_rows(named=True)}
    lost = rows["chr1g3", "T"]  # the G before an exon: its acceptor is gone
    assert lost["target"] == "acceptor chr1:1632:+" and lost["delta"] < -3 and lost["probability"] < -0.5
    assert rows["chr1g6", "G"]["target"].startswith("acceptor ") and rows["chr1g6", "G"]["delta"] < -10
    assert rows["chr2g3", "<DEL>"]["reason"] == "symbolic allele" and rows["chr2g3", "<DEL>"]["delta"] is None
    assert rows["chr1g1", "*"]["reason"] == "spanning deletion"
    assert rows["chr3g5", "T"]["reason"] == "reference differs from the FASTA"
    assert rows["chr2g5", "TT"]["reason"] == "several bases replaced by several"
    assert len(rows) == len(table) == 17


def test_probabilities_are_those_of_the_scores(sites):
    """Where no base is added or removed the site is the same base in both."""
    table = read(sites / "v.tsv").filter(pl.col("delta").is_not_null(), pl.col("ref").str.len_chars() == 1)
    table = table.filter(pl.col("alt").str.len_chars() == 1)
    share = [1 / (1 + np.exp(-table[name].to_numpy())) for name in ("alternate", "reference")]
    assert len(table) >= 6
    np.testing.assert_allclose(share[0] - share[1], table["probability"], atol=2e-4)


def test_reference_and_alternate_are_side_by_side_and_the_change_is_where_the_base_is(sites):
    frame = read(sites / "a.tsv")
    own = {
        side: frame.filter(pl.col("window") == f"chr1:1632:G>T {side}").sort("start")
        for side in ("reference", "alternate")
    }
    before, after = (own[side]["base"].to_list() for side in own)
    other = [
        at
        for at, (one, two) in zip(own["reference"]["start"], zip(before, after, strict=True), strict=True)
        if one != two
    ]
    assert other == [1631]
    here = own["reference"].filter(pl.col("start") == 1631)
    assert here["attribution"][0] > 3 and own["alternate"].filter(pl.col("start") == 1631)["attribution"][0] < 0
    changed = own["reference"].filter(pl.col("start") == 1631)["change_T"][0]
    table = read(sites / "v.tsv").filter(pl.col("id") == "chr1g3")
    assert changed == pytest.approx(table["delta"][0], abs=1e-3)  # mutagenesis knew


def test_tracks_and_page(sites):
    lines = (sites / "t.bg").read_text().splitlines()
    assert lines[0] == 'track type=bedGraph name="reference"' and 'track type=bedGraph name="alternate"' in lines
    assert all(len(line.split("\t")) == 4 for line in lines if not line.startswith("track"))
    page = (sites / "r.html").read_text()
    for said in ("chr1:3776:GCTG&gt;G reference", "symbolic allele", "--variants variants.vcf"):
        assert said in page, said
    assert "<script" not in page and str(sites) not in page
    assert "<svg" in (sites / "l.svg").read_text()


def test_an_alternate_sequence_is_the_genome_with_the_allele_in_it(tmp_path):
    """Insertions and deletions on both strands: the scores are those of sequences put together by hand."""
    with Genome(SEQUENCE / "genome.fa") as genome:
        text = "".join("ACGTN"[code] for code in genome.fetch("chr1"))
        card, arrays = modelfile.read(STEPS / "boundaries.safetensors")
        model = boundaries.restore(card, arrays, "model")
        half = model.context // 2
        cases = [("chr1", 1632, text[1631], text[1631] + "ACGTA"), ("chr1", 3770, text[3769:3776], text[3769])]
        path = vcf(tmp_path / "v.vcf", *cases)
        options = Options("mutagenesis", "", "strongest", 20, 5, 12, 1)
        from genloom.formats.variants import Variants

        for each in altered.of_sites(Variants(path), genome, model, card, options):
            edited = text[: each.record.position] + each.alt + text[each.record.position + len(each.record.ref) :]
            place = each.alternate
            read_ = "".join("ACGTN"[code] for code in place.codes)
            letters = edited if place.strand == "+" else flipped(edited)
            assert read_ in letters
            inside = np.flatnonzero(np.isin(place.places, np.arange(len(text))))
            assert len(inside) == 2 * half + 1
            old = text if place.strand == "+" else text.translate(str.maketrans("ACGT", "TGCA"))
            same = np.array([old[at] for at in place.places]) == np.array(list(read_))
            assert same.mean() > 0.95  # all but inserted bases lie where they are in the genome


def flipped(letters: str) -> str:
    return "".join("ACGTN"[code] for code in reverse_complement(encode(letters)))


def test_motifs_near_start_sites_matter_and_those_far_off_do_not(promoters):
    table = read(promoters / "v.tsv")
    sizes = {
        kind: table.filter(pl.col("id").str.starts_with(kind))["delta"].to_numpy()
        for kind in ("new", "near", "gone", "far")
    }
    assert (sizes["new"] > 0.1).all() and (sizes["near"] < -0.1).all() and (sizes["gone"] < -0.1).all()
    assert np.abs(sizes["far"]).max() < 0.06
    reasons = dict(zip(table["id"], table["reason"], strict=True))
    assert reasons["symbolic"] == "symbolic allele" and reasons["other"] == "reference differs from the FASTA"
    assert (
        reasons["outside"] == "in no promoter of the windows" and reasons["unplaced"] == "chromosome not in the FASTA"
    )


def test_the_start_site_stays_while_a_variant_moves_what_lies_beyond(promoters, tmp_path):
    """Both strands and both sides: the bases between variant and start site, and beyond it, are where they were."""
    from genloom.formats.variants import Variants

    card, arrays = modelfile.read(STEPS / "promoters.safetensors")
    model = activity.restore(card, arrays, "model")
    options = Options("gradient", "", "strongest", 20, 99, 12, 1)
    with Genome(PROMOTERS / "genome.fa") as genome, Windows(STEPS / "promoters.h5", activity.KIND) as windows:
        text = "".join("ACGTN"[code] for code in genome.fetch("chr1"))
        cases = []
        for row in (0, 3):  # + and -
            start, stop = int(windows.table["start"][row]), int(windows.table["end"][row])
            for at in (start + 60, stop - 50):
                cases += [
                    ("chr1", at, text[at - 1], text[at - 1] + "ACGTACG"),
                    ("chr1", at, text[at - 1 : at + 6], text[at - 1]),
                ]
                cases.append(("chr1", at, text[at - 1], text[at - 1] + "ACGT" * 150))  # longer than what lies beyond
        facts = model.scaling.scaled(activity.columns(windows, model.scaling.names)) if model.scaling.names else None
        found = altered.of_promoters(
            Variants(vcf(tmp_path / "v.vcf", *cases)), genome, windows, np.array([0, 3]), model, facts, options
        )
        assert len(found) == 12 and not any(each.reason for each in found)
        for each in found:
            before, after = each.reference, each.alternate
            assert len(before.codes) == len(after.codes) == windows.window
            site = before.centre
            if len(each.alt) < 600:
                assert before.codes[site] == after.codes[site] and before.places[site] == after.places[site]
            kept = slice(site, None) if before.focus < site else slice(None, site)
            assert (before.codes[kept] == after.codes[kept]).all()
            edited = text[: each.record.position] + each.alt + text[each.record.position + len(each.record.ref) :]
            letters = edited if before.strand == "+" else flipped(edited)
            assert "".join("ACGTN"[code] for code in after.codes) in letters


def test_shuffled_weights_see_no_motif_in_variants(tmp_path):
    model = shuffled(STEPS / "promoters.safetensors", tmp_path / "m.safetensors")
    words = ("--model", model, *ACTIVITY[2:], *GENOME, "--variants", IN_PROMOTERS)
    table = told(tmp_path, *words, "--reach", 15, "--method", "gradient")
    near, far = (
        np.abs(table.filter(pl.col("id").str.starts_with(kind))["delta"].to_numpy()).mean() for kind in ("near", "far")
    )
    size = np.abs(table["delta"].drop_nulls().to_numpy())
    assert not (near > 5 * far and (size > 0.1).mean() > 0.5)


def test_the_count_and_the_class_are_kept(tmp_path):
    table = told(
        tmp_path, *SITES, "--variants", VCF, "--class", "donor", "--count", 2, "--reach", 10, "--method", "gradient"
    )
    done = table.filter(pl.col("delta").is_not_null())
    assert len(done) == 2 and table["target"].drop_nulls().str.starts_with("donor ").all()
    assert "others have larger effects: --count" in table["reason"].to_list()


BAD = {
    "no genome": ([*SITES[:2], "--variants", VCF], ["--variants needs --genome"]),
    "no windows for promoters": ([*ACTIVITY[:2], *GENOME, "--variants", IN_PROMOTERS], ["--variants needs --windows"]),
    "windows for sites": (
        [*SITES, "--windows", STEPS / "boundaries.h5", "--variants", VCF],
        ["--windows has no meaning with --variants and a model of 'boundaries'"],
    ),
    "a model of content": (
        ["--model", STEPS / "content.safetensors", *SITES[2:], "--variants", VCF],
        ["is a model of content", "give a model of boundaries or activity, or explain --windows"],
    ),
    "a model of samples": (
        ["--model", STEPS / "model.safetensors", *SITES[2:], "--variants", VCF],
        ["cannot be explained by mutagenesis", "--method coefficients or permutation fits it"],
    ),
    "variants with coefficients": (
        ["--model", STEPS / "model.safetensors", "--method", "coefficients", "--variants", VCF],
        ["--variants has no meaning with coefficients"],
    ),
    "a table without variants": (
        ["--model", STEPS / "boundaries.safetensors", "--windows", STEPS / "boundaries.h5", "--variant-table", "v.tsv"],
        ["--variant-table needs --variants"],
    ),
    "another genome": (
        [*ACTIVITY, *SITES[2:], "--variants", VCF],
        ["has other bases than the genome in window", "give the genome that the windows were cut from"],
    ),
    "no VCF": ([*SITES, "--variants", STEPS / "split.tsv"], ["has no header of a VCF"]),
    "annotated sites": ([*SITES, "--variants", VCF, "--sites", "annotated"], ["annotated has no meaning with --variants"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named_in_one_line(case, tmp_path, capfd):
    words, texts = BAD[case]
    assert explain(*words, "--report", tmp_path / "r.html") == 2
    said = capfd.readouterr().err
    assert len(said.splitlines()) == 1
    for text in texts:
        assert text in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (("chr1", 269, "T", "G"), "1 reference differs from the FASTA; give the genome that the variants refer to"),
        (("chr1", 269, "G", "<DEL>"), "1 symbolic allele; write the bases of the alleles"),
        (("chr1", 269, "G", "G[chr2:5["), "1 breakend"),
        (("chr1", 269, "G", "."), "1 no alternate allele"),
        (("chr1", 99_999, "G", "A"), "1 too near the end of the chromosome"),
        (("chr9", 269, "G", "A"), "chr9"),
    ],
)
def test_variants_that_cannot_be_explained_are_refused_if_there_is_no_other(tmp_path, capfd, record, said):
    path = vcf(tmp_path / "v.vcf", record)
    assert explain(*SITES, "--variants", path, "--report", tmp_path / "r.html") == 2
    error = capfd.readouterr().err
    assert said in error and len(error.splitlines()) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["v.vcf"]
    assert explain(*SITES, "--variants", vcf(path), "--report", tmp_path / "r.html") == 2
    assert "holds no variant" in capfd.readouterr().err
