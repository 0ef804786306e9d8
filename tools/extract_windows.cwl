#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: extract_windows
label: Cut a genome into windows for training
doc: |
  Cuts windows out of a genome and labels them from its annotation: tiles with their donors and acceptors, tiles that say
  whether they hold exon, intron and boundary, or the sequence around transcription start sites. A table tells what was
  left out and why.

baseCommand: genloom-extract-windows
arguments: [--output, windows.h5, --summary, windows.tsv]

inputs:
  kind:
    type: {type: enum, symbols: [boundaries, content, promoters]}
    default: boundaries
    doc: >-
      boundaries are tiles with their donors and acceptors; content, tiles that say whether they hold exon, intron and
      boundary; promoters, the sequence around transcription start sites
    inputBinding: {prefix: --kind}
  genome:
    type: File
    format: edam:format_1929
    secondaryFiles: [{pattern: .fai, required: false}]
    doc: The genome (FASTA), plain, bgzip or gzip; a .fai beside it is used
    inputBinding: {prefix: --genome}
  annotation:
    type: File?
    format: [edam:format_2306, edam:format_1975]
    doc: Its genes, GTF or GFF3, plain or gzipped; only promoters can do without
    inputBinding: {prefix: --annotation}
  tss:
    type: File?
    format: edam:format_3003
    doc: >-
      For promoters, start sites that replace the annotation's, with gene and strand; intervals that all are upstream plus
      downstream long are the promoters themselves
    inputBinding: {prefix: --tss}
  assembly:
    type: string
    default: ""
    doc: The genome assembly, such as hg38, to note in the file
    inputBinding: {prefix: --assembly}
  transcripts:
    type: {type: enum, symbols: [canonical, longest, all]}
    default: canonical
    doc: >-
      Of a gene, the one tagged MANE Select, else Ensembl canonical, else the longest; the longest (coding bases, then
      exonic bases); or all, their sites put together
    inputBinding: {prefix: --transcripts}
  gene_type:
    type: string[]?
    doc: Only genes of these types, such as protein_coding; by default all
    inputBinding: {prefix: --gene-type}
  without_stop:
    type: {type: enum, symbols: [skip, keep]}
    default: skip
    doc: Transcripts whose coding sequence ends in no stop codon in the FASTA; tiles on skipped ones are skipped, too
    inputBinding: {prefix: --without-stop}
  region:
    type: string[]?
    doc: Only these, chr1 or chr1:1-1000000 (from 1, last base included); by default all
    inputBinding: {prefix: --region}
  part:
    type: File?
    format: edam:format_3003
    doc: >-
      A part of the chromosomes, from split_genome with the same region; what is written is that part of the windows, for
      merge_parts
    inputBinding: {prefix: --part}
  window:
    type: int
    default: 5000
    doc: Bases of a window, for boundaries and content (1 to 10000000)
    inputBinding: {prefix: --window}
  stride:
    type: int
    default: 0
    doc: Bases from one window's start to the next; 0 for the length of the window (0 to 10000000)
    inputBinding: {prefix: --stride}
  context:
    type: int
    default: 10000
    doc: Bases seen beside a window, half on each side, the largest context of the models to train (0 to 10000000)
    inputBinding: {prefix: --context}
  strand:
    type: {type: enum, symbols: [both, gene, plus, minus]}
    default: both
    doc: Take each window on both strands, on the strands that have a gene in it, or on one
    inputBinding: {prefix: --strand}
  flank:
    type: {type: enum, symbols: [real, N]}
    default: real
    doc: With N, bases outside a window's genes are shown as N, as is the context of a window without
    inputBinding: {prefix: --flank}
  empty_share:
    type: double
    default: 1.0
    doc: Share of windows without sites, at the most; others are left out by chance, by chromosome (0 to 1)
    inputBinding: {prefix: --empty-share}
  upstream:
    type: int
    default: 7000
    doc: For promoters, bases before the start site (0 to 10000000)
    inputBinding: {prefix: --upstream}
  downstream:
    type: int
    default: 3500
    doc: For promoters, bases from the start site on, itself included (1 to 10000000)
    inputBinding: {prefix: --downstream}
  half_life:
    type: boolean
    default: false
    doc: >-
      For promoters, add features of mRNA half-life (lengths and G+C of UTRs and coding sequence, intron length, density
      of exon junctions); leaves out genes without a coding sequence
    inputBinding: {prefix: --half-life}
  max_n:
    type: double
    default: 0.5
    doc: Leave out windows with a larger share of N, beyond the ends of a sequence included (0 to 1)
    inputBinding: {prefix: --max-n}
  seed:
    type: long
    default: 1
    doc: Seed of every random choice (0 to 4294967295)
    inputBinding: {prefix: --seed}
  compress:
    type: boolean
    default: false
    doc: Pack the sequence with gzip, a third of the size, several times slower to write and read
    inputBinding: {prefix: --compress}

outputs:
  windows:
    type: File
    format: edam:format_3590
    doc: The windows, their places and labels (.h5)
    outputBinding: {glob: windows.h5}
  summary:
    type: File
    format: edam:format_3475
    doc: What was left out or is worth knowing, by reason
    outputBinding: {glob: windows.tsv}

requirements:
  NetworkAccess: {networkAccess: false}
hints:
  ResourceRequirement: {coresMin: 1, ramMin: 1024}
  SoftwareRequirement:
    packages:
      genloom: {version: ["0.1.0"]}

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [edam_excerpt.owl]
