#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: numerals_tutorial
label: First steps, a network that reads written numerals
doc: |
  The smallest road from data to a judged model. A table of images becomes a matrix, a part of them is held out, a
  convolutional network learns from the others, and a report says how many of those held out it reads rightly, beside simpler
  models.

inputs:
  images:
    type: File
    format: [edam:format_3475, edam:format_3752, edam:format_3709, edam:format_3620, edam:format_3590, edam:format_2330]
    label: Images
    doc: A table with an image a line, its name, its class, and its pixels row by row
  label:
    type: string
    default: digit
    label: Class column
    doc: The column that holds the class of each image
  test_share:
    type: double
    default: 0.25
    label: Share held out
    doc: Of the images, to test on
  compare:
    type: string[]
    default: []
    label: Further models
    doc: To judge beside the network; majority and knn always are
  channels:
    type: int
    default: 32
    label: Channels
    doc: Width of the network
  epochs:
    type: int
    default: 30
    label: Epochs
    doc: Passes over the training part, at the most
  title:
    type: string
    default: Written numerals
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
    label: Read the images
    doc: One matrix of images by pixels, with the class of each image
    run: ../../tools/import_expression.cwl
    in:
      matrix: images
      fact_columns: {source: [label], linkMerge: merge_flattened}
      orientation: {default: samples-in-rows}
      unit: {default: intensity}
      memory: memory
    out: [expression]
  split_samples:
    label: Hold images out
    doc: A part of each class, drawn at random
    run: ../../tools/split_samples.cwl
    in:
      matrix: import_expression/expression
      method: {default: hold-out}
      test_share: test_share
      stratify: label
      seed: seed
      memory: memory
    out: [split]
  train_image_classifier:
    label: Train the network
    doc: Learns from the other images, and predicts those held out
    run: ../../tools/train_image_classifier.cwl
    in:
      matrix: import_expression/expression
      label: label
      split: split_samples/split
      compare: compare
      channels: channels
      epochs: epochs
      seed: seed
      threads: threads
      memory: memory
    out: [model, predictions, history, sample_table]
  plot_class_results:
    label: Report
    doc: Measures the predictions and writes the report
    run: ../../tools/plot_class_results.cwl
    in:
      predictions: train_image_classifier/predictions
      model: train_image_classifier/model
      samples: train_image_classifier/sample_table
      split: split_samples/split
      title: title
      seed: seed
      threads: threads
    out: [report, metrics, confusion]

outputs:
  report:
    type: File
    format: edam:format_2331
    label: Report
    doc: How many numerals were read rightly, one page to read
    outputSource: plot_class_results/report
  metrics:
    type: File
    format: edam:format_3475
    label: Metrics
    doc: Table of metric, model, value, low, high, n
    outputSource: plot_class_results/metrics
  confusion:
    type: File
    format: edam:format_3475
    label: Confusion
    doc: How many images of each class were called which
    outputSource: plot_class_results/confusion
  model:
    type: File
    format: edam:format_2333
    label: Model
    doc: The network (.safetensors)
    outputSource: train_image_classifier/model
  predictions:
    type: File
    format: edam:format_3475
    label: Predictions
    doc: Probabilities of the classes of held-out images, of all models
    outputSource: train_image_classifier/predictions
  history:
    type: File
    format: edam:format_3475
    label: Training curves
    doc: Loss after each epoch
    outputSource: train_image_classifier/history
  split:
    type: File
    format: edam:format_3475
    label: Split
    doc: Which images trained and which tested
    outputSource: split_samples/split

requirements:
  MultipleInputFeatureRequirement: {}

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [../../tools/edam_excerpt.owl]
