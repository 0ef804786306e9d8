#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: train_classifier
label: Train a classifier of samples and judge it on held-out samples
doc: |
  Learns to tell the class of a sample, such as a type of leukemia, from its genes or probes. Features are chosen, scaled and
  models tuned within the training part of each fold; what is held out is predicted by every model, and one model file is
  written that predicts a new sample alone.

baseCommand: genloom-train-model
arguments:
  - {prefix: --task, valueFrom: classes}
  - {prefix: --model, valueFrom: classes.safetensors}
  - {prefix: --predictions, valueFrom: classes.predictions.tsv}
  - {prefix: --feature-table, valueFrom: classes.features.tsv}
  - {prefix: --sample-table, valueFrom: classes.samples.tsv}

inputs:
  matrix:
    type: File
    format: edam:format_3590
    doc: Samples by features (.h5ad), with the classes as a label of the samples
    inputBinding: {prefix: --matrix}
  label:
    type: string
    doc: The column of the samples that holds the classes
    inputBinding: {prefix: --label}
  split:
    type: File
    format: edam:format_3475
    doc: Which samples train and test, from split_samples, stratified by that column
    inputBinding: {prefix: --split}
  architecture:
    type: {type: enum, symbols: [discriminant, vote, logistic, svm, centroids, forest, boosting, mlp, knn, majority]}
    default: discriminant
    doc: The model to write; vote is the mean of logistic, svm, discriminant and knn
    inputBinding: {prefix: --architecture}
  compare:
    type: string[]  # cwltool cannot bind an array of enums
    default: []
    doc: Further models to judge beside it (one of architecture's each); majority and knn always are
    inputBinding: {prefix: --compare}
  permutations:
    type: int
    default: 0
    doc: Repeat the cross-validation so often with classes given to samples at random (0 to 10000)
    inputBinding: {prefix: --permutations}
  normalise:
    type: {type: enum, symbols: [quantile, none]}
    default: quantile
    doc: quantile gives each sample the mean distribution of the training samples, which the model keeps
    inputBinding: {prefix: --normalise}
  select_features:
    type: int[]
    default: [100, 300, 1000]
    doc: How many features to choose by analysis of variance; of several numbers inner folds choose one (1 to 1000000)
    inputBinding: {prefix: --select-features}
  variable_share:
    type: double
    default: 0.33
    doc: Share of the features, those that vary most, among which they are chosen (0.0001 to 1)
    inputBinding: {prefix: --variable-share}
  seed:
    type: long
    default: 1
    doc: Seed of every random choice (0 to 4294967295)
    inputBinding: {prefix: --seed}
  allow_leak:
    type: string?
    doc: >-
      Train in spite of a leak that the audit of the split finds, and note the reason, which this is, in the model's card
    inputBinding: {prefix: --allow-leak}
  threads:
    type: int
    default: 1
    doc: Processor cores to use (1 to 1024)
    inputBinding: {prefix: --threads, valueFrom: $(runtime.cores)}
  permutation_table:
    type: string?
    doc: Name of the table of scores under each permutation; needs permutations
    inputBinding: {prefix: --permutation-table}
  memory:
    type: int
    default: 4096
    doc: Memory to reserve, MiB; docs/slurm.md tells how much for how much data

outputs:
  model:
    type: File
    format: edam:format_2333
    doc: The model (.safetensors)
    outputBinding: {glob: classes.safetensors}
  predictions:
    type: File
    format: edam:format_3475
    doc: Probabilities of the classes of held-out samples by every model
    outputBinding: {glob: classes.predictions.tsv}
  feature_table:
    type: File
    format: edam:format_3475
    doc: The features that were chosen, and in which share of the folds
    outputBinding: {glob: classes.features.tsv}
  sample_table:
    type: File
    format: edam:format_3475
    doc: Every sample, its class, whether it was used, and its place on the first two principal components
    outputBinding: {glob: classes.samples.tsv}
  permutation_scores:
    type: File?
    format: edam:format_3475
    doc: Scores under each permutation, the true classes first
    outputBinding: {glob: $(inputs.permutation_table)}

requirements:
  NetworkAccess: {networkAccess: false}
hints:
  ResourceRequirement: {coresMin: $(inputs.threads), ramMin: $(inputs.memory)}
  SoftwareRequirement:
    packages:
      genloom: {version: ["0.1.0"]}

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [edam_excerpt.owl]
