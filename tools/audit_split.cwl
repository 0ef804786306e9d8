#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: audit_split
label: Look for leaks between the parts of a split
doc: |
  Looks for ways from the part that judges a model into the part that it learns from: shared groups, duplicates, windows
  that overlap, genes and paralogs in two parts, features that were scaled or chosen with the test part or hold the answer,
  and for what a reader should know: rare classes, constant features.

baseCommand: genloom-audit-split
arguments: [--findings, findings.tsv]

inputs:
  split:
    type: File
    format: edam:format_3475
    doc: The split, from split_samples
    inputBinding: {prefix: --split}
  matrix:
    type: File?
    format: edam:format_3590
    doc: Samples × features (.h5ad), from bin_peaks or assemble_expression, or any other; this or windows are needed
    inputBinding: {prefix: --matrix}
  windows:
    type: File?
    format: edam:format_3590
    doc: Windows (.h5), from extract_windows; this or the matrix is needed
    inputBinding: {prefix: --windows}
  label:
    type: string?
    doc: Of a matrix, the column of its samples that holds their classes
    inputBinding: {prefix: --label}
  targets:
    type: File?
    format: edam:format_3590
    doc: Of a matrix, samples × genes (.h5ad) that are to be predicted from it
    inputBinding: {prefix: --targets}
  group:
    type: string?
    doc: Of a matrix, a column of its samples, such as donor, whose values belong in one part
    inputBinding: {prefix: --group}
  shared_kmers:
    type: double
    default: 0.2
    doc: Share of the 21-mers of a gene's windows, beyond which it has its like in the other part (0 to 1)
    inputBinding: {prefix: --shared-kmers}
  allow_leak:
    type: string?
    doc: End well in spite of a leak, and say why it may be so in the table
    inputBinding: {prefix: --allow-leak}
  strict:
    type: boolean
    default: false
    doc: Fail at a leak, without a table, as training does
    inputBinding: {prefix: --strict}
  memory:
    type: int
    default: 1024
    doc: Memory to reserve, MiB; docs/slurm.md tells how much for how much data

outputs:
  findings:
    type: File
    format: edam:format_3475
    doc: Table of level (error or warning), check, fold, count, what, examples, cure and allowed; no rows if all is well
    outputBinding: {glob: findings.tsv}

requirements:
  NetworkAccess: {networkAccess: false}
hints:
  ResourceRequirement: {coresMin: 1, ramMin: $(inputs.memory)}
  SoftwareRequirement:
    packages:
      genloom: {version: ["0.1.0"]}

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [edam_excerpt.owl]
