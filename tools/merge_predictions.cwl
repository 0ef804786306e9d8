#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: merge_predictions
label: Join what was predicted on the parts of a genome
doc: |
  Joins what jobs found on the parts of a genome, to the sites, introns, tracks and the summary that a single job would have
  written. Parts that are missing, there twice, or made by other models are refused: there is no result of a subset.

baseCommand: genloom-merge-parts
arguments: [--sites, sites.bed, --introns, introns.gff3, --tracks, tracks, --summary, summary.tsv]

inputs:
  parts:
    type: File[]
    format: edam:format_3590
    doc: What predict_sequence_model found on each part of a genome, in any order
    inputBinding: {prefix: --parts}
  track_format:
    type: {type: enum, symbols: [bedgraph, bigwig]}
    default: bedgraph
    doc: Format of the tracks
    inputBinding: {prefix: --track-format}

outputs:
  predicted_sites:
    type: File
    format: edam:format_3003
    doc: Sites above the model's thresholds, a base each
    outputBinding: {glob: sites.bed}
  predicted_introns:
    type: File
    format: edam:format_1975
    doc: Introns of the likeliest structure
    outputBinding: {glob: introns.gff3}
  track_folder:
    type: Directory
    doc: Four tracks for a genome browser, the probability of each class on each strand
    outputBinding: {glob: tracks}
  account:
    type: File
    format: edam:format_3475
    doc: How much was predicted, what was found, and what a feeder spared
    outputBinding: {glob: summary.tsv}

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
