#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: sample_classification
label: From a table of expression to a classifier of samples
doc: |
  Learns to tell the class of a sample, such as a type of leukemia, from a published table of expression, and judges that on
  samples held out. The table becomes a matrix, its samples are divided by class, models are trained and tuned within the
  training part of each fold, and a report says how well each class is told, from which probes, and how surely.

inputs:
  matrix:
    type: File
    format: [edam:format_3475, edam:format_3752, edam:format_3709, edam:format_3620, edam:format_3590, edam:format_2330]
    label: Table of expression
    doc: TSV, CSV (such as CuMiDa's), XLSX, GCT, GCTX, or a series matrix of GEO
  cls:
    type: File?
    format: edam:format_2330
    label: Classes (CLS)
    doc: The class of each sample, in the format that goes with GCT; becomes the label class
  sheet:
    type: File?
    format: edam:format_3475
    label: Sample sheet
    doc: Table with the column sample and labels of the samples, such as their class
  fact_columns:
    type: string[]
    default: []
    label: Columns of labels
    doc: Columns of a table with samples in rows that hold no values but labels, such as type in CuMiDa's
  orientation:
    type: {type: enum, symbols: [auto, genes-in-rows, samples-in-rows]}
    default: auto
    label: Orientation
    doc: auto goes by the names, else the longer side is that of genes
  negative:
    type: {type: enum, symbols: [error, keep]}
    default: error
    label: Negative values
    doc: What to do with negative values, such as log ratios
  unit:
    type: string
    default: ""
    label: Unit
    doc: What the values are, such as log2, to be noted
  log2:
    type: boolean
    default: false
    label: Logarithm
    doc: Take log2(value + 1) of raw intensities or counts
  label:
    type: string
    label: Class column
    doc: The label that is to be told
  drop_classes:
    type: string[]
    default: []
    label: Classes to leave out
    doc: Such as those with fewer samples than folds
  group:
    type: string?
    label: Group
    doc: Label whose values are kept in one part each, such as patient, laboratory or day
  folds:
    type: int
    default: 5
    label: Folds
    doc: Of the cross-validation
  repeats:
    type: int
    default: 1
    label: Repeats
    doc: Of the folds, drawn anew each time
  architecture:
    type: {type: enum, symbols: [discriminant, vote, logistic, svm, centroids, forest, boosting, mlp, knn, majority]}
    default: discriminant
    label: Model
    doc: The model to write; vote is the mean of logistic, svm, discriminant and knn
  compare:
    type: string[]
    default: []
    label: Further models
    doc: To judge beside it; majority and knn always are
  permutations:
    type: int
    default: 49
    label: Permutations
    doc: Repeat the cross-validation so often with classes given at random (1 to 10000)
  normalise:
    type: {type: enum, symbols: [quantile, none]}
    default: quantile
    label: Normalisation
    doc: quantile gives each sample the mean distribution of the training samples
  select_features:
    type: int[]
    default: [100, 300, 1000]
    label: Probes to choose
    doc: How many, by analysis of variance; of several numbers inner folds choose one
  title:
    type: string?
    label: Title
    doc: Title of the report
  seed:
    type: long
    default: 1
    label: Seed
    doc: Seed of every random choice
  threads:
    type: int
    default: 1
    label: Threads
    doc: Processor cores to use
  memory:
    type: int
    default: 4096
    label: Memory
    doc: To reserve for the steps that need more of it for more data, MiB

steps:
  import_expression:
    label: Read the table
    doc: One matrix of samples by probes, with the labels of the samples
    run: ../../tools/import_expression.cwl
    in:
      matrix: matrix
      cls: cls
      sheet: sheet
      fact_columns: fact_columns
      orientation: orientation
      negative: negative
      unit: unit
      log2: log2
      threads: threads
      memory: memory
    out: [expression, summary]
  split_samples:
    label: Divide the samples
    doc: Folds with the same share of each class
    run: ../../tools/split_samples.cwl
    in:
      matrix: import_expression/expression
      stratify: label
      drop_classes: drop_classes
      group: group
      folds: folds
      repeats: repeats
      seed: seed
      memory: memory
    out: [split]
  train_classifier:
    label: Train the classifier
    doc: Chooses probes, scales and tunes within each training part, predicts what was held out, then fits the model that is kept
    run: ../../tools/train_classifier.cwl
    in:
      matrix: import_expression/expression
      label: label
      split: split_samples/split
      architecture: architecture
      compare: compare
      permutations: permutations
      permutation_table: {default: classes.permutations.tsv}
      normalise: normalise
      select_features: select_features
      seed: seed
      threads: threads
      memory: memory
    out: [model, predictions, feature_table, sample_table, permutation_scores]
  plot_class_results:
    label: Report
    doc: Measures the predictions and writes the report
    run: ../../tools/plot_class_results.cwl
    in:
      predictions: train_classifier/predictions
      model: train_classifier/model
      permutations: train_classifier/permutation_scores
      features: train_classifier/feature_table
      samples: train_classifier/sample_table
      split: split_samples/split
      title: title
      seed: seed
      threads: threads
    out: [report, metrics, metrics_json, sample_table, confusion, reliability, figures]

outputs:
  report:
    type: File
    format: edam:format_2331
    label: Report
    doc: How well classes were told, one page to read
    outputSource: plot_class_results/report
  metrics:
    type: File
    format: edam:format_3475
    label: Metrics
    doc: Table of metric, model, value, low, high, n
    outputSource: plot_class_results/metrics
  metrics_json:
    type: File
    format: edam:format_3464
    label: Metrics (JSON)
    doc: The same as a list of objects
    outputSource: plot_class_results/metrics_json
  judged_samples:
    type: File
    format: edam:format_3475
    label: Samples judged
    doc: The class of each sample, the one it was called, and how often that was right
    outputSource: plot_class_results/sample_table
  confusion:
    type: File
    format: edam:format_3475
    label: Confusion
    doc: How many samples of each class were called which
    outputSource: plot_class_results/confusion
  reliability:
    type: File
    format: edam:format_3475
    label: Reliability
    doc: Probabilities of calls, and the share that is right
    outputSource: plot_class_results/reliability
  figures:
    type: Directory
    label: Figures
    doc: Each figure of the report as a file
    outputSource: plot_class_results/figures
  model:
    type: File
    format: edam:format_2333
    label: Model
    doc: The model (.safetensors), which predicts a new sample alone
    outputSource: train_classifier/model
  predictions:
    type: File
    format: edam:format_3475
    label: Predictions
    doc: Probabilities of the classes of held-out samples, of all models
    outputSource: train_classifier/predictions
  chosen_features:
    type: File
    format: edam:format_3475
    label: Probes chosen
    doc: The probes that were chosen, and in which share of the folds
    outputSource: train_classifier/feature_table
  samples:
    type: File
    format: edam:format_3475
    label: Samples
    doc: Every sample, its class, whether it was used, and its place in two dimensions
    outputSource: train_classifier/sample_table
  permutation_scores:
    type: File?
    format: edam:format_3475
    label: Permutations
    doc: Scores with classes given at random, the true ones first
    outputSource: train_classifier/permutation_scores
  split:
    type: File
    format: edam:format_3475
    label: Split
    doc: Which samples trained and tested in each fold
    outputSource: split_samples/split
  expression:
    type: File
    format: edam:format_3590
    label: Matrix
    doc: Samples by probes
    outputSource: import_expression/expression
  expression_summary:
    type: File
    format: edam:format_3475
    label: Rows read
    doc: The rows of each sample, read, kept, and dropped by reason
    outputSource: import_expression/summary

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [../../tools/edam_excerpt.owl]
