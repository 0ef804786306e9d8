#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: plot_inference_results
label: Report how well genes were inferred from landmarks
doc: |
  Measures genes inferred in held-out samples beside linear regression and the other models, with intervals, and writes a
  report to read: in plain words, by model, gene by gene, fold by fold.

baseCommand: genloom-plot-results
arguments:
  - {prefix: --task, valueFrom: targets}
  - {prefix: --report, valueFrom: inference.report.html}
  - {prefix: --metrics, valueFrom: inference.metrics.tsv}
  - {prefix: --metrics-json, valueFrom: inference.metrics.json}
  - {prefix: --gene-table, valueFrom: inference.genes.tsv}
  - {prefix: --sample-table, valueFrom: inference.samples.tsv}
  - {prefix: --figures, valueFrom: inference.figures}

inputs:
  predictions:
    type: File
    format: edam:format_3590
    doc: Predictions of held-out samples (.h5ad), from train_gene_inference
    inputBinding: {prefix: --predictions}
  model:
    type: File?
    format: edam:format_2333
    doc: The model of the same run, for its settings and what was left out
    inputBinding: {prefix: --model}
  history:
    type: File?
    format: edam:format_3475
    doc: Training curves, from train_gene_inference
    inputBinding: {prefix: --history}
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
    outputBinding: {glob: inference.report.html}
  metrics:
    type: File
    format: edam:format_3475
    doc: Table of metric, model, value, low, high, n
    outputBinding: {glob: inference.metrics.tsv}
  metrics_json:
    type: File
    format: edam:format_3464
    doc: The same as a list of objects
    outputBinding: {glob: inference.metrics.json}
  gene_table:
    type: File
    format: edam:format_3475
    doc: Table of target, symbol, mae, mae_linear, mae_mean, reduction, r for each gene
    outputBinding: {glob: inference.genes.tsv}
  sample_table:
    type: File
    format: edam:format_3475
    doc: Table of id, group, mae, mae_linear, mae_mean for each sample
    outputBinding: {glob: inference.samples.tsv}
  figures:
    type: Directory
    doc: Each figure as a file
    outputBinding: {glob: inference.figures}

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
