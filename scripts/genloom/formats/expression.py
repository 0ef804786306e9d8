"""Expression of many samples brought into one matrix of samples by genes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from .. import console
from ..errors import InputError, named
from . import chromosomes, matrix, scratch, tables, text
from .annotation import Annotation, lengths, strip_versions
from .quantifications import UNITS, Quantification
from .textmatrix import TextMatrix

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

DROPPED = (
    "sample_not_listed",
    "summary_rows",
    "unknown_transcript",
    "not_listed",
    "no_position",
    "outside_region",
    "merged",
    "no_value",
    "missing_elsewhere",
    "low",
)
_UNBOUNDED = 1 << 40  # for the size of a chromosome that an annotation does not tell
_HEADS = ("gene", "genes", "gene_id", "gene_name", "gene_symbol", "symbol", "id", "name")  # of a list's column


@dataclass(frozen=True)
class Rules:
    """How values become a matrix.

    Attributes
    ----------
    scale : "cpm", each sample's values to a sum of a million; "tpm", the same after division by lengths (FPKM is not
        divided). Over all rows of a sample, whatever genes are kept
    log2 : log2(value + 1)
    gene_level : sum the transcripts of each gene
    keep_versions : leave ids as they are
    duplicates : for rows of one id, "error", or the "sum", "max", "mean" or "first" of them; or "number" them: a, a_2, a_3
    missing : for a gene without a value in some samples, "error", "zero", or "drop" it
    negative : "error", or "keep" negative values of a matrix
    min_max : keep genes with a maximum over the samples above this, after all else. A choice made on all samples
    """

    scale: str = "none"
    log2: bool = False
    gene_level: bool = False
    keep_versions: bool = False
    duplicates: str = "error"
    missing: str = "error"
    negative: str = "error"
    min_max: float | None = None

    def unit(self, unit: str) -> str:
        """The unit of the matrix made of values in `unit`."""
        unit = {"none": unit, "cpm": "CPM", "tpm": "TPM"}[self.scale]
        return f"log2({unit}+1)" if self.log2 else unit


class Genes:
    """The genes that are wanted, and where genes are.

    Parameters
    ----------
    annotation : places of genes, found by id, else by a symbol that one gene alone has
    listed : ids or symbols of the wanted genes; None for all
    regions : as in `chromosomes.parse_region`; none for anywhere
    by : a gene is in a region with its start site ("tss") or with any part of it ("body")

    Raises
    ------
    InputError : regions without an annotation, or a region without genes
    """

    def __init__(
        self,
        annotation: Annotation | None = None,
        listed: Sequence[str] | None = None,
        regions: Sequence[str] = (),
        by: str = "tss",
    ):
        if regions and annotation is None:
            raise InputError("needs the places of genes", "--region", "give a GTF, GFF3 or BED with --annotation")
        self.table = annotation.genes if annotation else None
        self.listed = None if listed is None else dict.fromkeys(listed)
        self.regions = list(regions)
        self._found: set[str] = set()
        self._rows: dict[str, int] = {}
        if self.table is None:
            return
        symbols = self.table["symbol"]
        alone = symbols.is_unique()
        self._rows = {symbol: row for row, symbol in enumerate(symbols) if alone[row]}
        self._rows.update({id: row for row, id in enumerate(self.table["id"])})
        self._symbols = symbols.to_list()
        self._inside = np.zeros(len(self.table), bool)
        sizes = dict.fromkeys(self.table["chrom"].unique(maintain_order=True), _UNBOUNDED)
        for region in self.regions:
            chrom, start, end = chromosomes.parse_region(region, sizes)
            first, stop = ("tss", pl.col("tss") + 1) if by == "tss" else ("start", pl.col("end"))
            inside = (
                self.table.select((pl.col("chrom") == chrom) & (pl.col(first) < end) & (stop > start))
                .to_series()
                .to_numpy()
            )
            if not inside.any():
                raise InputError("holds no genes of the annotation", f"region {region!r}", "widen it")
            self._inside |= inside

    @property
    def known(self) -> set[str]:
        """The names of genes that are told of: listed or of the annotation, ids and symbols."""
        return {*(self.listed or ()), *self._rows}

    def places(self, ids: Iterable[str]) -> np.ndarray:
        """The row of each gene in `table`, -1 where it has none; int64."""
        return np.array([self._rows.get(id, -1) for id in ids], np.int64)

    def symbols(self, ids: Sequence[str], own: dict[str, str]) -> list[str]:
        """The symbol of each gene: the annotation's, else its own table's, else its id."""
        return [
            self._symbols[row] if row >= 0 else own.get(id) or id for id, row in zip(ids, self.places(ids), strict=True)
        ]

    def choose(self, ids: Sequence[str], own: dict[str, str]) -> np.ndarray:
        """Why each gene is left out: "" if it is wanted, else a reason of `DROPPED`."""
        reasons = np.full(len(ids), "", dtype=object)
        if self.regions:
            rows = self.places(ids)
            reasons[~self._inside[rows]] = "outside_region"
            reasons[rows < 0] = "no_position"
            self._found.update(self.table["id"].gather(rows[reasons == ""]))  # type: ignore[index]
        if self.listed is not None:
            symbols = self.symbols(ids, own)
            names = [id if id in self.listed else symbol for id, symbol in zip(ids, symbols, strict=True)]
            inside = np.array([name in self.listed for name in names], bool)
            self._found.update(name for name in names if name in self.listed)
            reasons[~inside] = "not_listed"
        return reasons

    def absent(self) -> list[str]:
        """The wanted genes that no call of `choose` has met: of the list, or else of the regions."""
        wanted = (
            self.listed
            if self.listed is not None
            else (self.table["id"].filter(self._inside).to_list() if self.table is not None else [])
        )
        return [name for name in wanted if name not in self._found]


@dataclass
class _Index:
    """Where the rows of tables with the same ids go.

    Attributes
    ----------
    first : (rows,) number of each row's id among the different ids
    second : (ids,) number of each id's gene among the genes, -1 for those left out
    names : ids of the genes
    symbols : gene id → symbol, as far as the tables tell
    tally : reason → number of rows left out
    """

    ids: pl.Series
    first: np.ndarray
    second: np.ndarray
    names: list[str]
    symbols: dict[str, str]
    tally: dict[str, int] = field(default_factory=dict)

    def bring(self, values: np.ndarray, duplicates: str) -> np.ndarray:
        """The value of each gene, from the rows' (rows,): float32."""
        if len(self.second) < len(values):
            values = _reduce(values, self.first, len(self.second), duplicates)
        kept = self.second >= 0
        if len(self.names) == len(values):
            return values.astype(np.float32, copy=False)
        return _reduce(values[kept], self.second[kept], len(self.names), "sum").astype(np.float32)


