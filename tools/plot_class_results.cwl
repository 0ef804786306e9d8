#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: plot_class_results
label: Report how well classes of samples were told
doc: |
  Measures predictions of the classes of held-out samples beside the other models, with intervals, and writes a report to read:
  in plain words, by model, by class, with the features that were chosen and the samples that were called wrong.

baseCommand: genloom-plot-results
arguments:
  - {prefix: --task, valueFrom: classes}
  - {prefix: --report, valueFrom: classes.report.html}
  - {prefix: --metrics, valueFrom: classes.metrics.tsv}
  - {prefix: --metrics-json, valueFrom: classes.metrics.json}
  - {prefix: --sample-table, valueFrom: classes.judged.tsv}
  - {prefix: --confusion, valueFrom: classes.confusion.tsv}
  - {prefix: --reliability, valueFrom: classes.reliability.tsv}
  - {prefix: --figures, valueFrom: classes.figures}

inputs:
  predictions:
    type: File
    format: edam:format_3475
    doc: Probabilities of the classes of held-out samples, from train_classifier, or of new samples of known classes
    inputBinding: {prefix: --predictions}
  model:
    type: File?
    format: edam:format_2333
    doc: The model of the same run, for its settings and what it was trained on
    inputBinding: {prefix: --model}
  permutations:
    type: File?
    format: edam:format_3475
    doc: Scores with classes given at random, from train_classifier
    inputBinding: {prefix: --permutations}
  features:
    type: File?
    format: edam:format_3475
    doc: The features that were chosen, from train_classifier
    inputBinding: {prefix: --features}
  samples:
    type: File?
    format: edam:format_3475
    doc: The samples and their places in two dimensions, from train_classifier
    inputBinding: {prefix: --samples}
  split:
    type: File?
    format: edam:format_3475
    doc: The split of the predictions; where it has groups, the bootstrap draws whole ones
    inputBinding: {prefix: --split}
  model_name:
    type: string?
    doc: What to call the chosen model; by default its name in the model file, else 'model'
    inputBinding: {prefix: --model-name}
  title:
    type: string?
    doc: Title of the report
    inputBinding: {prefix: --title}
  bootstrap:
    type: int
    default: 1000
    doc: Draws for the 95% intervals; 0 for no intervals (0 to 100000)
    inputBinding: {prefix: --bootstrap}
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
  figure_format:
    type: {type: enum, symbols: [png, svg, pdf]}
    default: png
    doc: Format of the figures
    inputBinding: {prefix: --figure-format}

outputs:
  report:
    type: File
    format: edam:format_2331
    doc: The report, one page with its figures, without JavaScript
    outputBinding: {glob: classes.report.html}
  metrics:
    type: File
    format: edam:format_3475
    doc: Table of metric, model, value, low, high, n
    outputBinding: {glob: classes.metrics.tsv}
  metrics_json:
    type: File
    format: edam:format_3464
    doc: The same as a list of objects
    outputBinding: {glob: classes.metrics.json}
  sample_table:
    type: File
    format: edam:format_3475
    doc: Table of id, group, observed, called, right, probability, abstained for each sample
    outputBinding: {glob: classes.judged.tsv}
  confusion:
    type: File
    format: edam:format_3475
    doc: Table of observed, called, n, share
    outputBinding: {glob: classes.confusion.tsv}
  reliability:
    type: File
    format: edam:format_3475
    doc: Table of target, model, from, to, n, predicted, observed, low, high for each bin of probability
    outputBinding: {glob: classes.reliability.tsv}
  figures:
    type: Directory
    doc: Each figure as a file
    outputBinding: {glob: classes.figures}

requirements:
  NetworkAccess: {networkAccess: false}
hints:
  ResourceRequirement: {coresMin: $(inputs.threads), ramMin: 1024}
  SoftwareRequirement:
    packages:
      genloom: {version: ["0.1.0"]}

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [edam_excerpt.owl]
