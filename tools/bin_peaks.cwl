#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: bin_peaks
label: Turn peak files into a matrix of samples by genome bins
doc: |
  Reads a BED, narrowPeak or broadPeak file for each sample and writes one matrix (.h5ad) of what lies in each bin of the
  genome, and a table of the peaks read, kept and dropped by reason.

baseCommand: genloom-bin-peaks
arguments: [--output, bins.h5ad, --summary, bins.tsv]

inputs:
  peaks:
    type: File[]
    format: edam:format_3003
    doc: A BED, narrowPeak or broadPeak file for each sample, plain or gzipped
    inputBinding: {prefix: --peaks}
  names:
    type: string[]?
    doc: Names of the samples, in the files' order; by default the files' names without suffixes
    inputBinding: {prefix: --names}
  sheet:
    type: File?
    format: edam:format_3475
    doc: Sample sheet, with columns sample, optionally file, and labels, which go along into the matrix
    inputBinding: {prefix: --sheet}
  sizes:
    type: File
    format: [edam:format_3475, edam:format_1929]
    doc: Chromosome sizes, as .fai, a table of name and length, or the FASTA
    inputBinding: {prefix: --sizes}
  bin_size:
    type: int
    default: 1000
    doc: Bases in a bin (1 to 1000000000)
    inputBinding: {prefix: --bin-size}
  region:
    type: string[]?
    doc: Bin only these, chr1 or chr1:1-1000000 (from 1, last base included); by default all
    inputBinding: {prefix: --region}
  assign:
    type: {type: enum, symbols: [midpoint, overlap, summit]}
    default: midpoint
    doc: A peak counts in its midpoint's bin, in every bin it overlaps, or in its summit's bin
    inputBinding: {prefix: --assign}
  value:
    type: {type: enum, symbols: [binary, count, max-signal, mean-signal, width-x-score]}
    default: binary
    doc: >-
      Of a bin: 1 if it has a peak; the number of its peaks; their highest or mean signal; the sum of their width (within
      the bin, with overlap) x score
    inputBinding: {prefix: --value}
  min_score:
    type: double?
    doc: Drop peaks with a score (column 5) below this
    inputBinding: {prefix: --min-score}
  min_signal:
    type: double?
    doc: Drop peaks with a signal value (column 7) below this
    inputBinding: {prefix: --min-signal}
  min_p:
    type: double?
    doc: Drop peaks with a -log10 p-value (column 8) below this
    inputBinding: {prefix: --min-p}
  min_q:
    type: double?
    doc: Drop peaks with a -log10 q-value (column 9) below this
    inputBinding: {prefix: --min-q}
  normalise:
    type: {type: enum, symbols: [none, depth, quantile]}
    default: none
    doc: >-
      depth scales each sample to a sum of one million; quantile gives the filled bins of all samples one distribution,
      which it learns from all given samples, also those of a later test part
    inputBinding: {prefix: --normalise}
  keep_empty:
    type: boolean
    default: false
    doc: Keep bins that no sample fills, too
    inputBinding: {prefix: --keep-empty}
  assembly:
    type: string
    default: ""
    doc: The genome assembly, such as hg38, to note in the matrix
    inputBinding: {prefix: --assembly}
  threads:
    type: int
    default: 1
    doc: Processor cores to use (1 to 1024)
    inputBinding: {prefix: --threads, valueFrom: $(runtime.cores)}

outputs:
  bins:
    type: File
    format: edam:format_3590
    doc: Samples by bins
    outputBinding: {glob: bins.h5ad}
  summary:
    type: File
    format: edam:format_3475
    doc: The peaks of each sample, read, kept, and dropped by reason
    outputBinding: {glob: bins.tsv}

requirements:
  NetworkAccess: {networkAccess: false}
hints:
  ResourceRequirement: {coresMin: $(inputs.threads), ramMin: 2048}
  SoftwareRequirement:
    packages:
      genloom: {version: ["0.1.0"]}

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [edam_excerpt.owl]
