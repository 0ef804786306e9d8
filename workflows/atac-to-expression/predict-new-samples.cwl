#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: predict_new_samples
label: Predict the expression of new samples from their peaks
doc: |
  Bins the peaks of new samples as those of the training samples were, and predicts the expression of each gene with a
  model that atac-to-expression made. The settings of the bins must be those of the model; others are refused.

inputs:
  model:
    type: File
    format: edam:format_2333
    label: Model
    doc: A model (.safetensors) from atac-to-expression
  peaks:
    type: File[]
    format: edam:format_3003
    label: Peaks
    doc: A BED, narrowPeak or broadPeak file for each new sample, plain or gzipped
  peak_names:
    type: string[]?
    label: Samples of the peaks
    doc: Names of the samples in the order of the peak files; by default the files' names without suffixes
  sizes:
    type: File
    format: [edam:format_3475, edam:format_1929]
    label: Chromosome sizes
    doc: As .fai, a table of name and length, or the FASTA
  assembly:
    type: string
    default: ""
    label: Genome assembly
    doc: Such as hg38; a model of another assembly is refused
  region:
    type: string[]?
    label: Regions
    doc: As for the model
  bin_size:
    type: int
    default: 1000
    label: Bin size
    doc: As for the model
  assign:
    type: {type: enum, symbols: [midpoint, overlap, summit]}
    default: midpoint
    label: Bin of a peak
    doc: As for the model
  value:
    type: {type: enum, symbols: [binary, count, max-signal, mean-signal, width-x-score]}
    default: binary
    label: Value of a bin
    doc: As for the model
  min_score:
    type: double?
    label: Lowest score
    doc: As for the model
  normalise:
    type: {type: enum, symbols: [none, depth, quantile]}
    default: none
    label: Normalisation of bins
    doc: As for the model
  threads:
    type: int
    default: 1
    label: Threads
    doc: Processor cores to use

steps:
  bin_peaks:
    label: Bin the peaks
    doc: Which bins of the genome are open in each new sample
    run: ../../tools/bin_peaks.cwl
    in:
      peaks: peaks
      names: peak_names
      sizes: sizes
      assembly: assembly
      region: region
      bin_size: bin_size
      assign: assign
      value: value
      min_score: min_score
      normalise: normalise
      threads: threads
    out: [bins, summary]
  predict_model:
    label: Predict
    doc: The expression of each gene of the model in each new sample
    run: ../../tools/predict_model.cwl
    in:
      model: model
      bins: bin_peaks/bins
      threads: threads
    out: [predictions, table]

outputs:
  predictions:
    type: File
    format: edam:format_3475
    label: Predictions
    doc: A line a sample and gene
    outputSource: predict_model/predictions
  table:
    type: File
    format: edam:format_3475
    label: Predicted expression
    doc: Genes by samples
    outputSource: predict_model/table
  peak_summary:
    type: File
    format: edam:format_3475
    label: Peaks read
    doc: The peaks of each sample, read, kept, and dropped by reason
    outputSource: bin_peaks/summary

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [../../tools/edam_excerpt.owl]
