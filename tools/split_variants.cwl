#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: split_variants
label: Divide the variants of a VCF into parts
doc: |
  Divides a VCF or BCF into parts that score_variants can work on beside each other. Each part has the whole header, and knows
  which part of what it is.

baseCommand: genloom-split-variants
arguments: [--output, parts]

inputs:
  variants:
    type: File
    format: [edam:format_3016, edam:format_3020]
    doc: The variants in any order, VCF, plain or gzipped, or BCF
    inputBinding: {prefix: --variants}
  parts:
    type: int
    default: 10
    doc: Parts at the most, in the file's order; each has a multiple of 200 records, which are scored at once (1 to 10000)
    inputBinding: {prefix: --parts}

outputs:
  variant_parts:
    type: File[]
    format: edam:format_3016
    doc: A VCF for each part, to be given to score_variants
    outputBinding: {glob: "parts/*.vcf"}

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
