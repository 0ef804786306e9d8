#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: promoter_expression
label: Tell expression from promoters
doc: |
  Learns how strongly genes are expressed from the sequence around their start sites, and from features of mRNA half-life, and
  judges that on chromosomes held out. Beside the network stand the mean, counts of words, the features alone, and the same
  network on shuffled promoters. A second run holds out genes at random: the report shows both.

inputs:
  genome:
    type: File
    format: edam:format_1929
    secondaryFiles: [{pattern: .fai, required: false}]
    label: Genome
    doc: FASTA, plain or gzipped
  annotation:
    type: File?
    format: [edam:format_2306, edam:format_1975]
    label: Annotation
    doc: The genome's genes, GTF or GFF3, plain or gzipped
  tss:
    type: File?
    format: edam:format_3003
    label: Start sites
    doc: In place of the annotation's, with gene and strand
  assembly:
    type: string
    default: ""
    label: Genome assembly
    doc: Such as hg38, to note in the models
  expression:
    type: File
    format: [edam:format_3590, edam:format_3475, edam:format_3752]
    label: Expression
    doc: Any table of ids, or symbols, and values; or a matrix from assemble_expression
  id_column:
    type: string?
    label: Column of ids
    doc: Of a table, by name, or by number from 1; by default id, else the first
  value_column:
    type: string?
    label: Column of values
    doc: Of a table, by default predicted, observed or value, else the second of two. Of a matrix a sample; by default the median
  scale:
    type: {type: enum, symbols: [auto, plain, log]}
    default: auto
    label: Scale of the values
    doc: Plain as TPM, of which log10(x + 0.1) is learned, or logs; by default as the matrix or a value below zero tells
  test_chromosomes:
    type: string[]
    label: Test chromosomes
    doc: Held out, to judge the models on
  validation_chromosomes:
    type: string[]
    label: Validation chromosomes
    doc: Held out of training, to end it on, and to choose the settings of the baselines on
  test_share:
    type: double
    default: 0.2
    label: Share of genes to test on
    doc: Of the run that holds out genes at random
  validation_share:
    type: double
    default: 0.15
    label: Share of genes to validate on
    doc: Of the genes of that run that are not tested
  paralogs:
    type: {type: enum, symbols: [remove, report, ignore]}
    default: remove
    label: Paralogs
    doc: What to do with genes whose promoters are alike one that is held out
  transcripts:
    type: {type: enum, symbols: [canonical, longest, all]}
    default: canonical
    label: Transcripts
    doc: Of a gene, the one tagged as MANE Select or canonical, else the longest; the longest; or all
  gene_type:
    type: string[]?
    label: Types of genes
    doc: Only genes of these types, such as protein_coding; by default all
  upstream:
    type: int
    default: 2000
    label: Upstream
    doc: Bases before the start site; 7,000 as published
  downstream:
    type: int
    default: 1000
    label: Downstream
    doc: Bases from the start site on; 3,500 as published
  half_life:
    type: boolean
    default: true
    label: Features of half-life
    doc: Read lengths and G+C of the messenger's parts beside the promoter; leaves out genes without a coding sequence
  channels:
    type: int
    default: 32
    label: Channels
    doc: Motifs of the first layer; 128 as published
  ensemble:
    type: int
    default: 1
    label: Networks
    doc: So many are trained and averaged in each run
  shuffled:
    type: boolean
    default: false
    label: Shuffled promoters
    doc: Train the same network on shuffled promoters, too
  epochs:
    type: int
    default: 30
    label: Epochs
    doc: Passes over the training part, at the most
  batch_size:
    type: int
    default: 32
    label: Batch
    doc: Promoters a step of training
  device:
    type: {type: enum, symbols: [auto, cpu, cuda]}
    default: cpu
    label: Device
    doc: Where networks are trained
  devices:
    type: int
    default: 1
    label: Devices
    doc: Share each batch among so many GPUs or processes
  seed:
    type: long
    default: 1
    label: Seed
    doc: Seed of every random choice
  threads:
    type: int
    default: 1
    label: Threads
    doc: Processor cores to use
  title:
    type: string
    default: Expression told from promoters
    label: Title of the report
    doc: Stands at the head of the report
  memory:
    type: int
    default: 4096
    label: Memory
    doc: To reserve for the steps that need more of it for more data, MiB

