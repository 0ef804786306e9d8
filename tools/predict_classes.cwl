#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: predict_classes
label: Predict the classes of new samples with a model file
doc: |
  Tells the class of new samples, each by itself, with a model of train_classifier. No class is called for a sample that is
  unlike all that the model was trained on.

baseCommand: genloom-predict-model
arguments: [--predictions, classes.new.tsv, --table, classes.called.tsv]

inputs:
  model:
    type: File
    format: edam:format_2333
    doc: A model file (.safetensors), from train_classifier
    inputBinding: {prefix: --model}
  matrix:
    type: File
    format: edam:format_3590
    doc: New samples by features (.h5ad), each of the model's features among them
    inputBinding: {prefix: --matrix}
  threads:
    type: int
    default: 1
    doc: Processor cores to use (1 to 1024)
    inputBinding: {prefix: --threads, valueFrom: $(runtime.cores)}

outputs:
  predictions:
    type: File
    format: edam:format_3475
    doc: The probabilities, a line a sample and class
    outputBinding: {glob: classes.new.tsv}
  table:
    type: File
    format: edam:format_3475
    doc: A line a sample, with the class that is called, or why none is
    outputBinding: {glob: classes.called.tsv}

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