def _reduce(values: np.ndarray, group: np.ndarray, count: int, how: str) -> np.ndarray:
    if how == "max":
        most = np.full(count, -np.inf)
        np.maximum.at(most, group, values)
        return most
    if how == "first":
        first = np.empty(count)
        first[group[::-1]] = values[::-1]
        return first
    sums = np.bincount(group, values, count)
    return sums / np.bincount(group, minlength=count) if how == "mean" else sums


def assemble(
    samples: pd.DataFrame,
    quantifications: Iterable[Quantification],
    genes: Genes,
    rules: Rules,
    annotation: Annotation | None = None,
    assembly: str = "",
    settings: dict[str, Any] | None = None,
    sources: dict[str, str] | None = None,
    unlisted: Sequence[str] = (),
) -> Assembled:
    """Bring the samples' values together. They wait on the disk until all are there: memory does not grow with them.

    Parameters
    ----------
    samples : their names (index) and labels
    quantifications : one for each sample, in order; all of one unit
    annotation : the genes of transcripts and, where the tables have none, lengths
    settings, sources : what else to note on the origin of the values
    unlisted : samples of a whole matrix that are left out, for the table

    Raises
    ------
    InputError : different units, repeated or missing genes against the rules, values that cannot be scaled, no gene
        left
    """
    mapping = _Mapping(genes, rules, annotation)
    read: list[tuple[int, int]] = []
    digests: dict[str, str] = {}
    formats: set[str] = set()
    first: Quantification | None = None
    rows = _Rows()
    for sample, each in zip(samples.index, console.progress(quantifications, len(samples), "samples"), strict=True):
        first = first or each
        _alike(each, first, rules)
        index = mapping.index(each)
        with np.errstate(over="ignore"):
            row = index.bring(mapping.scale(each), rules.duplicates)
        if np.isinf(row).any():
            raise InputError("holds values above 3e38, the most that single precision takes", each.path, "correct them")
        rows.add(np.log1p(row) * np.float32(1 / np.log(2)) if rules.log2 else row, index)
        read.append((len(each.ids) + each.summary_rows, each.summary_rows))
        if each.digest:
            digests[sample] = each.digest
        formats.add(each.format)
    assert first is not None
    names = rows.close(genes.absent())
    if not names:
        raise InputError("none of the genes is wanted", first.path, "are genes named otherwise in list or annotation?")

    lacking = np.full(len(names), -1)  # the first sample that has no value of a gene
    most = np.full(len(names), -np.inf, np.float32)
    for part in scratch.pieces(len(samples), len(names)):
        values = rows.read(part.start, part.stop)
        unknown = np.isnan(values)
        new = np.flatnonzero(unknown.any(axis=0) & (lacking < 0))
        lacking[new] = part.start + unknown[:, new].argmax(axis=0)
        values[unknown] = 0
        np.maximum(most, values.max(axis=0), out=most)
    if (lacks := lacking >= 0).any() and rules.missing == "error":
        where = ((names[j], samples.index[lacking[j]]) for j in np.flatnonzero(lacks))
        examples = named(f"{name} (in {sample})" for name, sample in where)
        raise InputError(
            f"{lacks.sum()} genes have no value in some samples: {examples}",
            first.path,
            "choose --missing zero or --missing drop",
        )
    whole = ~lacks if rules.missing == "drop" else np.ones(len(names), bool)
    high = most > rules.min_max if rules.min_max is not None else np.ones(len(names), bool)
    kept = whole & high
    if not kept.any():
        raise InputError(
            f"no gene is left: {(~whole).sum()} lack values, {(whole & ~high).sum()} are low",
            first.path,
            "choose --missing zero, or lower --min-max",
        )
    table = _summary(samples.index, read, rows, bool(lacks.any()), whole, high)
    table += [
        dict.fromkeys(table[0], 0) | {"sample": name, "rows": read[0][0], "sample_not_listed": read[0][0]}
        for name in unlisted
    ]

    ids = [names[j] for j in np.flatnonzero(kept)]
    record = {
        **(settings or {}),
        "unit": rules.unit(first.unit),
        "values": first.unit,
        "formats": sorted(formats),
        "scale": rules.scale,
        "log2": rules.log2,
        "gene_level": rules.gene_level,
        "regions": genes.regions,
        "keep_versions": rules.keep_versions,
        "duplicates": rules.duplicates,
        "missing": rules.missing,
        "min_max": rules.min_max,
        "listed": None if genes.listed is None else len(genes.listed),
    }
    facts = _facts(ids, genes, rows.distinct)
    data = matrix.build(None, samples, facts, "genes", record, {**digests, **(sources or {})}, assembly)
    return Assembled(data, pl.DataFrame(table), rows, kept)


