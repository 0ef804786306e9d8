#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: plot_sequence_results
label: Write the report on a model of sequence
doc: |
  Shows how well donors and acceptors, or windows with exon, intron and boundary, were told from sequence that was held out.
  Measures beside the baselines, curves of precision and recall, whether probabilities can be believed, and how far off the
  errors are, as tables and figures, and a report to read.

baseCommand: genloom-plot-results
arguments:
  - {prefix: --report, valueFrom: $(inputs.task).report.html}
  - {prefix: --metrics, valueFrom: $(inputs.task).metrics.tsv}
  - {prefix: --metrics-json, valueFrom: $(inputs.task).metrics.json}
  - {prefix: --reliability, valueFrom: $(inputs.task).reliability.tsv}
  - {prefix: --figures, valueFrom: $(inputs.task).figures}

inputs:
  task:
    type: {type: enum, symbols: [boundaries, content]}
    doc: What was predicted, donors and acceptors, or whether a window holds exon, intron and boundary
    inputBinding: {prefix: --task}
  predictions:
    type: File
    format: edam:format_3475
    doc: Predictions of held-out windows, from train_sequence_model or predict_sequence_model
    inputBinding: {prefix: --predictions}
  scores:
    type: File
    format: edam:format_3475
    doc: The measures of every model, the metrics of the same run
    inputBinding: {prefix: --scores}
  model:
    type: File
    format: edam:format_2333
    doc: The model file of the same run, for its thresholds and settings
    inputBinding: {prefix: --model}
  history:
    type: File?
    format: edam:format_3475
    doc: Training curves, from train_sequence_model
    inputBinding: {prefix: --history}
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
  confusion:
    type: string?
    doc: For boundaries, name of the table of what is called wrongly or missed
    inputBinding: {prefix: --confusion}
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
    outputBinding: {glob: $(inputs.task).report.html}
  metrics:
    type: File
    format: edam:format_3475
    doc: Table of metric, model, value, low, high, n; the measures as given, and the expected calibration error
    outputBinding: {glob: $(inputs.task).metrics.tsv}
  metrics_json:
    type: File
    format: edam:format_3464
    doc: The same as a list of objects
    outputBinding: {glob: $(inputs.task).metrics.json}
  reliability:
    type: File
    format: edam:format_3475
    doc: Table of target, model, from, to, n, predicted, observed, low, high for each bin of predicted probability
    outputBinding: {glob: $(inputs.task).reliability.tsv}
  confusion_found:
    type: File?
    format: edam:format_3475
    doc: Table of kind, target, nearest, distance, n, share, low, high of false calls and missed sites
    outputBinding: {glob: $(inputs.confusion)}
  figures:
    type: Directory
    doc: Each figure as a file
    outputBinding: {glob: $(inputs.task).figures}

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
