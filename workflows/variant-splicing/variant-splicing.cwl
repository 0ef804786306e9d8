#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: variant_splicing
label: Score variants for what they do to splicing, with published weights
doc: |
  Makes a model of the weights of SpliceAI or OpenSpliceAI, scores each allele of a VCF for the splice sites that it makes
  and takes away, as SpliceAI does, and writes a report. Every allele that cannot be scored has its reason.

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
  score:
    label: Score the variants
    doc: Each allele in each gene that it lies in, or the reason why not
    run: ../../tools/score_variants.cwl
    in:
      variants: variants
      genome: genome
      annotation: annotation
      model: import_weights/model
      distance: distance
      mask: mask
      transcripts: transcripts
      device: device
      threads: threads
    out: [output, table]
  write_report:
    label: Write the report
    doc: How many alleles reach SpliceAI's cut-offs, which sites change and where, and what was left unscored
    run: ../../tools/plot_variant_scores.cwl
    in:
      predictions: score/table
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
    outputSource: score/output
  scores:
    type: File
    format: edam:format_3475
    label: Scores
    doc: A line for each allele and gene, with scores in full precision, or the reason why there are none
    outputSource: score/table
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
