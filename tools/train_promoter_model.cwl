#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: train_promoter_model
label: Train a network that tells expression from promoters, and judge it on held-out genes
doc: |
  Trains a network of Xpresso's kind on the sequence around start sites, with or without features of mRNA half-life. Judges it
  on the test part beside the mean, ridge regression on counts of words and on those features, and, if asked for, the same
  network on shuffled promoters. Writes one model file.

baseCommand: genloom-train-model
arguments:
  - {prefix: --task, valueFrom: activity}
  - {prefix: --model, valueFrom: $(inputs.called).safetensors}
  - {prefix: --predictions, valueFrom: $(inputs.called).predictions.tsv}
  - {prefix: --metrics, valueFrom: $(inputs.called).metrics.tsv}
  - {prefix: --history, valueFrom: $(inputs.called).history.tsv}

inputs:
  called:
    type: string
    default: promoters
    doc: What the names of the files begin with
  windows:
    type: File
    format: edam:format_3590
    doc: Windows of promoters, from extract_windows
    inputBinding: {prefix: --windows}
  expression:
    type: File
    format: [edam:format_3590, edam:format_3475, edam:format_3752]
    doc: Samples by genes from assemble_expression (.h5ad), or any table of ids, or symbols, and values
    inputBinding: {prefix: --expression}
  id_column:
    type: string?
    doc: Of a table, column of ids by name, or by number from 1; by default id, else the first
    inputBinding: {prefix: --id-column}
  value_column:
    type: string?
    doc: >-
      Of a table, column of values; by default predicted, observed or value, else the second of two. Of a matrix a sample; by
      default the median of all
    inputBinding: {prefix: --value-column}
  scale:
    type: {type: enum, symbols: [auto, plain, log]}
    default: auto
    doc: >-
      plain, log10(x + 0.1) of the values is learned; log, they are on such a scale already; auto, as the unit of a matrix
      says, or in a table, log where a value is below zero
    inputBinding: {prefix: --scale}
  split:
    type: File
    format: edam:format_3475
    doc: Which promoters train, validate and test, from split_samples
    inputBinding: {prefix: --split}
  fold:
    type: string?
    doc: The fold to train, of a split with several
    inputBinding: {prefix: --fold}
  allow_leak:
    type: string?
    doc: >-
      Train in spite of a leak that the audit of the split finds, and note the reason, which this is, in the model's card
    inputBinding: {prefix: --allow-leak}
  without_features:
    type: boolean
    default: false
    doc: Learn from sequence alone, though the windows hold features of mRNA half-life
    inputBinding: {prefix: --without-features}
  shuffled:
    type: boolean
    default: false
    doc: Judge beside it the same network, trained on each promoter with its dinucleotides in another order
    inputBinding: {prefix: --shuffled}
  channels:
    type: int
    default: 32
    doc: Motifs of the first layer; 128 as published (1 to 1024)
    inputBinding: {prefix: --channels}
  ensemble:
    type: int
    default: 1
    doc: Networks to train and average, each with the seed after the one before (1 to 100)
    inputBinding: {prefix: --ensemble}
  epochs:
    type: int
    default: 30
    doc: Passes over the training part, at the most (1 to 100000)
    inputBinding: {prefix: --epochs}
  patience:
    type: int
    default: 10
    doc: Stop after so many epochs without a gain on the validation part (1 to 100000)
    inputBinding: {prefix: --patience}
  batch_size:
    type: int
    default: 32
    doc: Promoters a step (1 to 65536)
    inputBinding: {prefix: --batch-size}
  learning_rate:
    type: double
    default: 0.003
    doc: Highest step size of AdamW (1e-08 to 10)
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
  memory:
    type: int
    default: 4096
    doc: Memory to reserve, MiB; docs/slurm.md tells how much for how much data

outputs:
  model:
    type: File
    format: edam:format_2333
    doc: The model (.safetensors), with the scaling of its features
    outputBinding: {glob: $(inputs.called).safetensors}
  predictions:
    type: File
    format: edam:format_3475
    doc: Predictions of the test part by every model, a line a promoter
    outputBinding: {glob: $(inputs.called).predictions.tsv}
  metrics:
    type: File
    format: edam:format_3475
    doc: Table of metric, model, value, low, high, n; skill, r2 and mae of every model, and the network less each other
    outputBinding: {glob: $(inputs.called).metrics.tsv}
  history:
    type: File
    format: edam:format_3475
    doc: Training curves of the networks
    outputBinding: {glob: $(inputs.called).history.tsv}

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
