#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: train_image_classifier
label: Train a convolutional network on images and judge it on held-out images
doc: |
  Learns to tell the class of an image, such as a written numeral, from its pixels: a small convolutional network, trained with
  early stopping, whose probabilities are calibrated by inner folds. What is held out is predicted by it and by simpler models.

baseCommand: genloom-train-model
arguments:
  - {prefix: --task, valueFrom: classes}
  - {prefix: --model, valueFrom: images.safetensors}
  - {prefix: --predictions, valueFrom: images.predictions.tsv}
  - {prefix: --history, valueFrom: images.history.tsv}
  - {prefix: --sample-table, valueFrom: images.samples.tsv}

inputs:
  matrix:
    type: File
    format: edam:format_3590
    doc: Images by pixels, row by row (.h5ad), with the classes as a label of the images
    inputBinding: {prefix: --matrix}
  label:
    type: string
    doc: The column of the images that holds the classes
    inputBinding: {prefix: --label}
  split:
    type: File
    format: edam:format_3475
    doc: Which samples train and test, from split_samples, stratified by that column
    inputBinding: {prefix: --split}
  architecture:
    type: {type: enum, symbols: [cnn]}
    default: cnn
    doc: The model to write, a convolutional network
    inputBinding: {prefix: --architecture}
  compare:
    type: string[]  # cwltool cannot bind an array of enums
    default: []
    doc: Further models to judge beside it (logistic, svm, centroids, discriminant, forest, boosting, mlp); majority and knn always are
    inputBinding: {prefix: --compare}
  image_width:
    type: int?
    doc: Pixels in a row of an image; by default images are square (2 to 4096)
    inputBinding: {prefix: --image-width}
  channels:
    type: int
    default: 32
    doc: Width of the network (1 to 1024)
    inputBinding: {prefix: --channels}
  epochs:
    type: int
    default: 30
    doc: Passes over the training part, at the most (1 to 100000)
    inputBinding: {prefix: --epochs}
  patience:
    type: int
    default: 10
    doc: Stop after so many epochs without a gain on a fifth of the training part (1 to 100000)
    inputBinding: {prefix: --patience}
  batch_size:
    type: int
    default: 32
    doc: Images a step (1 to 65536)
    inputBinding: {prefix: --batch-size}
  learning_rate:
    type: double
    default: 0.002
    doc: Step size of AdamW, the highest one (1e-08 to 10)
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
    outputBinding: {glob: images.safetensors}
  predictions:
    type: File
    format: edam:format_3475
    doc: Probabilities of the classes of held-out images by every model
    outputBinding: {glob: images.predictions.tsv}
  history:
    type: File
    format: edam:format_3475
    doc: Training curves of the network
    outputBinding: {glob: images.history.tsv}
  sample_table:
    type: File
    format: edam:format_3475
    doc: Every image, its class, whether it was used, and its place on the first two principal components
    outputBinding: {glob: images.samples.tsv}

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