def _summary(
    samples: Iterable[str],
    read: Sequence[tuple[int, int]],
    rows: _Rows,
    some: bool,
    whole: np.ndarray,
    high: np.ndarray,
) -> list[dict[str, Any]]:
    """For each sample the numbers of rows read, kept and dropped by reason; `filled` and `absent` genes had no row.

    Parameters
    ----------
    read : rows of each sample, and those of a summary among them
    some : whether there are values that lack
    whole, high : (genes,), which ones the rules on missing and on low genes keep
    """
    table = []
    none = np.zeros(len(whole), bool)
    for number, (sample, (count, no_genes), index) in enumerate(zip(samples, read, rows.indices, strict=True)):
        lacks = np.isnan(rows.read(number, number + 1)[0]) if some else none
        dropped = {
            "summary_rows": no_genes,
            **index.tally,
            "no_value": (lacks & rows.own(index)).sum() if some else 0,
            "missing_elsewhere": (~lacks & ~whole).sum(),
            "low": (~lacks & whole & ~high).sum(),
        }
        table.append(
            {
                "sample": sample,
                "rows": count,
                "kept": int((~lacks & whole & high).sum()),
                **{reason: int(dropped.get(reason, 0)) for reason in DROPPED},
                "filled": int((lacks & whole & high).sum()),
                "absent": int((lacks & ~whole).sum()),
            }
        )
    return table


