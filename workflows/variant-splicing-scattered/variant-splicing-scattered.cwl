#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: variant_splicing_scattered
label: Score variants for what they do to splicing, in jobs beside each other
doc: |
  Makes a model of published weights, divides a VCF into parts, scores each in a job of its own, and joins variants and scores to
  what one job would have written; then a report. If a job fails there are no scores.

requirements:
  ScatterFeatureRequirement: {}

inputs:
  weights:
    type: File[]
    format: edam:format_2333
    label: Published weights
    doc: SpliceAI's five .h5 files from its Python package (CC BY-NC 4.0), or OpenSpliceAI's .pt files of one context
  source:
    type: {type: enum, symbols: [auto, spliceai, openspliceai, xpresso]}
    default: auto
    label: Source of the weights
    doc: Whose weights they must be; auto tells by what is in the files
  variants:
    type: File
    format: [edam:format_3016, edam:format_3020]
    label: Variants
    doc: In any order, VCF, plain or gzipped, or BCF
  genome:
    type: File
    format: edam:format_1929
    secondaryFiles: [{pattern: .fai, required: false}]
    label: Genome
    doc: The FASTA that the variants refer to, plain or gzipped
  annotation:
    type: File
    format: [edam:format_2306, edam:format_1975, edam:format_3475]
    label: Annotation
    doc: Its genes, GTF or GFF3, or a table as SpliceAI takes it; plain or gzipped
  distance:
    type: int
    default: 50
    label: Distance
    doc: Bases on either side of a variant in which sites are looked for
  mask:
    type: boolean
    default: false
    label: Mask
    doc: Count no gain at a site that is annotated, and no loss at one that is not
  transcripts:
    type: {type: enum, symbols: [canonical, longest]}
    default: canonical
    label: Transcripts
    doc: The one of a gene in a GTF or GFF3, tagged MANE Select or canonical, else the longest; or the longest
  title:
    type: string?
    label: Title of the report
    doc: Stands at the head of the report
  figure_format:
    type: {type: enum, symbols: [png, svg, pdf]}
    default: png
    label: Format of the figures
    doc: Of the files
  device:
    type: {type: enum, symbols: [auto, cpu, cuda]}
    default: cpu
    label: Device
    doc: Where networks are run
  threads:
    type: int
    default: 1
    label: Threads
    doc: Processor cores to use
  parts:
    type: int
    default: 10
    label: Parts
    doc: Jobs beside each other at the most, each with a multiple of 200 records

steps:
  import_weights:
    label: Import the weights
    doc: The published files as one model, held against their own layers on a known sequence
    run: ../../tools/import_model.cwl
    in:
      weights: weights
      source: source
      threads: threads
    out: [model]
  divide:
    label: Divide the variants
    doc: Parts of a multiple of 200 records, in the file's order
    run: ../../tools/split_variants.cwl
    in:
      variants: variants
      parts: parts
    out: [variant_parts]
  score:
    label: Score the variants
    doc: Of one part; each allele in each gene that it lies in, or the reason why not
    run: ../../tools/score_variants.cwl
    scatter: variants
    in:
      variants: divide/variant_parts
      genome: genome
      annotation: annotation
      model: import_weights/model
      distance: distance
      mask: mask
      transcripts: transcripts
      device: device
      threads: threads
    out: [output, table]
  join_variants:
    label: Join the variants
    doc: The header once, the records in their order
    run: ../../tools/merge_parts.cwl
    in:
      parts: score/output
      output: {default: scored.vcf}
    out: [whole]
  join_scores:
    label: Join the scores
    doc: The rows in the order of the records
    run: ../../tools/merge_parts.cwl
    in:
      parts: score/table
      output: {default: scores.tsv}
    out: [whole]
  write_report:
    label: Write the report
    doc: How many alleles reach SpliceAI's cut-offs, which sites change and where, and what was left unscored
    run: ../../tools/plot_variant_scores.cwl
    in:
      predictions: join_scores/whole
      model: import_weights/model
      title: title
      figure_format: figure_format
      threads: threads
    out: [report, metrics, metrics_json, variant_table, figures]

outputs:
  report:
    type: File
    format: edam:format_2331
    label: Report
    doc: One page with its figures
    outputSource: write_report/report
  scored_variants:
    type: File
    format: edam:format_3016
    label: Scored variants
    doc: The variants with INFO/SpliceAI, in their order
    outputSource: join_variants/whole
  scores:
    type: File
    format: edam:format_3475
    label: Scores
    doc: A line for each allele and gene, with scores in full precision, or the reason why there are none
    outputSource: join_scores/whole
  strongest:
    type: File
    format: edam:format_3475
    label: Strongest first
    doc: The scored alleles in their genes, the highest score first
    outputSource: write_report/variant_table
  metrics:
    type: File
    format: edam:format_3475
    label: Counts
    doc: How many alleles were scored, reach the cut-offs, or were left out by reason
    outputSource: write_report/metrics
  metrics_json:
    type: File
    format: edam:format_3464
    label: Counts as JSON
    doc: The same as a list of objects
    outputSource: write_report/metrics_json
  figures:
    type: Directory
    label: Figures
    doc: Each figure as a file
    outputSource: write_report/figures
  model:
    type: File
    format: edam:format_2333
    label: Model
    doc: The imported weights (.safetensors), to score other variants with
    outputSource: import_weights/model

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [../../tools/edam_excerpt.owl]
