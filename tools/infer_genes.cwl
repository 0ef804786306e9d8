#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: infer_genes
label: Infer genes of new samples from their landmarks with a model file
doc: |
  Infers the genes of a model of train_gene_inference from the landmark genes of new samples, each by itself. Landmarks that
  were not measured are named, or filled where that is asked for.

baseCommand: genloom-predict-model
arguments: [--inferred, inferred.h5ad]

inputs:
  model:
    type: File
    format: edam:format_2333
    doc: A model file (.safetensors), from train_gene_inference
    inputBinding: {prefix: --model}
  landmarks:
    type: File
    format: edam:format_3590
    doc: New samples by genes (.h5ad), each of the model's landmarks among them
    inputBinding: {prefix: --landmarks}
  missing_landmarks:
    type: {type: enum, symbols: [refuse, fill]}
    default: refuse
    doc: >-
      Landmarks of the model that were not measured, end there and name them, or take the mean of the training samples
    inputBinding: {prefix: --missing-landmarks}
  gct:
    type: string?
    doc: Name of a GCT 1.3 file to write too
    inputBinding: {prefix: --gct}
  table:
    type: string?
    doc: Name of a text table (.tsv) to write too, with genes in rows
    inputBinding: {prefix: --table}
  threads:
    type: int
    default: 1
    doc: Processor cores to use (1 to 1024)
    inputBinding: {prefix: --threads, valueFrom: $(runtime.cores)}

outputs:
  inferred:
    type: File
    format: edam:format_3590
    doc: Samples by inferred genes
    outputBinding: {glob: inferred.h5ad}
  gct_matrix:
    type: File?
    format: edam:format_3709
    doc: The same as GCT 1.3
    outputBinding: {glob: $(inputs.gct)}
  text_table:
    type: File?
    format: edam:format_3475
    doc: The same as text, with genes in rows
    outputBinding: {glob: $(inputs.table)}

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
