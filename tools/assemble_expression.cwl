#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: assemble_expression
label: Bring RNA-seq tables into a matrix of samples by genes
doc: |
  Reads an RNA-seq table for each sample (RSEM, ENCODE, Salmon, kallisto, featureCounts, StringTie, STAR, HTSeq), or a
  whole matrix, and writes one matrix (.h5ad) of the expression of each gene, and a table of what was read, kept and
  dropped by reason.

baseCommand: genloom-assemble-expression
arguments: [--output, expression.h5ad, --summary, expression.tsv]

inputs:
  tables:
    type: File[]?
    format: edam:format_2330
    doc: An RNA-seq table for each sample, plain or gzipped; this or the matrix is needed
    inputBinding: {prefix: --tables}
  matrix:
    type: File?
    format: [edam:format_3475, edam:format_3752, edam:format_3709, edam:format_3620]
    doc: A whole matrix, as import_expression takes it with more to choose; this or the tables are needed
    inputBinding: {prefix: --matrix}
  format:
    type:
      type: enum
      symbols: [auto, rsem, encode, salmon, kallisto, featurecounts, stringtie, star, htseq, table, tsv, csv, gct, gctx, xlsx, series]
    default: auto
    doc: Format of the tables or the matrix; auto goes by content; table is any with a header
    inputBinding: {prefix: --format}
  names:
    type: string[]?
    doc: Of tables, names of the samples, in the files' order; by default the files' names
    inputBinding: {prefix: --names}
  sheet:
    type: File?
    format: edam:format_3475
    doc: Sample sheet, with columns sample, for tables optionally file, and labels, which go along into the matrix
    inputBinding: {prefix: --sheet}
  unlisted:
    type: {type: enum, symbols: [error, drop]}
    default: error
    doc: What to do with samples of a matrix that the sheet lacks
    inputBinding: {prefix: --unlisted}
  column:
    type: string?
    doc: >-
      Of tables, tpm, count or fpkm, or a column's name; by default TPM where there is one and nothing is scaled, else counts
    inputBinding: {prefix: --column}
  id_column:
    type: string?
    doc: >-
      Column of the ids of genes (of a matrix with samples in rows, the samples' names); by default the format's, or the
      first
    inputBinding: {prefix: --id-column}
  strand:
    type: {type: enum, symbols: [unstranded, forward, reverse]}
    default: unstranded
    doc: >-
      Which of the three counts of STAR, of unstranded reads, or of libraries whose first or second read is on the gene's
      strand
    inputBinding: {prefix: --strand}
  orientation:
    type: {type: enum, symbols: [auto, genes-in-rows, samples-in-rows]}
    default: auto
    doc: Of a matrix; auto goes by its names, else the longer side is that of genes
    inputBinding: {prefix: --orientation}
  fact_columns:
    type: string[]
    default: []
    doc: Columns of a matrix that hold no values but facts on genes or, with samples in rows, labels of samples
    inputBinding: {prefix: --fact-columns}
  sheet_name:
    type: string
    default: ""
    doc: Sheet of an XLSX; by default the first
    inputBinding: {prefix: --sheet-name}
  unit:
    type: string
    default: ""
    doc: Of a matrix, what its values are (counts, TPM, ...), to be noted
    inputBinding: {prefix: --unit}
  negative:
    type: {type: enum, symbols: [error, keep]}
    default: error
    doc: What to do with negative values of a matrix, such as log ratios
    inputBinding: {prefix: --negative}
  annotation:
    type: File?
    format: [edam:format_2306, edam:format_1975, edam:format_3003]
    doc: GTF, GFF3, or BED of start sites (chrom, start, end, accession, symbol, strand); notes symbol and place of each gene
    inputBinding: {prefix: --annotation}
  gene_level:
    type: boolean
    default: false
    doc: Sum the transcripts of each gene, told by the annotation or by RSEM's own column
    inputBinding: {prefix: --gene-level}
  genes:
    type: File?
    format: edam:format_2330
    doc: Keep these genes, a text file with an id or symbol a line
    inputBinding: {prefix: --genes}
  region:
    type: string[]?
    doc: Keep the annotation's genes in these, chr1 or chr1:1-1000000 (from 1, last base included)
    inputBinding: {prefix: --region}
  region_by:
    type: {type: enum, symbols: [tss, body]}
    default: tss
    doc: A gene is in a region with its start site, or with any part of it
    inputBinding: {prefix: --region-by}
  keep_versions:
    type: boolean
    default: false
    doc: Keep the version of Ensembl and RefSeq ids, the 12 in ENSG00000141510.12
    inputBinding: {prefix: --keep-versions}
  duplicates:
    type: {type: enum, symbols: [error, sum, max, mean, first, number]}
    default: error
    doc: What to do with several rows of one id; number keeps each, as a, a_2, a_3
    inputBinding: {prefix: --duplicates}
  missing:
    type: {type: enum, symbols: [error, zero, drop]}
    default: error
    doc: >-
      What to do with genes that have no value in some samples; drop also leaves out transcripts that the annotation lacks
    inputBinding: {prefix: --missing}
  scale:
    type: {type: enum, symbols: [none, cpm, tpm]}
    default: none
    doc: >-
      cpm brings counts to a sum of one million in each sample; tpm does so after division by the genes' lengths
    inputBinding: {prefix: --scale}
  log2:
    type: boolean
    default: false
    doc: Take log2(value + 1)
    inputBinding: {prefix: --log2}
  min_max:
    type: double?
    doc: >-
      Keep genes whose maximum over the samples is above this, after scaling; a choice made on all given samples, also those
      of a later test part
    inputBinding: {prefix: --min-max}
  assembly:
    type: string
    default: ""
    doc: The genome assembly, such as hg38, to note in the matrix
    inputBinding: {prefix: --assembly}
  table:
    type: string?
    doc: Name of a text table (.tsv) to write too, with genes in rows
    inputBinding: {prefix: --table}
  gct:
    type: string?
    doc: Name of a GCT 1.2 file to write too
    inputBinding: {prefix: --gct}
  threads:
    type: int
    default: 1
    doc: Processor cores to use (1 to 1024)
    inputBinding: {prefix: --threads, valueFrom: $(runtime.cores)}

outputs:
  expression:
    type: File
    format: edam:format_3590
    doc: Samples by genes
    outputBinding: {glob: expression.h5ad}
  summary:
    type: File
    format: edam:format_3475
    doc: The rows of each sample that were read, kept, and dropped by reason
    outputBinding: {glob: expression.tsv}
  text_table:
    type: File?
    format: edam:format_3475
    doc: The matrix as text, with genes in rows
    outputBinding: {glob: $(inputs.table)}
  gct_matrix:
    type: File?
    format: edam:format_3709
    doc: The matrix as GCT 1.2
    outputBinding: {glob: $(inputs.gct)}

requirements:
  NetworkAccess: {networkAccess: false}
hints:
  ResourceRequirement: {coresMin: $(inputs.threads), ramMin: 1024}
  SoftwareRequirement:
    packages:
      genloom: {version: ["0.1.0"]}

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [edam_excerpt.owl]
