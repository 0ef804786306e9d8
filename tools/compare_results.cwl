#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: compare_results
label: Compare the values of two tables
doc: |
  Tells how alike the values of two tables are, such as predictions and observations, or published predictions and one's own.
  Ids are matched; correlation and difference come with intervals, as tables, a figure with chosen genes marked, and a report
  to read.

baseCommand: genloom-plot-results
arguments:
  - {prefix: --task, valueFrom: comparison}
  - {prefix: --report, valueFrom: $(inputs.called).report.html}
  - {prefix: --metrics, valueFrom: $(inputs.called).metrics.tsv}
  - {prefix: --metrics-json, valueFrom: $(inputs.called).metrics.json}
  - {prefix: --pair-table, valueFrom: $(inputs.called).pairs.tsv}
  - {prefix: --figures, valueFrom: $(inputs.called).figures}

inputs:
  called:
    type: string
    default: comparison
    doc: What the names of the files begin with
  predictions:
    type: File
    format: edam:format_3475
    doc: Predictions, or any table of ids and values
    inputBinding: {prefix: --predictions}
  compare:
    type: File
    format: edam:format_3475
    doc: The table to compare with; the same again for two columns of it
    inputBinding: {prefix: --compare}
  id_column:
    type: string?
    doc: >-
      Column of ids of the predictions, by name, or by number from 1; by default id, else the first. Several with commas
      between make one id, such as chrom,start,end,strand
    inputBinding: {prefix: --id-column}
  value_column:
    type: string?
    doc: Column of values of the predictions; by default predicted, observed or value, else the second of two
    inputBinding: {prefix: --value-column}
  compare_id_column:
    type: string?
    doc: Column of ids of the table to compare with
    inputBinding: {prefix: --compare-id-column}
  compare_value_column:
    type: string?
    doc: Column of values of the table to compare with
    inputBinding: {prefix: --compare-value-column}
  places:
    type: File?
    format: edam:format_3003
    doc: >-
      Names of places, such as promoters and their genes; ids of chrom,start,end,strand, or without strand, become the names
      that this BED has there
    inputBinding: {prefix: --places}
  ignore_case:
    type: boolean
    default: false
    doc: Match ids in any case, as of symbols
    inputBinding: {prefix: --ignore-case}
  name_columns:
    type: string[]
    default: []
    doc: Columns of either table with symbols or descriptions; by default those called symbol, gene, name, description or alike
    inputBinding: {prefix: --name-columns}
  genes:
    type: string[]
    default: []
    doc: Genes to mark, by id, name, or text that a name or description holds
    inputBinding: {prefix: --genes}
  model_name:
    type: string?
    doc: What to call the values of the predictions; by default their column
    inputBinding: {prefix: --model-name}
  compare_name:
    type: string?
    doc: What to call the values compared with; by default their column
    inputBinding: {prefix: --compare-name}
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
    doc: The report, one page with its figure, without JavaScript
    outputBinding: {glob: $(inputs.called).report.html}
  metrics:
    type: File
    format: edam:format_3475
    doc: Table of metric, model, value, low, high, n
    outputBinding: {glob: $(inputs.called).metrics.tsv}
  metrics_json:
    type: File
    format: edam:format_3464
    doc: The same as a list of objects
    outputBinding: {glob: $(inputs.called).metrics.json}
  pair_table:
    type: File
    format: edam:format_3475
    doc: Table of id, name, value, compared, difference, marked for each id that both tables have
    outputBinding: {glob: $(inputs.called).pairs.tsv}
  figures:
    type: Directory
    doc: The figure as a file
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
