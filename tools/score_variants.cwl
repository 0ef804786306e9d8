#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: score_variants
label: Score variants of a VCF for what they do to splicing
doc: |
  Scores each alternate allele for the splice sites that it makes and takes away nearby, as SpliceAI does and writes it. A
  table holds the scores in full precision, or the reason why an allele has none.

baseCommand: genloom-score-variants
arguments: [--output, scored.vcf, --table, scores.tsv]

inputs:
  variants:
    type: File
    format: [edam:format_3016, edam:format_3020]
    doc: The variants in any order, VCF, plain or gzipped, or BCF
    inputBinding: {prefix: --variants}
  genome:
    type: File
    format: edam:format_1929
    secondaryFiles: [{pattern: .fai, required: false}]
    doc: The genome (FASTA) that the variants refer to, plain, bgzip or gzip; a .fai beside it is used
    inputBinding: {prefix: --genome}
  annotation:
    type: File
    format: [edam:format_2306, edam:format_1975, edam:format_3475]
    doc: >-
      Its genes, GTF or GFF3, or a table with the columns #NAME CHROM STRAND TX_START TX_END EXON_START EXON_END, as
      SpliceAI takes it; plain or gzipped
    inputBinding: {prefix: --annotation}
  model:
    type: File
    format: edam:format_2333
    doc: A model of boundaries (.safetensors), from import_model or train_model
    inputBinding: {prefix: --model}
  distance:
    type: int
    default: 50
    doc: Bases on either side of a variant in which sites are looked for (1 to 4999)
    inputBinding: {prefix: --distance}
  mask:
    type: boolean
    default: false
    doc: Count no gain at a site that is annotated, and no loss at one that is not
    inputBinding: {prefix: --mask}
  transcripts:
    type: {type: enum, symbols: [canonical, longest]}
    default: canonical
    doc: >-
      The one transcript of a gene, in a GTF or GFF3, the one tagged MANE Select, else Ensembl canonical, else the
      longest; or the longest (coding bases, then exonic bases)
    inputBinding: {prefix: --transcripts}
  device:
    type: {type: enum, symbols: [auto, cpu, cuda]}
    default: cpu
    doc: Where networks are run
    inputBinding: {prefix: --device}
  threads:
    type: int
    default: 1
    doc: Processor cores to use (1 to 1024)
    inputBinding: {prefix: --threads, valueFrom: $(runtime.cores)}

outputs:
  output:
    type: File
    format: edam:format_3016
    doc: The variants with INFO/SpliceAI, in their order
    outputBinding: {glob: scored.vcf}
  table:
    type: File
    format: edam:format_3475
    doc: A line for each allele and gene, with scores in full precision, or the reason why there are none
    outputBinding: {glob: scores.tsv}

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