steps:
  cut_promoters:
    label: Cut out the promoters
    doc: Each with its start site at the same place, in the direction of its gene
    run: ../../tools/extract_windows.cwl
    in:
      kind: {default: promoters}
      genome: genome
      annotation: annotation
      tss: tss
      assembly: assembly
      transcripts: transcripts
      gene_type: gene_type
      upstream: upstream
      downstream: downstream
      half_life: half_life
    out: [windows, summary]
  hold_chromosomes_out:
    label: Hold chromosomes out
    doc: Which promoters train, validate and test, and which are alike one of another part
    run: ../../tools/split_samples.cwl
    in:
      windows: cut_promoters/windows
      method: {default: explicit}
      test_groups: test_chromosomes
      validation_groups: validation_chromosomes
      paralogs: paralogs
      paralog_table: {default: paralogs.tsv}
      seed: seed
      memory: memory
    out: [split, paralogs_found]
  train_network:
    label: Train on the other chromosomes
    doc: The network and its baselines
    run: ../../tools/train_promoter_model.cwl
    in:
      windows: cut_promoters/windows
      expression: expression
      id_column: id_column
      value_column: value_column
      scale: scale
      split: hold_chromosomes_out/split
      channels: channels
      ensemble: ensemble
      shuffled: shuffled
      epochs: epochs
      batch_size: batch_size
      device: device
      devices: devices
      seed: seed
      threads: threads
      called: {default: chromosomes}
      memory: memory
    out: [model, predictions, metrics, history]
  hold_genes_out:
    label: Hold genes out at random
    doc: As most published models are judged; promoters alike one held out leave the training here, too
    run: ../../tools/split_samples.cwl
    in:
      windows: cut_promoters/windows
      method: {default: hold-out}
      group: {default: gene}
      test_share: test_share
      validation_share: validation_share
      paralogs: paralogs
      seed: seed
      memory: memory
    out: [split]
  train_at_random:
    label: Train on the other genes
    doc: The same models, for their measures
    run: ../../tools/train_promoter_model.cwl
    in:
      windows: cut_promoters/windows
      expression: expression
      id_column: id_column
      value_column: value_column
      scale: scale
      split: hold_genes_out/split
      channels: channels
      ensemble: ensemble
      shuffled: shuffled
      epochs: epochs
      batch_size: batch_size
      device: device
      devices: devices
      seed: seed
      threads: threads
      called: {default: genes}
      memory: memory
    out: [metrics]
  write_report:
    label: Write the report
    doc: Beside the baselines, under both splits, with intervals by gene
    run: ../../tools/plot_promoter_results.cwl
    in:
      predictions: train_network/predictions
      scores: train_network/metrics
      model: train_network/model
      history: train_network/history
      compare: train_at_random/metrics
      compare_name: {default: genes at random}
      title: title
      seed: seed
      threads: threads
    out: [report, metrics, metrics_json, reliability, figures]

outputs:
  report:
    type: File
    format: edam:format_2331
    label: Report
    doc: How well expression was told, one page to read
    outputSource: write_report/report
  metrics:
    type: File
    format: edam:format_3475
    label: Metrics
    doc: Table of metric, model, value, low, high, n on the chromosomes held out
    outputSource: write_report/metrics
  metrics_json:
    type: File
    format: edam:format_3464
    label: Metrics (JSON)
    doc: The same as a list of objects
    outputSource: write_report/metrics_json
  random_metrics:
    type: File
    format: edam:format_3475
    label: Metrics on genes at random
    doc: The same table, of the run that held out genes at random
    outputSource: train_at_random/metrics
  tenths:
    type: File
    format: edam:format_3475
    label: Observed by what was predicted
    doc: Genes in ten groups by what is predicted for them
    outputSource: write_report/reliability
  figures:
    type: Directory
    label: Figures
    doc: Each figure of the report as a file
    outputSource: write_report/figures
  model:
    type: File
    format: edam:format_2333
    label: Model
    doc: The network (.safetensors), for predict_sequence_model
    outputSource: train_network/model
  predictions:
    type: File
    format: edam:format_3475
    label: Predictions
    doc: Expression of the genes on the chromosomes held out, observed and by every model
    outputSource: train_network/predictions
  history:
    type: File
    format: edam:format_3475
    label: Training curves
    doc: Loss of the network in each epoch
    outputSource: train_network/history
  split:
    type: File
    format: edam:format_3475
    label: Split
    doc: Which promoters train, validate and test
    outputSource: hold_chromosomes_out/split
  paralog_genes:
    type: File?
    format: edam:format_3475
    label: Paralogs
    doc: Genes whose promoters are alike one of another part
    outputSource: hold_chromosomes_out/paralogs_found
  summary:
    type: File
    format: edam:format_3475
    label: Promoters left out
    doc: What was left out of the promoters, and why
    outputSource: cut_promoters/summary

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [../../tools/edam_excerpt.owl]
