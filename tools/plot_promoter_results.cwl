#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: plot_promoter_results
label: Write the report on a model of expression from promoters
doc: |
  Shows how well the expression of held-out genes was told from their promoters. Measures beside the baselines, predicted
  against observed values, and what is left of it with another split, as tables and figures, and a report to read.

baseCommand: genloom-plot-results
arguments:
  - {prefix: --task, valueFrom: activity}
  - {prefix: --report, valueFrom: $(inputs.called).report.html}
  - {prefix: --metrics, valueFrom: $(inputs.called).metrics.tsv}
  - {prefix: --metrics-json, valueFrom: $(inputs.called).metrics.json}
  - {prefix: --reliability, valueFrom: $(inputs.called).reliability.tsv}
  - {prefix: --figures, valueFrom: $(inputs.called).figures}

inputs:
  called:
    type: string
    default: promoters
    doc: What the names of the files begin with
  predictions:
    type: File
    format: edam:format_3475
    doc: Predictions of held-out promoters, from train_promoter_model
    inputBinding: {prefix: --predictions}
  scores:
    type: File
    format: edam:format_3475
    doc: The measures of every model, the metrics of the same run
    inputBinding: {prefix: --scores}
  model:
    type: File
    format: edam:format_2333
    doc: The model file of the same run, for its settings
    inputBinding: {prefix: --model}
  history:
    type: File?
    format: edam:format_3475
    doc: Training curves, from train_promoter_model
    inputBinding: {prefix: --history}
  compare:
    type: File?
    format: edam:format_3475
    doc: The measures of a run with another split, to stand beside these
    inputBinding: {prefix: --compare}
  compare_name:
    type: string?
    doc: What to call that split
    inputBinding: {prefix: --compare-name}
  title:
    type: string?
    doc: Title of the report; by default it names the task
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
    outputBinding: {glob: $(inputs.called).report.html}
  metrics:
    type: File
    format: edam:format_3475
    doc: Table of metric, model, value, low, high, n; the measures as given
    outputBinding: {glob: $(inputs.called).metrics.tsv}
  metrics_json:
    type: File
    format: edam:format_3464
    doc: The same as a list of objects
    outputBinding: {glob: $(inputs.called).metrics.json}
  reliability:
    type: File
    format: edam:format_3475
    doc: Table of target, model, from, to, n, predicted, observed, low, high for each tenth of the genes by prediction
    outputBinding: {glob: $(inputs.called).reliability.tsv}
  figures:
    type: Directory
    doc: Each figure as a file
    outputBinding: {glob: $(inputs.called).figures}

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