def _alike(each: Quantification, first: Quantification, rules: Rules) -> None:
    """Refuse tables that do not go together, or not with the rules."""
    if each.unit != first.unit:
        raise InputError(
            f"is in {each.unit}, {first.path} in {first.unit}", each.path, "name one that all have with --column"
        )
    if each.level and first.level and each.level != first.level:
        raise InputError(f"is of {each.level}s, {first.path} of {first.level}s", each.path, "give tables of one kind")
    if rules.gene_level and each.level == "gene":
        raise InputError("is of genes, not of transcripts", each.path, "leave --gene-level out")
    made = {"cpm": ("TPM", "FPKM"), "tpm": ("TPM",)}.get(rules.scale, ())
    if each.unit in made:
        raise InputError(
            f"is in {each.unit}, from which no {rules.scale.upper()} is made",
            each.path,
            "use --column count, or leave --scale out",
        )


class _Mapping:
    """From the rows of tables to genes."""

    def __init__(self, genes: Genes, rules: Rules, annotation: Annotation | None):
        self.genes, self.rules, self.annotation = genes, rules, annotation
        self._indices: list[_Index] = []
        self._lengths: dict[str, int] | None = None
        self._owners: dict[str, str] | None = None
        if rules.gene_level and annotation is not None:
            self._owners = dict(zip(annotation.transcripts["id"], annotation.transcripts["gene"], strict=True))

    def index(self, table: Quantification) -> _Index:
        """The index of a table; most tables share that of the first."""
        for index in self._indices[:1] + self._indices[-1:]:
            if index.ids is table.ids or index.ids.equals(table.ids):
                return index
        self._indices.append(self._make(table))
        return self._indices[-1]

    def _make(self, table: Quantification) -> _Index:
        rows = table.ids if self.rules.keep_versions else strip_versions(table.ids)
        own = dict(zip(rows, table.symbols, strict=True)) if table.symbols is not None else {}
        if self.rules.duplicates == "number" and not rows.is_unique().all():
            numbered = _numbered(rows, table.path)
            own = {new: own.get(old, old) for new, old in zip(numbered, rows, strict=True)}
            rows = numbered
        ids = rows.unique(maintain_order=True)
        first = rows.cast(pl.Enum(ids)).to_physical().to_numpy().astype(np.int64)
        if len(ids) < len(rows) and self.rules.duplicates == "error":
            twice = rows.filter(rows.is_duplicated()).unique(maintain_order=True)
            raise InputError(
                f"has {len(twice)} ids in more than one row: {named(twice)}",
                table.path,
                "choose --duplicates sum, max, mean, first or number",
            )
        owners: list[str | None] = self._genes_of(table, ids, rows) if self.rules.gene_level else ids.to_list()
        names = list(dict.fromkeys(name for name in owners if name is not None))
        reasons = dict(zip(names, self.genes.choose(names, own), strict=True))
        names = [name for name in names if not reasons[name]]
        number = {name: i for i, name in enumerate(names)}
        second = np.array([number.get(name, -1) if name is not None else -1 for name in owners], np.int64)
        why = np.array(["unknown_transcript" if name is None else reasons[name] for name in owners], object)[first]
        tally = {str(reason): int((why == reason).sum()) for reason in set(why) if reason}
        tally["merged"] = int((why == "").sum()) - len(names)
        return _Index(table.ids, first, second, names, own, tally)

    def _genes_of(self, table: Quantification, ids: pl.Series, rows: pl.Series) -> list[str | None]:
        """The gene of each transcript, None where it is unknown."""
        owners = self._owners
        if owners is None:
            if table.genes is None:
                raise InputError("does not tell the genes of transcripts", table.path, "give a GTF with --annotation")
            genes = table.genes if self.rules.keep_versions else strip_versions(table.genes)
            owners = dict(zip(rows, genes, strict=True))
        found = [owners.get(id) for id in ids]
        lost = [id for id, gene in zip(ids, found, strict=True) if gene is None]
        if lost and (self.rules.missing == "error" or len(lost) == len(found)):
            raise InputError(
                f"{len(lost)} of {len(found)} transcripts are not in the annotation: {named(lost)}",
                table.path,
                "give the annotation that they are of, or leave them out with --missing drop",
            )
        return found

    def scale(self, table: Quantification) -> np.ndarray:
        """The rows' values, scaled."""
        values = table.values
        allowed = self.rules.negative == "keep" and self.rules.scale == "none" and not self.rules.log2
        if not allowed and (bad := values < 0).any():
            at = int(bad.argmax())
            raise InputError(
                f"{bad.sum()} values are negative, the first {values[at]:g} of {table.ids[at]}",
                table.path,
                "correct them, or use --negative keep without --scale and --log2",
            )
        if self.rules.scale == "none":
            return values
        if self.rules.scale == "tpm" and table.unit != UNITS["fpkm"]:
            bases = self._lengths_of(table)  # of 0: too short for any read
            values = np.divide(values, bases, out=np.where(np.isnan(bases), np.nan, 0.0), where=bases > 0)
        total = np.nansum(values, dtype=np.float64)
        if not total > 0:
            raise InputError("has a sum of 0 and cannot be scaled", table.path, "leave the sample out")
        return values * (1e6 / total)

    def _lengths_of(self, table: Quantification) -> np.ndarray:
        """The rows' lengths, NaN where unknown."""
        if table.lengths is not None:
            return table.lengths
        if self.annotation is None or self.annotation.exons.is_empty():
            raise InputError("has no lengths, which TPM needs", table.path, "give a GTF or GFF3 with --annotation")
        if self._lengths is None:
            of = "transcript" if self.rules.gene_level else "gene"
            self._lengths = lengths(self.annotation.exons, of)
        ids = table.ids if self.rules.keep_versions else strip_versions(table.ids)
        rows = self.genes.places(ids)
        known = self.annotation.genes["id"]
        names = (
            ids
            if self.rules.gene_level
            else [known[int(row)] if row >= 0 else id for id, row in zip(ids, rows, strict=True)]
        )
        bases = np.array([self._lengths.get(name, np.nan) for name in names])
        if (unknown := np.isnan(bases)).any() and self.rules.missing == "error":
            raise InputError(
                f"{unknown.sum()} genes have no length in the annotation: {named(ids.filter(unknown))}",
                table.path,
                "choose --missing zero or --missing drop",
            )
        return bases


