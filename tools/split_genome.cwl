#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: split_genome
label: Divide a genome into parts of whole chromosomes
doc: |
  Lists the chromosomes of a genome, or regions of it, as parts that jobs can work on beside each other. Each part is a BED
  file that knows which part of what it is.

baseCommand: genloom-split-genome
arguments: [--output, parts]

inputs:
  sizes:
    type: File
    format: [edam:format_3475, edam:format_1929]
    doc: The genome's FASTA, its .fai, or a table of name and length
    inputBinding: {prefix: --sizes}
  region:
    type: string[]?
    doc: Only these, chr1 or chr1:1-1000000 (from 1, last base included); by default all; those of one chromosome stay together
    inputBinding: {prefix: --region}
  parts:
    type: int
    default: 10
    doc: Parts at the most, in the genome's order, the largest of them as small as can be (1 to 10000)
    inputBinding: {prefix: --parts}

outputs:
  genome_parts:
    type: File[]
    format: edam:format_3003
    doc: A BED file for each part, to be given to extract_windows or predict_sequence_model
    outputBinding: {glob: "parts/*.bed"}

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
