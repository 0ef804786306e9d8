"""score_variants: only what an allele changes is run anew, exactly; SpliceAI's rules; a reason for all that is left."""

from __future__ import annotations

import csv
import gzip
import itertools
import random
import re
import resource
from pathlib import Path

import numpy as np
import pysam
import pytest
import torch

import score_variants
from genloom import console
from genloom.formats import genebodies, modelfile
from genloom.formats.variants import Variants
from genloom.learning import sequences
from genloom.learning import variants as learning
from genloom.models import cone, deltas, splice
from genloom.pretrained import importing

from . import published
from .test_genome import bgzip

ZEROS = "0.00|0.00|0.00|0.00"


def lively(context: int, channels: int = 8, seed: int = 1, heads: tuple[int, ...] = (3,)) -> splice.Splice:
    """A network whose scores move with every base it sees."""
    torch.manual_seed(seed)
    network = splice.Splice(context, channels, heads, slope=0.1, eps=1e-3)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2)
            with torch.no_grad():
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.3)
    with torch.no_grad():
        network.last.weight.normal_(0, 0.3)
        network.last.bias.zero_()
    return network.eval()


def write_model(path: Path, networks: list[splice.Splice], **card) -> Path:
    told = {
        "task": "boundaries",
        "architecture": "splice",
        "settings": networks[0].settings,
        "members": len(networks),
        "classes": ["none", "acceptor", "donor"],
        "window": 5000,
        "flank": "N",
        "assembly": "",
        "temperature": 1.0,
        "decode": "bases",
        "rules": {},
        "thresholds": {"acceptor": 0.5, "donor": 0.5},
    }
    modelfile.write(path, sequences.packed(networks), told | card)
    return path


# ---------------------------------------------------------------- the cone


@pytest.mark.parametrize(
    ("context", "channels", "distance"),
    [(80, 8, 50), (400, 8, 3), (400, 8, 50), (2000, 6, 120), (10_000, 4, 50)],
)
def test_the_cone_is_the_whole(context, channels, distance):
    """Scores of edited sequences, from what the edit can reach alone, are those of the edited sequences in full."""
    random_ = np.random.default_rng(context)
    network = splice.for_inference(lively(context, channels))
    half = context // 2
    codes = random_.integers(0, 5, context + 2 * (distance + cone.MARGIN) + 150, dtype=np.uint8)
    reference = cone.Reference(network, torch.from_numpy(codes))
    with torch.inference_mode():
        whole = network(torch.from_numpy(codes)[None])[0]
    assert (reference.logits - whole).abs().max() < 1e-5
    places = np.array([distance + cone.MARGIN, distance + cone.MARGIN + 13])
    for removed, inserted, width in ((1, 1, 1), (40, 1, 1), (1, 7, 26), (1, 26, 26), (5, 3, 4)):
        bases = random_.integers(0, 4, (2, inserted), dtype=np.uint8)
        edited = [
            np.concatenate([codes[: half + at], each, codes[half + at + removed :]])
            for at, each in zip(places, bases, strict=True)
        ]
        shown = np.stack([each[half + at :][:width] for at, each in zip(places, edited, strict=True)])
        edits = cone.Edits(torch.from_numpy(places), torch.from_numpy(shown), torch.full((2,), removed - inserted))
        with torch.inference_mode():
            found = reference.edited(edits, (-distance, distance + width))
            for at, each, row in zip(places, edited, found, strict=True):
                wanted = network(torch.from_numpy(each)[None])[0][at - distance : at + distance + width]
                assert (row - wanted).abs().max() < 1e-5
                moved = (wanted - whole[at - distance :][: len(wanted)]).abs().max()
                assert moved > 1e-2  # the edit does something


def test_the_cone_leaves_the_rest_alone():
    """Beyond its reach an edit changes no score by a single bit: ties of differences fall as in a run of the whole."""
    network = splice.for_inference(lively(80))
    codes = np.random.default_rng(1).integers(0, 4, 80 + 401, dtype=np.uint8)
    reference = cone.Reference(network, torch.from_numpy(codes))
    edits = cone.Edits(
        torch.tensor([200]), torch.tensor([[(codes[240] + 1) % 4]], dtype=torch.uint8), torch.zeros(1).long()
    )
    found = reference.edited(edits, (-100, 101))[0]
    same = (found == reference.logits[100:301]).all(1)
    assert same[:60].all() and same[-60:].all() and not same[60:141].all()