def _numbered(ids: pl.Series, path: str | Path) -> pl.Series:
    """Ids that are there once: from the second on, those that are the same get a number."""
    count = pl.int_range(1, pl.len() + 1).over("id")
    numbered = pl.DataFrame({"id": ids}).select(
        pl.when(count > 1).then(pl.col("id") + "_" + count.cast(pl.String)).otherwise("id")
    ).to_series()  # fmt: skip
    if not numbered.is_unique().all():
        twice = numbered.filter(numbered.is_duplicated())[0]
        raise InputError(f"has id {twice!r} beside one that would be numbered so", path, "choose other --duplicates")
    return numbered.alias("id")


class _Rows:
    """The values of the samples on the disk, each of the genes of its own index; once closed, of those of all samples."""

    def __init__(self) -> None:
        self.indices: list[_Index] = []
        self._values = scratch.Scratch()
        self._starts = [0]

    def add(self, row: np.ndarray, index: _Index) -> None:
        """The next sample's values, of the genes of an index."""
        self._values.add(row)
        self._starts.append(self._starts[-1] + len(row))
        self.indices.append(index)

    @property
    def distinct(self) -> list[_Index]:
        """The different indices, in the order of the samples."""
        return list({id(index): index for index in self.indices}.values())

    def close(self, absent: Sequence[str]) -> list[str]:
        """The genes of all samples in the order of their first appearance, and then those that are in none."""
        distinct = self.distinct
        names = list(dict.fromkeys([name for index in distinct for name in index.names] + list(absent)))
        place = {name: j for j, name in enumerate(names)}
        self._columns = {id(index): np.array([place[name] for name in index.names], np.int64) for index in distinct}
        self._one = len(distinct) == 1 and len(distinct[0].names) == len(names)
        self._width = len(names)
        return names

    def read(self, start: int, stop: int) -> np.ndarray:
        """(stop - start, genes) float32, NaN where a sample has no value."""
        first = self._starts[start]
        flat = self._values.read(first, self._starts[stop] - first)
        if self._one:
            return flat.reshape(-1, self._width)
        values = np.full((stop - start, self._width), np.nan, np.float32)
        for number, row in enumerate(values, start):
            row[self._columns[id(self.indices[number])]] = flat[
                self._starts[number] - first : self._starts[number + 1] - first
            ]
        return values

    def own(self, index: _Index) -> np.ndarray:
        """(genes,) bool: those of an index."""
        inside = np.zeros(self._width, bool)
        inside[self._columns[id(index)]] = True
        return inside


