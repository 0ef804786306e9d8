#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: import_model
label: Make a model of published weights of SpliceAI, OpenSpliceAI or Xpresso
doc: |
  Makes a model file of published weights, without their authors' software and without running anything in their files. Each
  network is held against the layers of its own file, and its card tells source, licence, citation and the answer to a
  known sequence.

baseCommand: genloom-import-model
arguments: [--model, model.safetensors]

inputs:
  weights:
    type: File[]
    format: edam:format_2333
    doc: >-
      The published files, SpliceAI's .h5 from its Python package, OpenSpliceAI's .pt or Xpresso's .h5; several are one
      ensemble, whose networks are averaged
    inputBinding: {prefix: --weights}
  source:
    type: {type: enum, symbols: [auto, spliceai, openspliceai, xpresso]}
    default: auto
    doc: Whose weights they must be; auto tells by what is in the files
    inputBinding: {prefix: --source}
  threads:
    type: int
    default: 1
    doc: Processor cores to use (1 to 1024)
    inputBinding: {prefix: --threads, valueFrom: $(runtime.cores)}

outputs:
  model:
    type: File
    format: edam:format_2333
    doc: The model (.safetensors), for predict_model and, if of splice sites, score_variants
    outputBinding: {glob: model.safetensors}

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
