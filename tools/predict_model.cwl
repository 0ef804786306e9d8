#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: predict_model
label: Predict new samples with a model file
doc: |
  Predicts the expression of each gene of a model in new samples, from their peaks binned with the settings of the model.

baseCommand: genloom-predict-model
arguments: [--predictions, predictions.tsv, --table, predicted.tsv]

inputs:
  model:
    type: File
    format: edam:format_2333
    doc: A model file (.safetensors), from train_model
    inputBinding: {prefix: --model}
  bins:
    type: File
    format: edam:format_3590
    doc: Samples by bins, binned with the settings of the model
    inputBinding: {prefix: --bins}
  expression:
    type: File?
    format: edam:format_3590
    doc: Samples by genes, to set what was observed beside the predictions
    inputBinding: {prefix: --expression}
  threads:
    type: int
    default: 1
    doc: Processor cores to use (1 to 1024)
    inputBinding: {prefix: --threads, valueFrom: $(runtime.cores)}

outputs:
  predictions:
    type: File
    format: edam:format_3475
    doc: The predictions, a line a sample and gene
    outputBinding: {glob: predictions.tsv}
  table:
    type: File
    format: edam:format_3475
    doc: The predictions as a table of genes by samples
    outputBinding: {glob: predicted.tsv}

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
