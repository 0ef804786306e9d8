#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: extract_windows_scattered
label: Cut a genome into windows, chromosomes beside each other
doc: |
  Divides a genome into parts of whole chromosomes, cuts windows from each in a job of its own, and joins them to the file that
  one job would have made. If a job fails there are no windows.

requirements:
  ScatterFeatureRequirement: {}

inputs:
  genome:
    type: File
    format: edam:format_1929
    secondaryFiles: [{pattern: .fai, required: false}]
    label: Genome
    doc: The genome (FASTA), plain, bgzip or gzip; a .fai beside it is used
  kind:
    type: {type: enum, symbols: [boundaries, content, promoters]}
    default: boundaries
    label: What to cut out
    doc: >-
      boundaries are tiles with their donors and acceptors; content, tiles that say whether they hold exon, intron and
      boundary; promoters, the sequence around transcription start sites
  annotation:
    type: File?
    format: [edam:format_2306, edam:format_1975]
    label: Annotation
    doc: Its genes, GTF or GFF3, plain or gzipped; only promoters can do without
  assembly:
    type: string
    default: ""
    label: Genome assembly
    doc: The genome assembly, such as hg38, to note in the file
  transcripts:
    type: {type: enum, symbols: [canonical, longest, all]}
    default: canonical
    label: Of a gene, take
    doc: >-
      Of a gene, the one tagged MANE Select, else Ensembl canonical, else the longest; the longest (coding bases, then
      exonic bases); or all, their sites put together
  gene_type:
    type: string[]?
    label: Gene types
    doc: Only genes of these types, such as protein_coding; by default all
  region:
    type: string[]?
    label: Regions
    doc: Only these, chr1 or chr1:1-1000000 (from 1, last base included); by default all
  window:
    type: int
    default: 5000
    label: Window
    doc: Bases of a window, for boundaries and content (1 to 10000000)
  stride:
    type: int
    default: 0
    label: Stride
    doc: Bases from one window's start to the next; 0 for the length of the window (0 to 10000000)
  context:
    type: int
    default: 10000
    label: Context
    doc: Bases seen beside a window, half on each side, the largest context of the models to train (0 to 10000000)
  strand:
    type: {type: enum, symbols: [both, gene, plus, minus]}
    default: both
    label: Strand
    doc: Take each window on both strands, on the strands that have a gene in it, or on one
  flank:
    type: {type: enum, symbols: [real, N]}
    default: real
    label: Bases outside genes
    doc: With N, bases outside a window's genes are shown as N, as is the context of a window without
  empty_share:
    type: double
    default: 1.0
    label: Share of windows without sites
    doc: Share of windows without sites, at the most; others are left out by chance, by chromosome (0 to 1)
  upstream:
    type: int
    default: 7000
    label: Upstream
    doc: For promoters, bases before the start site (0 to 10000000)
  downstream:
    type: int
    default: 3500
    label: Downstream
    doc: For promoters, bases from the start site on, itself included (1 to 10000000)
  half_life:
    type: boolean
    default: false
    label: Features of half-life
    doc: >-
      For promoters, add features of mRNA half-life (lengths and G+C of UTRs and coding sequence, intron length, density
      of exon junctions); leaves out genes without a coding sequence
  max_n:
    type: double
    default: 0.5
    label: Largest share of N
    doc: Leave out windows with a larger share of N, beyond the ends of a sequence included (0 to 1)
  seed:
    type: long
    default: 1
    label: Seed
    doc: Seed of every random choice (0 to 4294967295)
  parts:
    type: int
    default: 10
    label: Parts
    doc: Jobs beside each other at the most, each with whole chromosomes

steps:
  divide:
    label: Divide the genome
    doc: Parts of whole chromosomes of about one size
    run: ../../tools/split_genome.cwl
    in:
      sizes: {source: genome}
      region: region
      parts: parts
    out: [genome_parts]
  cut:
    label: Cut windows
    doc: Of the chromosomes of one part
    run: ../../tools/extract_windows.cwl
    scatter: part
    in:
      genome: genome
      part: divide/genome_parts
      kind: kind
      annotation: annotation
      assembly: assembly
      transcripts: transcripts
      gene_type: gene_type
      region: region
      window: window
      stride: stride
      context: context
      strand: strand
      flank: flank
      empty_share: empty_share
      upstream: upstream
      downstream: downstream
      half_life: half_life
      max_n: max_n
      seed: seed
    out: [windows]
  join:
    label: Join the windows
    doc: All parts are there and were cut alike
    run: ../../tools/merge_parts.cwl
    in:
      parts: cut/windows
      output: {default: windows.h5}
      summary: {default: windows.tsv}
    out: [whole, account]

outputs:
  windows:
    type: File
    format: edam:format_3590
    label: Windows
    doc: The windows, their places and labels (.h5)
    outputSource: join/whole
  summary:
    type: File?
    format: edam:format_3475
    label: What was left out
    doc: What was left out or is worth knowing, by reason
    outputSource: join/account

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [../../tools/edam_excerpt.owl]
