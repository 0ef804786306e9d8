#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: landmark_inference
label: From landmark genes to all others
doc: |
  Learns to infer thousands of genes from about a thousand landmarks, judges that on whole studies held out, and infers the
  genes of new samples in which the landmarks alone were measured. The report says how far each model is off beside linear
  regression, and in which genes.

inputs:
  matrix:
    type: File
    format: [edam:format_3475, edam:format_3752, edam:format_3709, edam:format_3620, edam:format_3590, edam:format_2330]
    label: Expression
    doc: Samples with all genes measured; GCT, GCTX, TSV, CSV, XLSX, or a series matrix of GEO
  sheet:
    type: File?
    format: edam:format_3475
    label: Sample sheet
    doc: Table with the column sample and labels of the samples, such as their study; GCT 1.3 may hold them itself
  landmarks:
    type: File
    format: [edam:format_2330, edam:format_3475, edam:format_3590]
    label: Landmarks
    doc: A list of ids or symbols, one a line, or a matrix of their own
  new:
    type: File
    format: [edam:format_3475, edam:format_3752, edam:format_3709, edam:format_3620, edam:format_3590, edam:format_2330]
    label: New samples
    doc: Samples with the landmarks measured, in the same formats and unit
  group:
    type: string
    label: Group
    doc: Label of the samples each value of which is held out in turn, such as study
  unit:
    type: string
    default: ""
    label: Unit
    doc: What the values are, such as log2, to be noted
  negative:
    type: {type: enum, symbols: [error, keep]}
    default: error
    label: Negative values
    doc: What to do with negative values, such as log ratios
  duplicates:
    type: {type: enum, symbols: [error, sum, max, mean, first, number]}
    default: error
    label: Several rows of one id
    doc: What to do with them; number keeps each
  missing_landmarks:
    type: {type: enum, symbols: [refuse, fill]}
    default: refuse
    label: Missing landmarks
    doc: Landmarks that were not measured end the run and are named, or are filled
  architecture:
    type: {type: enum, symbols: [stack, kriging, ridge, kernel-ridge, mlp, lasso, pls, knn, linear, mean]}
    default: stack
    label: Model
    doc: The model to write
  compare:
    type: string[]
    default: []
    label: Further models
    doc: To judge beside it; mean, linear, ridge, knn and pls always are
  transform:
    type: {type: enum, symbols: [rank, log, none]}
    default: none
    label: Landmarks enter
    doc: By rank within the sample, as log2(1 + value), or as they are
  title:
    type: string?
    label: Title
    doc: Title of the report
  gct:
    type: string
    default: inferred.gct
    label: GCT
    doc: Name of the GCT 1.3 file of the new samples
  bootstrap:
    type: int
    default: 1000
    label: Bootstrap
    doc: Draws for the 95% intervals
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
  import_training:
    label: Read the expression
    doc: One matrix of samples by genes, with the labels of the samples
    run: ../../tools/import_expression.cwl
    in:
      matrix: matrix
      sheet: sheet
      unit: unit
      negative: negative
      duplicates: duplicates
      threads: threads
      memory: memory
    out: [expression, summary]
  import_new:
    label: Read the new samples
    doc: One matrix of samples by landmarks
    run: ../../tools/import_expression.cwl
    in:
      matrix: new
      unit: unit
      negative: negative
      duplicates: duplicates
      threads: threads
      memory: memory
    out: [expression]
  split_samples:
    label: Divide the samples
    doc: Each group is held out in turn
    run: ../../tools/split_samples.cwl
    in:
      matrix: import_training/expression
      method: {default: leave-one-group-out}
      group: group
      seed: seed
      memory: memory
    out: [split]
  train_gene_inference:
    label: Train the inference
    doc: Standardises and chooses within each training part, predicts what was held out, then fits the model that is kept
    run: ../../tools/train_gene_inference.cwl
    in:
      expression: import_training/expression
      landmarks: landmarks
      missing_landmarks: missing_landmarks
      split: split_samples/split
      architecture: architecture
      compare: compare
      transform: transform
      seed: seed
      threads: threads
      memory: memory
    out: [model, predictions, history]
  plot_inference_results:
    label: Report
    doc: Measures the predictions and writes the report
    run: ../../tools/plot_inference_results.cwl
    in:
      predictions: train_gene_inference/predictions
      model: train_gene_inference/model
      title: title
      bootstrap: bootstrap
      seed: seed
      threads: threads
    out: [report, metrics, metrics_json, gene_table, sample_table, figures]
  infer_genes:
    label: Infer genes
    doc: Of the new samples, from their landmarks
    run: ../../tools/infer_genes.cwl
    in:
      model: train_gene_inference/model
      landmarks: import_new/expression
      missing_landmarks: missing_landmarks
      gct: gct
      threads: threads
    out: [inferred, gct_matrix]

outputs:
  report:
    type: File
    format: edam:format_2331
    label: Report
    doc: How far inferred genes are off, one page to read
    outputSource: plot_inference_results/report
  metrics:
    type: File
    format: edam:format_3475
    label: Metrics
    doc: Table of metric, model, value, low, high, n
    outputSource: plot_inference_results/metrics
  metrics_json:
    type: File
    format: edam:format_3464
    label: Metrics (JSON)
    doc: The same as a list of objects
    outputSource: plot_inference_results/metrics_json
  genes:
    type: File
    format: edam:format_3475
    label: Genes
    doc: The error of each gene, beside linear regression and the mean
    outputSource: plot_inference_results/gene_table
  samples:
    type: File
    format: edam:format_3475
    label: Samples
    doc: The error of each held-out sample
    outputSource: plot_inference_results/sample_table
  figures:
    type: Directory
    label: Figures
    doc: Each figure of the report as a file
    outputSource: plot_inference_results/figures
  model:
    type: File
    format: edam:format_2333
    label: Model
    doc: The model (.safetensors), fitted on all samples
    outputSource: train_gene_inference/model
  predictions:
    type: File
    format: edam:format_3590
    label: Predictions
    doc: Inferred and observed genes of held-out samples, of all models
    outputSource: train_gene_inference/predictions
  inferred:
    type: File
    format: edam:format_3590
    label: Inferred genes
    doc: Of the new samples, samples by genes
    outputSource: infer_genes/inferred
  inferred_gct:
    type: File?
    format: edam:format_3709
    label: Inferred genes (GCT)
    doc: The same as GCT 1.3
    outputSource: infer_genes/gct_matrix
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
    doc: Samples by genes
    outputSource: import_training/expression
  expression_summary:
    type: File
    format: edam:format_3475
    label: Rows read
    doc: The rows of each sample, read, kept, and dropped by reason
    outputSource: import_training/summary

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [../../tools/edam_excerpt.owl]
