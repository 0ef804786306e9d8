#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: merge_parts
label: Join the parts of a matrix, of windows, of a VCF or of its table
doc: |
  Joins what jobs made of the parts of a whole, to what a single job would have made. Parts that are missing, there twice, or
  made by other settings are refused: there is no result of a subset.

baseCommand: genloom-merge-parts
arguments: []

inputs:
  parts:
    type: File[]
    format: [edam:format_3590, edam:format_3016, edam:format_3475]
    doc: >-
      All parts of one kind, in any order, from bin_sample, from extract_windows with a part of a genome, or from score_variants
      on a part of a VCF
    inputBinding: {prefix: --parts}
  output:
    type: string
    doc: Name of the whole
    inputBinding: {prefix: --output}
  summary:
    type: string?
    doc: Of a matrix or of windows, name of the table that a single job would write beside it
    inputBinding: {prefix: --summary}

outputs:
  whole:
    type: File
    format: $(inputs.parts[0].format)
    doc: The whole matrix, file of windows, VCF or table
    outputBinding: {glob: $(inputs.output)}
  account:
    type: File?
    format: edam:format_3475
    doc: Of a matrix, the peaks of each sample, read, kept, and dropped by reason; of windows, what was left out, by reason
    outputBinding: {glob: $(inputs.summary)}

requirements:
  NetworkAccess: {networkAccess: false}
hints:
  ResourceRequirement: {coresMin: 1, ramMin: 2048}
  SoftwareRequirement:
    packages:
      genloom: {version: ["0.1.0"]}

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [edam_excerpt.owl]
