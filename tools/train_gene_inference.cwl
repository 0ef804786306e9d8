#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: train_gene_inference
label: Train the inference of genes from landmarks and judge it on held-out samples
doc: |
  Learns to infer thousands of genes from about a thousand that are measured, the landmarks. Everything is standardised and
  chosen within the training part of each fold; what is held out is predicted by every model, linear regression among them,
  and one model file is written.

baseCommand: genloom-train-model
arguments:
  - {prefix: --task, valueFrom: targets}
  - {prefix: --model, valueFrom: inference.safetensors}
  - {prefix: --predictions, valueFrom: inference.predictions.h5ad}
  - {prefix: --history, valueFrom: inference.history.tsv}

inputs:
  expression:
    type: File
    format: edam:format_3590
    doc: Samples by genes (.h5ad), the genes to infer, and the landmarks where these are a list
    inputBinding: {prefix: --expression}
  landmarks:
    type: File
    format: [edam:format_2330, edam:format_3475, edam:format_3590]
    doc: A list of ids, symbols, Entrez ids or probes, one a line, or a matrix of their own, samples by genes
    inputBinding: {prefix: --landmarks}
  missing_landmarks:
    type: {type: enum, symbols: [refuse, fill]}
    default: refuse
    doc: Landmarks that are listed and not measured, end there and name them, or go on without them
    inputBinding: {prefix: --missing-landmarks}
  split:
    type: File
    format: edam:format_3475
    doc: Which samples train and test, from split_samples
    inputBinding: {prefix: --split}
  architecture:
    type: {type: enum, symbols: [stack, kriging, ridge, kernel-ridge, mlp, lasso, pls, knn, linear, mean]}
    default: stack
    doc: The model to write; stack mixes ridge, kriging and kernel-ridge
    inputBinding: {prefix: --architecture}
  compare:
    type: string[]  # cwltool cannot bind an array of enums
    default: []
    doc: Further models to judge beside it (one of architecture's each); mean, linear, ridge, knn and pls always are
    inputBinding: {prefix: --compare}
  transform:
    type: {type: enum, symbols: [rank, log, none]}
    default: none
    doc: How landmarks enter, by rank within the sample, as log2(1 + value), or as they are
    inputBinding: {prefix: --transform}
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
    doc: Stop after so many epochs without a gain on samples kept from the training (1 to 100000)
    inputBinding: {prefix: --patience}
  batch_size:
    type: int
    default: 32
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
  memory:
    type: int
    default: 4096
    doc: Memory to reserve, MiB; docs/slurm.md tells how much for how much data

outputs:
  model:
    type: File
    format: edam:format_2333
    doc: The model (.safetensors)
    outputBinding: {glob: inference.safetensors}
  predictions:
    type: File
    format: edam:format_3590
    doc: Inferred genes of held-out samples, with what was observed and what each further model predicts as layers
    outputBinding: {glob: inference.predictions.h5ad}
  history:
    type: File
    format: edam:format_3475
    doc: Training curves of the network
    outputBinding: {glob: inference.history.tsv}

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
