#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: bin_peaks_scattered
label: Bin many samples, a job for each
doc: |
  Counts the peaks of each sample in the bins of a genome, in a job of its own, and joins the samples to the matrix that one job
  would have made of all. If a job fails there is no matrix.

requirements:
  ScatterFeatureRequirement: {}

inputs:
  peaks:
    type: File[]
    format: edam:format_3003
    label: Peaks
    doc: A BED, narrowPeak or broadPeak file for each sample, plain or gzipped
  peak_names:
    type: string[]
    label: Samples
    doc: Names of the samples in the order of the peak files
  sheet:
    type: File?
    format: edam:format_3475
    label: Sample sheet
    doc: Table with the column sample and facts on the samples, such as their group
  sizes:
    type: File
    format: [edam:format_3475, edam:format_1929]
    label: Chromosome sizes
    doc: As .fai, a table of name and length, or the FASTA
  assembly:
    type: string
    default: ""
    label: Genome assembly
    doc: Such as hg38, to note in matrices and model
  region:
    type: string[]?
    label: Regions
    doc: Bins and genes of these alone, chr1 or chr1:1-1000000 (from 1, last base included); by default the whole genome
  bin_size:
    type: int
    default: 1000
    label: Bin size
    doc: Bases in a bin
  assign:
    type: {type: enum, symbols: [midpoint, overlap, summit]}
    default: midpoint
    label: Bin of a peak
    doc: A peak counts in its midpoint's bin, in every bin it overlaps, or in its summit's bin
  value:
    type: {type: enum, symbols: [binary, count, max-signal, mean-signal, width-x-score]}
    default: binary
    label: Value of a bin
    doc: 1 if it has a peak; the number of its peaks; their highest or mean signal; the sum of their width x score
  min_score:
    type: double?
    label: Lowest score
    doc: Drop peaks with a score (column 5) below this
  normalise:
    type: {type: enum, symbols: [none, depth, quantile]}
    default: none
    label: Normalisation of bins
    doc: depth scales each sample to one sum; quantile gives all samples one distribution
  keep_empty:
    type: boolean
    default: false
    label: Keep empty bins
    doc: Keep bins that no sample fills, too
  threads:
    type: int
    default: 1
    label: Threads
    doc: Processor cores of a job

steps:
  bin_one:
    label: Bin a sample
    doc: Its part of the matrix
    run: ../../tools/bin_sample.cwl
    scatter: [peaks, names]
    scatterMethod: dotproduct
    in:
      peaks: peaks
      names: peak_names
      whole: peak_names
      sheet: sheet
      sizes: sizes
      bin_size: bin_size
      region: region
      assign: assign
      value: value
      min_score: min_score
      normalise: normalise
      keep_empty: keep_empty
      assembly: assembly
      threads: threads
    out: [part]
  join:
    label: Join the samples
    doc: All are there and were binned alike; then what needs all of them is done
    run: ../../tools/merge_parts.cwl
    in:
      parts: bin_one/part
      output: {default: bins.h5ad}
      summary: {default: bins.tsv}
    out: [whole, account]

outputs:
  bins:
    type: File
    format: edam:format_3590
    label: Bins
    doc: Samples by bins
    outputSource: join/whole
  peak_summary:
    type: File?
    format: edam:format_3475
    label: Peaks read
    doc: The peaks of each sample, read, kept, and dropped by reason
    outputSource: join/account

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [../../tools/edam_excerpt.owl]
