#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: plot_results
label: Judge predictions and write the report
doc: |
  Measures predictions of held-out samples against the mean of the training samples and the baselines, and writes the
  measures as tables and figures, and a report to read.

baseCommand: genloom-plot-results
arguments:
  - {prefix: --report, valueFrom: report.html}
  - {prefix: --metrics, valueFrom: metrics.tsv}
  - {prefix: --metrics-json, valueFrom: metrics.json}
  - {prefix: --gene-table, valueFrom: genes.tsv}
  - {prefix: --sample-table, valueFrom: samples.tsv}
  - {prefix: --figures, valueFrom: figures}

inputs:
  predictions:
    type: File
    format: edam:format_3475
    doc: Observed and predicted values of held-out samples, from train_model or predict_model
    inputBinding: {prefix: --predictions}
  permutations:
    type: File?
    format: edam:format_3475
    doc: Scores with peaks and expression paired at random, from train_model
    inputBinding: {prefix: --permutations}
  history:
    type: File?
    format: edam:format_3475
    doc: Training curves, from train_model
    inputBinding: {prefix: --history}
  split:
    type: File?
    format: edam:format_3475
    doc: The split of the predictions, from split_samples; its groups are then drawn whole in the bootstrap
    inputBinding: {prefix: --split}
  model:
    type: File?
    format: edam:format_2333
    doc: The model file, for its card (settings, unit, gene symbols)
    inputBinding: {prefix: --model}
  title:
    type: string?
    doc: Title of the report; by default it names the task
    inputBinding: {prefix: --title}
  model_name:
    type: string?
    doc: What to call the chosen model; by default its architecture in the model file, else 'model'
    inputBinding: {prefix: --model-name}
  genes:
    type: string[]
    default: []
    doc: Genes to show in panels, by id or symbol; by default the best, median and worst by skill
    inputBinding: {prefix: --genes}
  max_panels:
    type: int
    default: 9
    doc: Panels to show at the most (0 to 60)
    inputBinding: {prefix: --max-panels}
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
    outputBinding: {glob: report.html}
  metrics:
    type: File
    format: edam:format_3475
    doc: Table of metric, model, value, low, high, n
    outputBinding: {glob: metrics.tsv}
  metrics_json:
    type: File
    format: edam:format_3464
    doc: The same as a list of objects
    outputBinding: {glob: metrics.json}
  gene_table:
    type: File
    format: edam:format_3475
    doc: Table of target, n, skill, r, mae, mae_mean
    outputBinding: {glob: genes.tsv}
  sample_table:
    type: File
    format: edam:format_3475
    doc: Table of id, group, skill, mae, across_gene_r
    outputBinding: {glob: samples.tsv}
  figures:
    type: Directory
    doc: Each figure as a file
    outputBinding: {glob: figures}

requirements:
  NetworkAccess: {networkAccess: false}
hints:
  ResourceRequirement: {coresMin: $(inputs.threads), ramMin: 2048}
  SoftwareRequirement:
    packages:
      genloom: {version: ["0.1.0"]}

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [edam_excerpt.owl]
