#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: train_model
label: Train a model of expression and judge it on held-out samples
doc: |
  Fits a model and its baselines on the training part of each fold, predicts the samples held out, and writes these
  predictions and one model file.

baseCommand: genloom-train-model
arguments: [--model, model.safetensors, --predictions, predictions.tsv, --history, history.tsv]

inputs:
  bins:
    type: File
    format: edam:format_3590
    doc: Samples by bins, from bin_peaks
    inputBinding: {prefix: --bins}
  expression:
    type: File
    format: edam:format_3590
    doc: Samples by genes, from assemble_expression
    inputBinding: {prefix: --expression}
  split:
    type: File
    format: edam:format_3475
    doc: Which samples train, validate and test, from split_samples
    inputBinding: {prefix: --split}
  architecture:
    type: {type: enum, symbols: [mean, knn, ridge, kernel-ridge, pls, gene-centred, mlp]}
    default: gene-centred
    doc: The model to write
    inputBinding: {prefix: --architecture}
  compare:
    type: string[]  # cwltool cannot bind an array of enums
    default: []
    doc: Further models to judge beside it (one of architecture's each); mean, knn, ridge, kernel-ridge and pls always are
    inputBinding: {prefix: --compare}
  transform:
    type: {type: enum, symbols: [rank, log, none]}
    default: rank
    doc: How values of bins enter, by rank within the sample, as log2(1 + value), or as they are
    inputBinding: {prefix: --transform}
  permutations:
    type: int
    default: 0
    doc: Repeat the cross-validation so often with peaks and expression paired at random (0 to 10000)
    inputBinding: {prefix: --permutations}
  hidden:
    type: int[]
    default: [256, 128]
    doc: Widths of the hidden layers of mlp (1 to 65536)
    inputBinding: {prefix: --hidden}
  dropout:
    type: double
    default: 0.2
    doc: Share of hidden units left out in a step (0 to 0.95)
    inputBinding: {prefix: --dropout}
  epochs:
    type: int
    default: 200
    doc: Passes over the training part, at the most (1 to 100000)
    inputBinding: {prefix: --epochs}
  patience:
    type: int
    default: 20
    doc: Stop after so many epochs without a gain on the validation part (1 to 100000)
    inputBinding: {prefix: --patience}
  batch_size:
    type: int
    default: 16
    doc: Samples a step (1 to 65536)
    inputBinding: {prefix: --batch-size}
  learning_rate:
    type: double
    default: 0.001
    doc: Step size of AdamW (1e-08 to 10)
    inputBinding: {prefix: --learning-rate}
  weight_decay:
    type: double
    default: 0.01
    doc: Weight decay of AdamW (0 to 10)
    inputBinding: {prefix: --weight-decay}
  device:
    type: {type: enum, symbols: [auto, cpu, cuda]}
    default: cpu
    doc: Where networks are trained
    inputBinding: {prefix: --device}
  devices:
    type: int
    default: 1
    doc: Share each batch among so many GPUs or processes (1 to 64)
    inputBinding: {prefix: --devices}
  allow_leak:
    type: string?
    doc: >-
      Train in spite of a leak that the audit of the split finds, and note the reason, which this is, in the model's card
    inputBinding: {prefix: --allow-leak}
  seed:
    type: long
    default: 1
    doc: Seed of every random choice (0 to 4294967295)
    inputBinding: {prefix: --seed}
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
    outputBinding: {glob: model.safetensors}
  predictions:
    type: File
    format: edam:format_3475
    doc: Predictions of the held-out samples by every model
    outputBinding: {glob: predictions.tsv}
  history:
    type: File
    format: edam:format_3475
    doc: Training curves of the network
    outputBinding: {glob: history.tsv}
  permutation_scores:
    type: File?
    format: edam:format_3475
    doc: Scores under each permutation, the true pairing first
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
