#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: explain_model
label: Explain a model of samples by its features
doc: |
  Tells which features a model leans on, by its coefficients, or by what is lost on held-out samples when the values of a
  feature are exchanged for those of other samples; with the genes nearest to bins.

baseCommand: genloom-explain-model
arguments: [--importance, importance.tsv, --report, report.html]

inputs:
  model:
    type: File
    format: edam:format_2333
    doc: The model (.safetensors), from train_model
    inputBinding: {prefix: --model}
  method:
    type: {type: enum, symbols: [coefficients, permutation]}
    doc: >-
      By coefficients, of ridge, PLS and gene-centred models, linear classifiers and models of landmark genes; or by
      permutation, what held-out samples lose without a feature, of any model of expression, classes or landmark genes
    inputBinding: {prefix: --method}
  bins:
    type: File?
    format: edam:format_3590
    doc: For permutation of a model of expression, the samples × bins (.h5ad) that it learned from
    inputBinding: {prefix: --bins}
  matrix:
    type: File?
    format: edam:format_3590
    doc: For permutation of a classifier, the samples × features (.h5ad)
    inputBinding: {prefix: --matrix}
  landmarks:
    type: File?
    format: [edam:format_2330, edam:format_3475, edam:format_3590]
    doc: For permutation of a model of landmark genes, these, a list or a matrix of their own
    inputBinding: {prefix: --landmarks}
  expression:
    type: File?
    format: edam:format_3590
    doc: For permutation of a model of expression or of landmark genes, samples × genes (.h5ad); also the start sites of genes
    inputBinding: {prefix: --expression}
  split:
    type: File?
    format: edam:format_3475
    doc: For permutation, the split that says which samples are held out
    inputBinding: {prefix: --split}
  annotation:
    type: File?
    format: [edam:format_2306, edam:format_1975, edam:format_3003]
    doc: Start sites of genes, to find the nearest to a bin, GTF, GFF3 or BED
    inputBinding: {prefix: --annotation}
  targets:
    type: string[]?
    doc: Only these genes, by id or symbol, or classes
    inputBinding: {prefix: --targets}
  top:
    type: int
    default: 20
    doc: Features to list (1 to 10000)
    inputBinding: {prefix: --top}
  repeats:
    type: int
    default: 20
    doc: For permutation, exchanges of each feature (1 to 1000)
    inputBinding: {prefix: --repeats}
  bootstrap:
    type: int
    default: 1000
    doc: For permutation, draws of samples for 95% intervals (0 to 100000)
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

outputs:
  importance:
    type: File
    format: edam:format_3475
    doc: The features that matter most, with the start site nearest to each
    outputBinding: {glob: importance.tsv}
  report:
    type: File
    format: edam:format_2331
    doc: The report, one page with its figures, without JavaScript
    outputBinding: {glob: report.html}

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