# ---------------------------------------------------------------- a genome, its genes, and SpliceAI's rules in plain words


class World:
    """A random genome, genes on both strands, some of them overlapping, and an ensemble of two small networks."""

    def __init__(self, folder: Path):
        self.folder, draw = folder, random.Random(3)
        self.sequences = {name: "".join(draw.choices("ACGT", k=size)) for name, size in (("chr1", 2600), ("chr2", 900))}
        self.sequences["chr1"] = self.sequences["chr1"][:1500] + "NNNNN" + self.sequences["chr1"][1505:]
        # name, chromosome, strand, exons
        self.genes = [
            ("LEFT", "chr1", "+", [(90, 150), (210, 300), (420, 500)]),
            ("RIGHT", "chr1", "-", [(430, 520), (640, 700), (1400, 1700)]),
            ("SHORT", "chr1", "-", [(1980, 2001)]),
            ("EDGE", "chr2", "+", [(0, 120), (500, 900)]),
        ]
        self.fasta, self.table, self.gtf = folder / "genome.dat", folder / "table.dat", folder / "genes.dat"
        self.fasta.write_text("".join(f">{name}\n{text}\n" for name, text in self.sequences.items()))
        rows = [genebodies.COLUMNS]
        lines = []
        for name, chrom, strand, exons in self.genes:
            starts, ends = ("".join(f"{each[i]}," for each in exons) for i in (0, 1))
            rows.append((name, chrom, strand, str(exons[0][0]), str(exons[-1][1]), starts, ends))
            tail = f'gene_id "{name}"; transcript_id "{name}t"; gene_name "{name}";'
            lines += [f"{chrom}\tx\texon\t{a + 1}\t{b}\t.\t{strand}\t.\t{tail}\n" for a, b in exons]
        self.table.write_text("".join("\t".join(row) + "\n" for row in rows))
        self.gtf.write_text("".join(lines))
        self.networks = [lively(80, seed=1), lively(80, seed=2)]
        self.model = write_model(folder / "model.dat", self.networks)
        self.draw = draw

    def arguments(self, vcf: Path, **changed) -> list[str]:
        given = {
            "variants": vcf,
            "genome": self.fasta,
            "annotation": self.table,
            "model": self.model,
            "output": self.folder / "out.vcf",
            "table": self.folder / "out.tsv",
        } | changed
        return [str(word) for name, value in given.items() if value is not None for word in (f"--{name}", value)]

    def run(self, vcf: Path, *more: object, **changed) -> tuple[list[list[str]], list[dict[str, str]]]:
        """The records of the output, and the rows of the table."""
        words = [*self.arguments(vcf, **changed), *map(str, more)]
        assert console.run(score_variants.build_parser, score_variants.main, words) == 0
        return records(self.folder / "out.vcf"), list(csv.DictReader((self.folder / "out.tsv").open(), delimiter="\t"))

    def write(self, rows: list[tuple], name: str = "in.vcf") -> Path:
        """A VCF of (chrom, position from 1, ref, alt)."""
        path = self.folder / name
        lines = ["##fileformat=VCFv4.2", *(f"##contig=<ID={c},length={len(s)}>" for c, s in self.sequences.items())]
        lines += ['##INFO=<ID=AC,Number=A,Type=Integer,Description="count">']
        lines += ["#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
        lines += [f"{c}\t{p}\t.\t{ref}\t{alt}\t9.50\tPASS\tAC=1" for c, p, ref, alt in rows]
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def draw_alleles(self, count: int) -> list[tuple]:
        """Random variants of all kinds across the genes, some with several alternates."""
        rows = []
        for _ in range(count):
            _, chrom, _, exons = self.draw.choice(self.genes)
            at = self.draw.randint(exons[0][0], exons[-1][1] - 1)
            sequence = self.sequences[chrom]
            length = self.draw.choice([1, 1, 1, 2, 3, 9, 14, 23])
            ref = sequence[at : at + length]
            alts = {"".join(self.draw.choices("ACGT", k=self.draw.choice([1, 1, 2, 5, 30]))) for _ in range(2)}
            rows.append((chrom, at + 1, ref, ",".join(sorted(alts - {ref}) or ["G" if ref != "G" else "A"])))
        return rows

    def expected(self, row: tuple, distance: int, mask: bool = False) -> list[str]:
        """INFO/SpliceAI of a variant by a run of whole sequences, letter by letter as the package works."""
        chrom, position, ref, alts = row
        sequence, at, half = self.sequences[chrom], position - 1, 40 + distance
        window = sequence[max(at - half, 0) : at + half + 1]
        if sequence[at : at + len(ref)] != ref or len(window) < 2 * half + 1 or len(ref) > 2 * distance:
            return []
        values = []
        for alt, (name, on, strand, exons) in itertools.product(alts.split(","), self.genes):
            start, end = exons[0][0], exons[-1][1]
            if on != chrom or not start <= at < end or set("<>*.-") & set(alt):
                continue
            if len(ref) > 1 and len(alt) > 1:
                values.append("|".join([alt, name, *"........"]))
                continue
            shown = "".join(base if start <= at - half + i < end else "N" for i, base in enumerate(window))
            before = self.scores(shown, strand)
            after = self.scores(shown[:half] + alt + shown[half + len(ref) :], strand)
            d = distance
            if len(ref) > 1:
                after = np.concatenate([after[: d + 1], np.zeros((len(ref) - 1, 3)), after[d + 1 :]])
            elif len(alt) > 1:
                after = np.concatenate([after[:d], after[d : d + len(alt)].max(0)[None], after[d + len(alt) :]])
            change = after - before
            sides = [change[:, 1], -change[:, 1], change[:, 2], -change[:, 2]]
            best = [int(side.argmax()) for side in sides]
            nearest = min(sorted({a for a, _ in exons} | {b - 1 for _, b in exons}), key=lambda edge: abs(edge - at))
            scores = [float(side[i]) for side, i in zip(sides, best, strict=True)]
            if mask:
                annotated = [at + i - d == nearest for i in best]
                scores = [s * (a == loss) for s, a, loss in zip(scores, annotated, (0, 1, 0, 1), strict=True)]
            values.append("|".join([alt, name, *(f"{s:.2f}" for s in scores), *(str(i - d) for i in best)]))
        return values

    def scores(self, text: str, strand: str) -> np.ndarray:
        codes = np.array(["ACGTN".index(base) for base in text], np.uint8)
        codes = codes if strand == "+" else splice.reverse_complement(codes)
        with torch.inference_mode():
            found = np.mean(
                [network(torch.from_numpy(codes)[None])[0].softmax(-1).numpy() for network in self.networks], 0
            )
        return found if strand == "+" else found[::-1]


def records(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines() if not line.startswith("#")]


def value(record: list[str]) -> list[str]:
    found = re.search(r"SpliceAI=([^;]*)", record[7])
    return found[1].split(",") if found else []


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def rounded_apart(one: str, other: str) -> bool:
    """Equal but for a last digit that a rounding error may turn."""
    a, b = one.split("|"), other.split("|")
    if a[2] == "." or b[2] == ".":
        return one == other
    near = all(abs(float(x) - float(y)) < 0.0101 for x, y in zip(a[2:6], b[2:6], strict=True))
    return a[:2] == b[:2] and near and a[6:] == b[6:]


@pytest.mark.parametrize(("distance", "mask"), [(10, False), (35, False), (35, True)])
def test_scores_are_those_of_whole_sequences(world, distance, mask):
    """Every kind of allele, both strands, overlapping genes, near edges of transcripts: as the package's rules have it."""
    rows = world.draw_alleles(90)
    found, table = world.run(world.write(rows), "--distance", distance, *(["--mask"] if mask else []))
    assert [(r[0], int(r[1]), r[3], r[4]) for r in found] == rows
    moved = every = 0
    for row, record in zip(rows, found, strict=True):
        wanted = world.expected(row, distance, mask)
        got = value(record)
        assert len(got) == len(wanted) and all(map(rounded_apart, got, wanted)), (row, got, wanted)
        moved += sum(ZEROS not in each and "|.|" not in each for each in wanted)
        every += len(wanted)
    assert moved > 40 and every > 90
    assert sum(row["reason"] in ("", learning.SEVERAL) for row in table) == every
    exact = [row for row in table if row["ds_ag"]]
    assert max(len(row["ds_dl"]) for row in exact) > 6  # all digits there


def test_table_and_gtf_are_one_annotation(world):
    vcf = world.write(world.draw_alleles(25))
    assert world.run(vcf) == world.run(vcf, annotation=world.gtf)


def test_long_deletions_and_insertions(world):
    """A deletion longer than the distance leaves no base to its right; an insertion may be longer than the window."""
    sequence = world.sequences["chr1"]
    rows = [
        ("chr1", 251, sequence[250:269], sequence[250]),
        ("chr1", 651, sequence[650:670], "A"),
        ("chr1", 651, sequence[650], sequence[650] + "GATTACA" * 20),
    ]
    found, _ = world.run(world.write(rows), "--distance", 10)
    for row, record in zip(rows, found, strict=True):
        wanted = world.expected(row, 10)
        assert len(wanted) == 1 and rounded_apart(value(record)[0], wanted[0])


def test_everything_else_stays_as_it_is(world, tmp_path):
    """Order, ids, numbers as they are written, other INFO, samples; values of an earlier run give way."""
    base = world.sequences["chr1"][249]
    alt = "A" if base != "A" else "C"
    vcf = tmp_path / "in.vcf"
    lines = [
        "##fileformat=VCFv4.3",
        '##INFO=<ID=SpliceAI,Number=1,Type=String,Description="old">',
        '##INFO=<ID=AF,Number=A,Type=Float,Description="share">',
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tone",
        f"chr1\t250\trs7;x\t{base}\t{alt}\t10.500\tq10;s50\tAF=1.0e-05;SpliceAI=OLD;DB\tGT:DP\t0|1:7",
        f"chr2\t400\t.\t{world.sequences['chr2'][399]}\t<DEL>\t.\t.\tSpliceAI=OLD\tGT\t./.",
        f"chr1\t240\t.\t{world.sequences['chr1'][239]}\t.\t.\t.\t.\tGT\t0/0",
    ]
    vcf.write_text("".join(f"{line}\n" for line in lines))
    world.run(vcf)
    found = (tmp_path / "out.vcf").read_text().splitlines()
    assert found[:2] == [lines[0], '##FILTER=<ID=PASS,Description="All filters passed">']
    assert found[2] == lines[2] and found[4] == lines[3]
    assert found[3].startswith(
        '##INFO=<ID=SpliceAI,Number=.,Type=String,Description="SpliceAIv1.3.1 variant annotation.'
    )
    one = re.escape(lines[4]).replace("SpliceAI=OLD;DB", rf"DB;SpliceAI={alt}\|LEFT(\|-?[\d.]+){{8}}")
    assert re.fullmatch(one, found[5])
    assert found[6:] == [lines[5].replace("SpliceAI=OLD", "."), lines[6]]
    with pysam.VariantFile(str(tmp_path / "out.vcf")) as file:
        assert len(list(file)) == 3


def test_order_does_not_matter(world):
    """Unsorted records keep their order, and have the scores they have in order."""
    rows = world.draw_alleles(40)
    one, _ = world.run(world.write(rows))
    other, _ = world.run(world.write(sorted(rows)))
    assert [(r[0], int(r[1]), r[3], r[4]) for r in one] == rows
    for mine, theirs in zip(sorted(map(tuple, one)), sorted(map(tuple, other)), strict=True):
        assert mine[:7] == theirs[:7]
        assert all(map(rounded_apart, value(list(mine)), value(list(theirs))))


def test_packed_and_binary_files(world, tmp_path):
    """gzip, bgzip and BCF, whatever their names, give what the plain VCF gives."""
    vcf = world.write(world.draw_alleles(12))
    wanted = world.run(vcf)
    text = vcf.read_bytes()
    (tmp_path / "gzip.dat").write_bytes(gzip.compress(text))
    (tmp_path / "bgzip.dat").write_bytes(bgzip(text))
    with (
        pysam.VariantFile(str(vcf)) as source,
        pysam.VariantFile(str(tmp_path / "bcf.dat"), "wb", header=source.header) as out,
    ):
        for record in source:
            out.write(record)
    for name in ("gzip.dat", "bgzip.dat"):
        assert world.run(tmp_path / name) == wanted
    found, table = world.run(tmp_path / "bcf.dat")
    assert table == wanted[1]
    assert [r[:5] + r[6:] for r in found] == [r[:5] + r[6:] for r in wanted[0]]  # BCF holds 9.50 as 9.5


def test_chromosome_names_are_matched(world):
    """1 is chr1; a chromosome that the FASTA lacks is a reason; none at all in common is refused (below)."""
    rows = [row for row in world.draw_alleles(30) if row[0] == "chr1"]
    wanted, _ = world.run(world.write(rows))
    other = world.write([("1", *row[1:]) for row in rows] + [("KI270", 5, "A", "C")], "other.vcf")
    found, table = world.run(other)
    assert [r[2:] for r in found[:-1]] == [r[2:] for r in wanted]
    assert table[-1]["reason"] == learning.NO_SEQUENCE
    assert value(found[-1]) == []


def test_real_flanks_for_models_trained_with_them(world, tmp_path):
    """Bases outside the transcript are seen by a model whose card says so."""
    rows = [("chr1", 95, world.sequences["chr1"][94], "A" if world.sequences["chr1"][94] != "A" else "C")]
    _, masked = world.run(world.write(rows))
    _, table = world.run(world.write(rows), model=write_model(tmp_path / "real.dat", world.networks, flank="real"))
    assert float(masked[0]["ds_ag"]) != pytest.approx(float(table[0]["ds_ag"]), abs=1e-5)
    codes = np.array(["ACGTN".index(base) for base in world.sequences["chr1"][:400]], np.uint8)
    edited = codes.copy()
    edited[94] = "ACGT".index(rows[0][3])
    before, after = (splice.predict(world.networks, each, strands="+")[0] for each in (codes, edited))
    gain = (after - before)[44:145, splice.ACCEPTOR].max()
    assert float(table[0]["ds_ag"]) == pytest.approx(float(gain), abs=1e-5)


# ---------------------------------------------------------------- reasons


def test_every_allele_left_unscored_has_its_reason(world):
    one, two = world.sequences["chr1"], world.sequences["chr2"]

    def other(base: str) -> str:
        return "A" if base != "A" else "C"

    cases = [
        (("chr1", 250, one[249], "."), learning.NO_ALTERNATE, ""),
        (("chr1", 250, other(one[249]), one[249]), learning.DIFFERS, f"FASTA: {one[249]}"),
        (("chr1", 250, one[249].lower(), other(one[249])), learning.LOWER_CASE, ""),
        (("chr1", 20, one[19], other(one[19])), learning.OUTSIDE, ""),
        (("chr2", 30, two[29], other(two[29])), learning.NEAR_END, ""),
        (("chr2", 890, two[889], other(two[889])), learning.NEAR_END, ""),
        (("chr2", 5000, "A", "C"), learning.NEAR_END, ""),
        (("chr2", 0, "N", "C"), learning.NEAR_END, ""),
        (("chr1", 250, one[249:350], one[249]), learning.TOO_LONG, ""),
        (("chr1", 250, one[249:252], other(one[249]) + "GG"), learning.SEVERAL, ""),
        (("chr1", 250, one[249], "*"), learning.SPANNING, ""),
        (("chr1", 250, one[249], "<DEL>"), learning.SYMBOLIC, ""),
        (("chr1", 250, one[249], "G]chr2:198982]"), learning.BREAKEND, ""),
        (("chr1", 250, one[249], "G."), learning.BREAKEND, ""),
        (("chr1", 250, one[249], "-"), learning.MISSING, ""),
        (("chr1", 250, one[249], "R"), learning.NO_BASES, ""),
    ]
    rows = [row for row, _, _ in cases] + [("chr1", 250, one[249], f"<DUP>,{other(one[249])},*")]
    found, table = world.run(world.write(rows))
    assert len(found) == len(rows)
    for (row, reason, note), record, told in zip(cases, found, table, strict=False):
        assert (told["reason"], told["note"], told["ds_ag"]) == (reason, note, ""), row
        values = value(record)
        assert values == ([f"{row[3]}|LEFT|.|.|.|.|.|.|.|."] if reason == learning.SEVERAL else [])
        assert record[7].split(";")[0] == "AC=1"
    several = table[len(cases) :]
    assert [row["reason"] for row in several] == [learning.SYMBOLIC, "", learning.SPANNING]
    assert [row["alt"] for row in several] == ["<DUP>", other(one[249]), "*"]
    assert len(value(found[-1])) == 1


def test_unscored_are_counted_on_stderr(world, capsys):
    base = world.sequences["chr1"][249]
    world.run(world.write([("chr1", 250, base, "*"), ("chr1", 20, world.sequences["chr1"][19], "*")]))
    assert capsys.readouterr().err.splitlines() == [
        f"0 alleles scored, each in each of its genes; 1 {learning.SPANNING}; 1 {learning.OUTSIDE}"
    ]


def test_a_site_moved_by_an_insertion_is_told():
    """REF …GCAAC|AGTTGTG…, inserted AGTTG: the acceptor that seems new and the one that seems lost are one."""
    distance, inserted = 20, 6
    flat = np.tile(np.array([1, 0, 0], np.float32), (2 * distance + 1, 1))

    def with_site(length: int, at: int, chance: float = 0.9) -> np.ndarray:
        scores = np.tile(flat[:1], (length, 1))
        scores[at] = [1 - chance, chance, 0]
        return scores

    insertion = deltas.Variant(0, 1, np.zeros(inserted, np.uint8))
    long = 2 * distance + inserted
    moved = deltas._delta(with_site(len(flat), distance + 3), with_site(long, distance + 3), insertion, distance)
    assert moved.moved
    assert moved.scores[:2] == pytest.approx([0.9, 0.9]) and moved.offsets[:2].tolist() == [0, 3]
    hidden = deltas._delta(with_site(len(flat), distance), with_site(long, distance + 5), insertion, distance)
    assert hidden.moved and abs(hidden.scores).max() < 1e-6  # nothing shows, though the site lies elsewhere
    gained = deltas._delta(flat, with_site(long, distance + 3), insertion, distance)
    assert gained.scores[0] == pytest.approx(0.9) and not gained.moved
    lost = deltas._delta(with_site(len(flat), distance + 3), np.tile(flat[:1], (long, 1)), insertion, distance)
    assert lost.scores[1] == pytest.approx(0.9) and not lost.moved


# ---------------------------------------------------------------- going on


def test_a_run_goes_on_where_it_was(world, tmp_path, monkeypatch):
    """The outputs have the same bytes after an interruption, and what was scored is not scored again."""
    monkeypatch.setattr(learning, "RECORDS", 10)
    vcf = world.write(world.draw_alleles(35))
    world.run(vcf)
    wanted = [(tmp_path / name).read_bytes() for name in ("out.vcf", "out.tsv")]
    kept = tmp_path / "kept"
    score, runs = deltas.score, []

    def counted(*args, **options):
        runs.append(1)
        if len(runs) == 12:
            raise KeyboardInterrupt
        return score(*args, **options)

    monkeypatch.setattr(deltas, "score", counted)
    for name in ("out.vcf", "out.tsv"):
        (tmp_path / name).unlink()
    words = [*world.arguments(vcf), "--checkpoint", str(kept)]
    assert console.run(score_variants.build_parser, score_variants.main, words) == 130
    assert not (tmp_path / "out.vcf").exists()
    done = sorted(kept.glob("*/*.npy"))
    assert 0 < len(done) < 4
    assert console.run(score_variants.build_parser, score_variants.main, words) == 0
    assert [(tmp_path / name).read_bytes() for name in ("out.vcf", "out.tsv")] == wanted
    after = len(runs)
    done[0].write_bytes(done[0].read_bytes()[:50])  # a damaged batch is scored again, the others are not
    assert console.run(score_variants.build_parser, score_variants.main, words) == 0
    assert [(tmp_path / name).read_bytes() for name in ("out.vcf", "out.tsv")] == wanted
    assert 0 < len(runs) - after < 11
    assert console.run(score_variants.build_parser, score_variants.main, [*words, "--distance", "20"]) == 0
    assert len(list(kept.iterdir())) == 2  # another distance is another run


def test_a_checkpoint_that_finds_no_room_is_told_in_one_line(world, tmp_path, capfd):
    words = [*world.arguments(world.write(world.draw_alleles(35))), "--checkpoint", str(tmp_path / "kept")]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        assert console.run(score_variants.build_parser, score_variants.main, words) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    (line,) = capfd.readouterr().err.splitlines()
    assert "outputs cannot be written: File too large" in line
    assert not (tmp_path / "out.vcf").exists() and not list((tmp_path / "kept").glob("*/*"))


# ---------------------------------------------------------------- bad input


def bad(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


HEADER = b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
BAD = [
    ("variants", b"", ["is empty"]),
    ("variants", b"chr1\t250\t.\tA\tC\t.\t.\t.\n", [":1", "no header of a VCF", "##fileformat"]),
    ("variants", b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nchr1\t250\t.\tA\tC\t.\t.\t.\n", ["no header"]),
    ("variants", b"##fileformat=VCFv4.2\nchr1\t250\t.\tA\tC\t.\t.\t.\n", [":1", "line of columns", "#CHROM"]),
    ("variants", HEADER + b"chr1\t250\t.\tA\tC\t.\t.\t.\nchr1\t250\t.\tA\n", [":4", "has 4 columns, the header 8"]),
    ("variants", HEADER + b"chr1\tx\t.\tA\tC\t.\t.\t.\n", [":3", "position 'x'"]),
    ("variants", HEADER + b"chr1\t250\t.\t\tC\t.\t.\t.\n", [":3", "empty CHROM, REF or ALT"]),
    ("variants", HEADER + b"chr7\t250\t.\tA\tC\t.\t.\t.\n", ["chromosomes chr7", "chr1"]),
    ("variants", HEADER + b"chr1\t2\t.\tA\tC\t.\t.\t.\n1\t2\t.\tA\tC\t.\t.\t.\n", ["both match chr1"]),
    ("variants", gzip.compress(HEADER * 99)[:60], ["cannot be read"]),
    ("variants", b"BCF\x02\x02nonsense and more of it", ["bad", "give a VCF or BCF"]),
    ("genome", b"ACGT\n", ["does not start with '>'"]),
    ("annotation", b"", ["is empty"]),
    ("annotation", b"#NAME\tCHROM\tSTRAND\n", [":1", "no column TX_START"]),
    ("annotation", b"\t".join(c.encode() for c in genebodies.COLUMNS) + b"\n", ["holds no genes"]),
    (
        "annotation",
        b"\t".join(c.encode() for c in genebodies.COLUMNS) + b"\nA\tchr1\t+\t5\t9\t5,\t9,12,\n",
        [":2", "no line of a gene"],
    ),
    ("annotation", b"chr1\t5\t6\tx\t0\t+\n", ["is a BED"]),
    ("annotation", b"\t".join(c.encode() for c in genebodies.COLUMNS) + b"\nA\tX\t+\t5\t9\t5,\t9,\n", ["X", "chr1"]),
    (
        "annotation",
        b"\t".join(c.encode() for c in genebodies.COLUMNS) + b"\nA\tchr1\t+\t5\t9223372036854775808\t5,\t9,\n",
        [":2", "is no line of a gene"],
    ),
    ("model", b"weights", ["whole .safetensors"]),
]


@pytest.mark.parametrize(("option", "content", "texts"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_input_is_refused(world, tmp_path, capsys, option, content, texts):
    vcf = world.write(world.draw_alleles(2))
    path = bad(tmp_path / "bad", content)
    words = world.arguments(vcf, **{option: path})
    status = console.run(score_variants.build_parser, score_variants.main, words)
    told = capsys.readouterr().err
    assert status == 2, told
    assert len(told.splitlines()) == 1
    for text in [*texts, "bad"]:
        assert text in told
    assert not (tmp_path / "out.vcf").exists() and not (tmp_path / "out.tsv").exists()
    assert not list(tmp_path.glob(".genloom-*"))


def test_another_kind_of_model_is_refused(world, tmp_path, capsys):
    other = tmp_path / "other"
    modelfile.write(other, {"a": np.zeros(1)}, {"task": "content", "architecture": "splice"})
    words = world.arguments(world.write([]), model=other)
    assert console.run(score_variants.build_parser, score_variants.main, words) == 2
    assert "is a model of task 'content', 'boundaries' is wanted" in capsys.readouterr().err


def test_a_vcf_without_records(world):
    """Nothing to score is no mistake: the header goes through."""
    found, table = world.run(world.write([]))
    assert found == [] and table == []


def test_a_cut_off_bcf_is_refused(world, tmp_path, capsys):
    vcf = world.write(world.draw_alleles(300))
    with (
        pysam.VariantFile(str(vcf)) as source,
        pysam.VariantFile(str(tmp_path / "b"), "wb", header=source.header) as out,
    ):
        for record in source:
            out.write(record)
    whole = (tmp_path / "b").read_bytes()
    (tmp_path / "b").write_bytes(whole[: len(whole) * 2 // 3])
    words = world.arguments(tmp_path / "b")
    assert console.run(score_variants.build_parser, score_variants.main, words) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_as_a_user_runs_it(world, run_script, assert_one_line_error, tmp_path):
    vcf = world.write(world.draw_alleles(3))
    done = run_script("score_variants", *world.arguments(vcf))
    assert done.returncode == 0 and "alleles scored" in done.stderr
    assert_one_line_error(run_script("score_variants", *world.arguments(tmp_path / "none")), "none", "no such file")
    assert_one_line_error(run_script("score_variants", *world.arguments(vcf), "--distance", 5000), "5000", "1 to 4999")


# ---------------------------------------------------------------- SpliceAI itself

GOLDEN = [("94077", "A", "C", "C|TUBB8|0.15|0.27|0.00|0.05|89|-23|-267|193")]
GOLDEN += [("94555", "C", "T", "T|TUBB8|0.01|0.18|0.15|0.62|-2|110|-190|0")]
TUBB8 = "TUBB8\t10\t-\t92892\t95529\t92892,94554,94743,95121,\t94054,94665,94852,95529,\n"


def spliceai_model(folder: Path) -> Path:
    """SpliceAI's weights, imported; skips the test where there are none."""
    importing.write(importing.read(published.spliceai()), folder / "spliceai.safetensors")
    return folder / "spliceai.safetensors"


def test_the_strings_of_spliceai_s_own_tests(real_data, tmp_path):
    """Its two tests, to the letter (D = 500)."""
    fasta, model = real_data("pretrained/spliceai/test.fa"), spliceai_model(tmp_path)
    table = tmp_path / "genes.tsv"
    table.write_text("\t".join(genebodies.COLUMNS) + "\n" + TUBB8)
    vcf, out = tmp_path / "in.vcf", tmp_path / "out.vcf"
    rows = "".join(f"10\t{position}\t.\t{ref}\t{alt}\t.\t.\t.\n" for position, ref, alt, _ in GOLDEN)
    vcf.write_bytes(HEADER + rows.encode())
    given = {"variants": vcf, "genome": fasta, "annotation": table, "model": model, "output": out, "distance": 500}
    words = [str(word) for name, value in given.items() for word in (f"--{name}", value)]
    assert console.run(score_variants.build_parser, score_variants.main, words) == 0
    assert [value(record) for record in records(out)] == [[wanted] for *_, wanted in GOLDEN]


def test_the_header_of_its_example(real_data):
    """To the letter."""
    example = real_data("pretrained/spliceai")
    wanted = [line for line in (example / "output.vcf").read_text().splitlines() if line.startswith("#")]
    assert Variants(example / "input.vcf").header_scored() == wanted


def test_its_example_line_by_line(world, real_data, tmp_path):
    """Records, alleles, genes, and what has no score, as its output.vcf has them. The genome of the example is not here:
    its genes lie in made-up sequence that has the reference alleles, each on a chromosome of its own."""
    annotation = published.spliceai()[0].parents[1] / "annotations" / "grch37.txt"
    if not annotation.is_file():
        pytest.skip("the annotation grch37.txt of the Python package spliceai is not here")
    given, wanted = (records(real_data(f"pretrained/spliceai/{name}.vcf")) for name in ("input", "output"))
    known = {row[0]: row for row in csv.reader(annotation.open(), delimiter="\t")}
    fasta, genes, variants = ["".join((">1\n", "A" * 30_000))], [genebodies.COLUMNS], []
    for record, told in zip(given, wanted, strict=True):
        chrom, position = record[0], int(record[1])
        if symbols := {each.split("|")[1] for each in value(told)}:
            (chrom,) = symbols
            first = int(known[chrom][3]) - 500
            position -= first
        variants.append((chrom, position, record[3], record[4]))
    for symbol in dict.fromkeys(chrom for chrom, *_ in variants if chrom in known):
        _, _, strand, start, end, *exons = known[symbol]
        first = int(start) - 500
        bases = random.Random(symbol).choices("ACGT", k=int(end) - first + 500)
        for _, position, ref, _ in (each for each in variants if each[0] == symbol):
            bases[position - 1 : position - 1 + len(ref)] = ref
        fasta.append(f">{symbol}\n{''.join(bases)}")
        moved = [",".join(str(int(each) - first) for each in text.split(",") if each) for text in exons]
        genes.append((symbol, symbol, strand, "500", str(int(end) - first), *moved))
    (tmp_path / "example.fa").write_text("\n".join(fasta))
    (tmp_path / "example.tsv").write_text("".join("\t".join(row) + "\n" for row in genes))
    found, table = world.run(world.write(variants), genome=tmp_path / "example.fa", annotation=tmp_path / "example.tsv")
    assert len(found) == len(wanted) == 10
    for mine, told in zip(found, wanted, strict=True):
        assert mine[3:5] == told[3:5]
        ours, theirs = ([each.split("|") for each in value(record)] for record in (mine, told))
        assert [each[:2] for each in ours] == [each[:2] for each in theirs]
        assert [each[2:] for each in ours if each[2] == "."] == [each[2:] for each in theirs if each[2] == "."]
    assert sum(row["reason"] == "" for row in table) == 12 and len(table) == 17
    assert {row["reason"] for row in table} == {"", learning.OUTSIDE, learning.SEVERAL}
