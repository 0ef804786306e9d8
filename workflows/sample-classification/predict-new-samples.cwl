#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: predict_new_classes
label: Tell the classes of new samples
doc: |
  Reads a table of new samples, and tells the class of each by itself with a model that sample-classification made. Probes that
  the model looks for must all be there; no class is called for a sample that is unlike all training samples.

inputs:
  model:
    type: File
    format: edam:format_2333
    label: Model
    doc: A model (.safetensors) from sample-classification
  matrix:
    type: File
    format: [edam:format_3475, edam:format_3752, edam:format_3709, edam:format_3620, edam:format_3590, edam:format_2330]
    label: Table of expression
    doc: Of the new samples, one or many, on the scale of the training samples
  fact_columns:
    type: string[]
    default: []
    label: Columns of labels
    doc: Columns of a table with samples in rows that hold no values but labels
  orientation:
    type: {type: enum, symbols: [auto, genes-in-rows, samples-in-rows]}
    default: auto
    label: Orientation
    doc: auto goes by the names, else the longer side is that of genes
  negative:
    type: {type: enum, symbols: [error, keep]}
    default: error
    label: Negative values
    doc: As for the training samples
  log2:
    type: boolean
    default: false
    label: Logarithm
    doc: As for the training samples
  threads:
    type: int
    default: 1
    label: Threads
    doc: Processor cores to use

steps:
  import_expression:
    label: Read the table
    doc: One matrix of samples by probes
    run: ../../tools/import_expression.cwl
    in:
      matrix: matrix
      fact_columns: fact_columns
      orientation: orientation
      negative: negative
      log2: log2
      threads: threads
    out: [expression]
  predict_classes:
    label: Tell the classes
    doc: The probability of each class, sample by sample
    run: ../../tools/predict_classes.cwl
    in:
      model: model
      matrix: import_expression/expression
      threads: threads
    out: [predictions, table]

outputs:
  predictions:
    type: File
    format: edam:format_3475
    label: Predictions
    doc: The probabilities, a line a sample and class
    outputSource: predict_classes/predictions
  calls:
    type: File
    format: edam:format_3475
    label: Calls
    doc: A line a sample, with the class that is called, or why none is
    outputSource: predict_classes/table

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [../../tools/edam_excerpt.owl]
