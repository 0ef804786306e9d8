#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: plot_variant_scores
label: Write the report on variants scored for splicing
doc: |
  Shows what score_variants found, how many alleles reach the cut-offs of SpliceAI's authors, which sites they make or take
  away and where, the strongest alleles, and why others have no score, as tables and figures, and a report to read.

baseCommand: genloom-plot-results
arguments:
  - {prefix: --task, valueFrom: variants}
  - {prefix: --report, valueFrom: variants.report.html}
  - {prefix: --metrics, valueFrom: variants.metrics.tsv}
  - {prefix: --metrics-json, valueFrom: variants.metrics.json}
  - {prefix: --variant-table, valueFrom: variants.strongest.tsv}
  - {prefix: --figures, valueFrom: variants.figures}

inputs:
  predictions:
    type: File
    format: edam:format_3475
    doc: The table of score_variants, whole
    inputBinding: {prefix: --predictions}
  model:
    type: File?
    format: edam:format_2333
    doc: The model that scored them (.safetensors), to tell its source and licence
    inputBinding: {prefix: --model}
  title:
    type: string?
    doc: Title of the report
    inputBinding: {prefix: --title}
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
    outputBinding: {glob: variants.report.html}
  metrics:
    type: File
    format: edam:format_3475
    doc: Table of counts, with the columns metric, model, value, low, high, n
    outputBinding: {glob: variants.metrics.tsv}
  metrics_json:
    type: File
    format: edam:format_3464
    doc: The same as a list of objects
    outputBinding: {glob: variants.metrics.json}
  variant_table:
    type: File
    format: edam:format_3475
    doc: The scored alleles in their genes, the highest score first, with the change it is of, and where
    outputBinding: {glob: variants.strongest.tsv}
  figures:
    type: Directory
    doc: Each figure as a file
    outputBinding: {glob: variants.figures}

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
