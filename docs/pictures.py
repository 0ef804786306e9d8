"""The pictures of the tutorials: each workflow's small job by cwltool, its report in Chromium. `make pictures`.

Outputs are kept in a folder: what is there is not run again.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
REPORTS = {  # workflow → its report
    "numerals-tutorial": "classes.report.html",
    "atac-to-expression": "report.html",
    "splice-boundaries": "boundaries.report.html",
    "variant-splicing": "variants.report.html",
    "promoter-expression": "promoters.report.html",
    "promoter-prediction": "observed.report.html",
    "sample-classification": "classes.report.html",
    "landmark-inference": "inference.report.html",
    "tune-and-judge": "report.html",
}
TRACKS = "annotate-boundaries"
STRETCH = ("chr4", 0, 3000)
WIDTH, HEIGHT = 1000, 720  # of a picture, in pixels


def run(name: str, folder: Path) -> None:
    """The small job of a workflow, its outputs into `folder`."""
    commands = folder.parent / "bin"
    commands.mkdir(parents=True, exist_ok=True)
    for script in (ROOT / "scripts").glob("*.py"):
        link = commands / f"genloom-{script.stem.replace('_', '-')}"
        link.unlink(missing_ok=True)
        link.symlink_to(script)
    paths = (str(commands), str(Path(sys.executable).parent), os.environ["PATH"])
    where = ROOT / "workflows" / name
    subprocess.run(
        ["cwltool", "--quiet", "--no-container", "--outdir", folder, where / f"{name}.cwl", where / "job.yml"],
        env={**os.environ, "PATH": ":".join(paths)},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def shoot(report: Path) -> bytes:
    """The top of a page as PNG, by Chromium."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "picture.png")
        subprocess.run(
            [
                shutil.which("chromium") or "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--disable-background-networking",
                "--host-resolver-rules=MAP * ~NOTFOUND",
                f"--user-data-dir={folder}/profile",
                f"--window-size={WIDTH},{HEIGHT}",
                f"--screenshot={picture}",
                report.resolve().as_uri(),
            ],
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return picture.read_bytes()


def draw(tracks: Path) -> bytes:
    """The four tracks of a stretch of a chromosome above its annotated exons, as PNG."""
    import matplotlib.pyplot as plt
    import pyBigWig

    chrom, start, end = STRETCH
    strands = {"plus": ("+", 1, "#3b6ea5"), "minus": ("-", -1, "#b5543b")}
    figure, axes = plt.subplots(3, 1, figsize=(10, 4.4), sharex=True, height_ratios=(2, 2, 1), layout="constrained")
    for axis, site in zip(axes, ("donor", "acceptor"), strict=False):
        for strand, (sign, side, colour) in strands.items():
            with pyBigWig.open(str(tracks / f"{site}_{strand}.bw")) as track:
                values = track.values(chrom, start, end, numpy=True)
            axis.vlines(range(start, end), 0, side * values, color=colour, lw=1.5, label=f"strand {sign}")
        axis.set(ylabel=f"{site}\nprobability", ylim=(-1.05, 1.05), yticks=(-1, 0, 1), yticklabels=(1, 0, 1))
    axes[0].legend(loc="upper right", ncols=2, frameon=False)
    for line in (ROOT / "test-data" / "sequence" / "genes.gtf").read_text().splitlines():
        fields = line.split("\t")
        if fields[0] == chrom and fields[2] == "exon" and int(fields[3]) < end:
            _, side, colour = strands["plus" if fields[6] == "+" else "minus"]
            axes[2].barh(side, int(fields[4]) - int(fields[3]) + 1, left=int(fields[3]) - 1, color=colour, height=0.8)
    axes[2].set(ylabel="exons", yticks=(), ylim=(-2, 2), xlim=(start, end), xlabel=f"{chrom}, bases")
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=100, metadata={"Software": None})
    return buffer.getvalue()


def small(picture: bytes) -> bytes:
    """The same in at most 128 colours."""
    from PIL import Image

    buffer = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="workflows; by default all")
    parser.add_argument(
        "--outputs", type=Path, default=ROOT / "demo" / "pictures", help="folder of a folder a workflow"
    )
    args = parser.parse_args()
    for name in args.names or [*REPORTS, TRACKS]:
        folder = args.outputs.resolve() / name
        if not folder.exists():
            run(name, folder)
        picture = draw(folder / "tracks") if name == TRACKS else shoot(folder / REPORTS[name])
        (DOCS / "images" / f"{name}.png").write_bytes(small(picture))


if __name__ == "__main__":
    main()
