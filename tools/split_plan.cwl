#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: split_plan
label: Divide a plan into its trials
doc: |
  Lists the trials of a plan, a file for each, so that tune_model can run each as a job of its own. Plans whose trials look at
  each other are refused.

baseCommand: genloom-split-plan
arguments: [--output, trials]

inputs:
  plan:
    type: File
    format: edam:format_3750
    doc: The plan of a study, with sampler quasi-random or random, and pruning false (YAML)
    inputBinding: {prefix: --plan}

outputs:
  trials:
    type: File[]
    format: edam:format_3464
    doc: A file for each trial, to be given to tune_model
    outputBinding: {glob: "trials/*.json"}

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