@dataclass
class Assembled:
    """Expression that was brought together.

    Attributes
    ----------
    data : samples and genes, without values; `var` has symbol and, with an annotation, chrom, start, end, strand, tss ("" and
        -1 where unknown)
    table : a row for each sample: rows read, kept, dropped by reason; genes filled with zero, and those that were
        dropped since it is without them
    """

    data: AnnData
    table: pl.DataFrame
    _rows: _Rows
    _kept: np.ndarray

    def rows(self, start: int, stop: int) -> np.ndarray:
        """(stop - start, genes) float32 values of some samples."""
        values = np.nan_to_num(self._rows.read(start, stop), copy=False, nan=0.0)
        return values if self._kept.all() else values[:, self._kept]

    def write(self, path: Path) -> None:
        """Write the matrix."""
        matrix.write_blocks(self.data, self.rows, path)

    def write_table(self, written: Path, path: Path) -> None:
        """Write the matrix, which is `written`, as text, a gene a row: gene_id, symbol, and the samples."""
        self._as_text(written, path, "gene_id", "symbol")

    def write_gct(self, written: Path, path: Path) -> None:
        """Write the matrix, which is `written`, as GCT 1.2, a gene a row: Name, Description (the symbol), and the samples."""
        top = f"#1.2\n{self.data.n_vars}\t{self.data.n_obs}\n"
        self._as_text(written, path, "Name", "Description", top)

    def _as_text(self, written: Path, path: Path, name: str, symbol: str, top: str = "") -> None:
        heads = {name: self.data.var_names.to_list(), symbol: self.data.var["symbol"].to_list()}
        tables.write_wide(path, heads, self.data.obs_names.to_list(), matrix.read_columns(written), top)

    def summary(self) -> str:
        """One line on the rows of all samples."""
        data, table = self.data, self.table
        unit = matrix.about(data)["settings"]["unit"]
        dropped = [f"{table[name].sum():,} {name.replace('_', ' ')}" for name in DROPPED if table[name].sum()]
        return f"{data.n_vars:,} genes of {data.n_obs} samples, {unit}; of {table['rows'].sum():,} rows dropped: " + (
            ", ".join(dropped) or "none"
        )


