#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: compare_studies
label: Set studies of settings side by side
doc: |
  One table of two or more studies: what was asked, how much was tried, and the hand-set default and the best settings on the
  inner folds and on the test part.

baseCommand: genloom-tune-model
arguments: [--trials, studies.tsv]

inputs:
  compare:
    type: File[]
    format: edam:format_3464
    doc: Logs of studies, from tune_model
    inputBinding: {prefix: --compare}

outputs:
  trials:
    type: File
    format: edam:format_3475
    doc: A line for each study
    outputBinding: {glob: studies.tsv}

requirements:
  NetworkAccess: {networkAccess: false}
hints:
  ResourceRequirement: {coresMin: 1, ramMin: 512}
  SoftwareRequirement:
    packages:
      genloom: {version: ["0.1.0"]}

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [edam_excerpt.owl]