def _facts(ids: list[str], genes: Genes, indices: Iterable[_Index]) -> pd.DataFrame:
    """The table of genes: symbol and, with an annotation, chrom, start, end, strand, tss."""
    import pandas as pd

    own: dict[str, str] = {}
    for index in indices:
        own.update(index.symbols)
    facts: dict[str, Any] = {"symbol": genes.symbols(ids, own)}
    if genes.table is not None:
        rows = genes.places(ids)
        for name in ("chrom", "start", "end", "strand", "tss"):
            column = genes.table[name].to_numpy()[rows]
            column[rows < 0] = "" if column.dtype == object else -1
            facts[name] = column
    return pd.DataFrame(facts, index=pd.Index(ids, dtype=object))


def of_matrix(
    table: TextMatrix,
    listed: pd.DataFrame | None = None,
    unlisted: str = "error",
    unit: str = "",
    classes: Sequence[str] | None = None,
) -> tuple[pd.DataFrame, Iterator[Quantification], list[str]]:
    """The samples of a whole matrix.

    Parameters
    ----------
    listed : the table of a sample sheet; its columns become labels
    unlisted : "error", or "drop" samples that the sheet lacks
    unit : of the values
    classes : of each sample, in the order of the matrix: the label `class`

    Returns
    -------
    samples : names (index) and labels
    quantifications : one for each of them
    dropped : names of the samples left out

    Raises
    ------
    InputError : samples that the sheet lacks; classes of another number of samples
    """
    import pandas as pd

    labels = pd.DataFrame(
        {name.replace("/", "_"): table.sample_facts[name].to_list() for name in table.sample_facts.columns},
        index=pd.Index(table.samples, dtype=object),
    )
    if classes is not None:
        if len(classes) != len(labels):
            what = f"has the classes of {len(classes)} samples, the matrix has {len(labels)}"
            raise InputError(what, "--cls", "give the file of this matrix, with all its samples")
        labels["class"] = list(classes)
    dropped: list[str] = []
    if listed is not None:
        dropped = [name for name in table.samples if name not in listed.index]
        if dropped and (unlisted == "error" or len(dropped) == len(table.samples)):
            raise InputError(
                f"{len(dropped)} samples are not in the sheet: {named(dropped)}",
                table.path,
                "add them, or use --unlisted drop",
            )
        listed = listed.drop(columns="file", errors="ignore")
        labels = labels.drop(index=dropped).drop(columns=listed.columns, errors="ignore").join(listed)
    symbols = table.gene_facts["symbol"] if "symbol" in table.gene_facts.columns else None
    left_out = set(dropped)
    chosen = [i for i, name in enumerate(table.samples) if name not in left_out]
    quantifications = (
        Quantification(
            table.path, table.genes, values.astype(np.float64), unit or "value", table.format, symbols=symbols
        )
        for values in table.rows(chosen)
    )
    return labels.rename_axis("sample"), quantifications, dropped


def add_facts(data: AnnData, ids: pl.Series, facts: pl.DataFrame, keep_versions: bool = False) -> None:
    """Put what a whole matrix tells of its genes (Entrez ids, names) into the table of genes, a column each. Of ids with
    several rows, and in columns that are there already, nothing is put."""
    names = ids if keep_versions else strip_versions(ids)
    once = ~names.is_duplicated()
    place = {name: row for row, (name, alone) in enumerate(zip(names, once, strict=True)) if alone}
    rows = [place.get(name) for name in data.var_names]
    for column in facts.columns:
        if column not in data.var.columns:
            values = facts[column].to_list()
            data.var[column] = ["" if row is None else str(values[row]) for row in rows]


def read_list(path: str | Path, keep_versions: bool = False) -> list[str]:
    """A list of genes: the first column of a text file, plain or gzipped; a head such as `gene_id` is passed over.

    Raises
    ------
    InputError : an empty file, or one that is no text
    """
    lines = text.decoded(text.read(path), path).splitlines()
    names = [line.split("\t")[0].strip() for line in lines if line.strip() and not line.startswith("#")]
    names = names[1:] if names and names[0].lower() in _HEADS else names
    if not names:
        raise InputError("lists no genes", path, "write an id or symbol a line")
    return names if keep_versions else strip_versions(pl.Series(names)).to_list()
