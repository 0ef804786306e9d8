#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: splice_boundaries
label: Find intron and exon boundaries in a genome
doc: |
  Learns where introns begin and end from a genome and its annotation, and judges that on chromosomes held out. The genome
  is cut into windows; genes that have their like on a chromosome held out are removed from training. One network finds
  donors and acceptors, judged beside weight matrices and the bare GT/AG rule; a small one, the feeder, tells which windows
  need not be looked at. Both models go on to annotate-boundaries.

inputs:
  genome:
    type: File
    format: edam:format_1929
    secondaryFiles: [{pattern: .fai, required: false}]
    label: Genome
    doc: FASTA, plain or gzipped
  annotation:
    type: File
    format: [edam:format_2306, edam:format_1975]
    label: Annotation
    doc: The genome's genes, GTF or GFF3, plain or gzipped
  assembly:
    type: string
    default: ""
    label: Genome assembly
    doc: Such as hg38, to note in the models
  test_chromosomes:
    type: string[]
    label: Test chromosomes
    doc: Held out, to judge the models on
  validation_chromosomes:
    type: string[]
    label: Validation chromosomes
    doc: Held out of training, to choose thresholds, decode and gate on
  transcripts:
    type: {type: enum, symbols: [canonical, longest, all]}
    default: canonical
    label: Transcripts
    doc: Of a gene, the one tagged as MANE Select or canonical, else the longest; the longest; or all
  gene_type:
    type: string[]?
    label: Types of genes
    doc: Only genes of these types, such as protein_coding; by default all
  without_stop:
    type: {type: enum, symbols: [skip, keep]}
    default: skip
    label: Transcripts without a stop codon
    doc: Transcripts whose coding sequence ends in no stop codon in the genome; windows on skipped ones are skipped, too
  window:
    type: int
    default: 5000
    label: Window
    doc: Bases of a window
  coding:
    type: File?
    format: [edam:format_2306, edam:format_1975]
    label: Annotation of coding sequence
    doc: >-
      The annotation once more, to learn reading frames, too; sites are then decoded as coding genes where that is better
      on the validation chromosomes. Leave it out for genes with long untranslated exons
  paralogs:
    type: {type: enum, symbols: [remove, report, ignore]}
    default: remove
    label: Paralogs
    doc: What to do with genes that have their like on a chromosome held out
  context:
    type: {type: enum, symbols: ["80", "400", "2000", "10000"]}
    default: "2000"
    label: Context
    doc: Bases the network looks at beside each, both sides together
  feeder_context:
    type: {type: enum, symbols: ["80", "400", "2000", "10000"]}
    default: "400"
    label: Context of the feeder
    doc: The same of the feeder
  channels:
    type: int
    default: 32
    label: Channels
    doc: Width of the network
  feeder_channels:
    type: int
    default: 16
    label: Channels of the feeder
    doc: Width of the feeder
  activation:
    type: {type: enum, symbols: [relu, leaky-relu]}
    default: relu
    label: Activation
    doc: As SpliceAI has it, or as OpenSpliceAI does
  ensemble:
    type: int
    default: 1
    label: Networks
    doc: So many are trained and averaged
  start:
    type: File?
    format: edam:format_2333
    label: Model to go on from
    doc: A model of boundaries with the same context and channels, to fine-tune
  epochs:
    type: int
    default: 10
    label: Epochs
    doc: Passes over the training windows
  feeder_epochs:
    type: int
    default: 8
    label: Epochs of the feeder
    doc: Passes of the feeder over its training windows
  batch_size:
    type: int?
    label: Batch
    doc: Windows a step of training; by default 6
  feeder_batch_size:
    type: int?
    label: Batch of the feeder
    doc: The same of the feeder; by default 32
  gate_recall:
    type: double
    default: 0.995
    label: Recall of the feeder
    doc: Share of windows with boundaries that the feeder keeps, on the validation chromosomes
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
  title:
    type: string
    default: Intron and exon boundaries on chromosomes held out
    label: Title
    doc: Title of the report
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
  memory:
    type: int
    default: 4096
    label: Memory
    doc: To reserve for the steps that need more of it for more data, MiB

steps:
  cut_windows:
    label: Cut the genome into windows
    doc: Each window with its donors and acceptors, on each strand
    run: ../../tools/extract_windows.cwl
    in:
      kind: {default: boundaries}
      genome: genome
      annotation: annotation
      assembly: assembly
      transcripts: transcripts
      gene_type: gene_type
      without_stop: without_stop
      window: window
      seed: seed
    out: [windows, summary]
  split_windows:
    label: Hold chromosomes out
    doc: Which windows train, validate and test, and which genes have their like in another part
    run: ../../tools/split_samples.cwl
    in:
      windows: cut_windows/windows
      method: {default: explicit}
      test_groups: test_chromosomes
      validation_groups: validation_chromosomes
      paralogs: paralogs
      paralog_table: {default: paralogs.tsv}
      seed: seed
      memory: memory
    out: [split, paralogs_found]
  train_network:
    label: Train the network
    doc: Finds donors and acceptors, beside weight matrices and the GT/AG rule
    run: ../../tools/train_sequence_model.cwl
    in:
      task: {default: boundaries}
      windows: cut_windows/windows
      annotation: coding
      split: split_windows/split
      context: context
      channels: channels
      activation: activation
      ensemble: ensemble
      start: start
      epochs: epochs
      batch_size: batch_size
      device: device
      devices: devices
      seed: seed
      threads: threads
      memory: memory
    out: [model, predictions, metrics, history]
  cut_content:
    label: Cut windows for the feeder
    doc: Each window with what it holds, on each strand
    run: ../../tools/extract_windows.cwl
    in:
      kind: {default: content}
      genome: genome
      annotation: annotation
      assembly: assembly
      transcripts: transcripts
      gene_type: gene_type
      without_stop: without_stop
      window: window
      seed: seed
    out: [windows, summary]
  split_content:
    label: Hold the same chromosomes out
    doc: As for the network
    run: ../../tools/split_samples.cwl
    in:
      windows: cut_content/windows
      method: {default: explicit}
      test_groups: test_chromosomes
      validation_groups: validation_chromosomes
      paralogs: paralogs
      seed: seed
      memory: memory
    out: [split]
  train_feeder:
    label: Train the feeder
    doc: Tells which windows hold a boundary
    run: ../../tools/train_sequence_model.cwl
    in:
      task: {default: content}
      windows: cut_content/windows
      split: split_content/split
      context: feeder_context
      channels: feeder_channels
      activation: activation
      epochs: feeder_epochs
      batch_size: feeder_batch_size
      gate_recall: gate_recall
      device: device
      devices: devices
      seed: seed
      threads: threads
      memory: memory
    out: [model, predictions, metrics, history]
  write_report:
    label: Report on the network
    doc: Precision and recall, calibration, errors by distance, with intervals by gene
    run: ../../tools/plot_sequence_results.cwl
    in:
      task: {default: boundaries}
      predictions: train_network/predictions
      scores: train_network/metrics
      model: train_network/model
      history: train_network/history
      title: title
      confusion: {default: boundaries.confusion.tsv}
      seed: seed
      threads: threads
    out: [report, metrics, metrics_json, reliability, confusion_found, figures]
  write_feeder_report:
    label: Report on the feeder
    doc: What it keeps and what it spares
    run: ../../tools/plot_sequence_results.cwl
    in:
      task: {default: content}
      predictions: train_feeder/predictions
      scores: train_feeder/metrics
      model: train_feeder/model
      history: train_feeder/history
      seed: seed
      threads: threads
    out: [report, metrics, reliability]

outputs:
  report:
    type: File
    format: edam:format_2331
    label: Report
    doc: How well boundaries were found, one page to read
    outputSource: write_report/report
  metrics:
    type: File
    format: edam:format_3475
    label: Metrics
    doc: Table of metric, model, value, low, high, n
    outputSource: write_report/metrics
  metrics_json:
    type: File
    format: edam:format_3464
    label: Metrics (JSON)
    doc: The same as a list of objects
    outputSource: write_report/metrics_json
  reliability:
    type: File
    format: edam:format_3475
    label: Reliability
    doc: How often bases of a predicted probability are sites
    outputSource: write_report/reliability
  confusion:
    type: File?
    format: edam:format_3475
    label: Errors by distance
    doc: False and missed sites by the distance to the nearest true or called one
    outputSource: write_report/confusion_found
  figures:
    type: Directory
    label: Figures
    doc: Each figure of the report as a file
    outputSource: write_report/figures
  feeder_report:
    type: File
    format: edam:format_2331
    label: Report on the feeder
    doc: What the feeder keeps and spares
    outputSource: write_feeder_report/report
  feeder_metrics:
    type: File
    format: edam:format_3475
    label: Metrics of the feeder
    doc: Table of metric, model, value, low, high, n
    outputSource: write_feeder_report/metrics
  feeder_reliability:
    type: File
    format: edam:format_3475
    label: Reliability of the feeder
    doc: How often windows of a predicted probability hold each class
    outputSource: write_feeder_report/reliability
  model:
    type: File
    format: edam:format_2333
    label: Model of boundaries
    doc: The network (.safetensors), for annotate-boundaries
    outputSource: train_network/model
  feeder:
    type: File
    format: edam:format_2333
    label: Feeder
    doc: The feeder (.safetensors), for annotate-boundaries
    outputSource: train_feeder/model
  predictions:
    type: File
    format: edam:format_3475
    label: Predictions
    doc: Sites of the test chromosomes, true and predicted, by every model
    outputSource: train_network/predictions
  feeder_predictions:
    type: File
    format: edam:format_3475
    label: Predictions of the feeder
    doc: Windows of the test chromosomes
    outputSource: train_feeder/predictions
  history:
    type: File
    format: edam:format_3475
    label: Training curves
    doc: Loss of the network in each epoch
    outputSource: train_network/history
  feeder_history:
    type: File
    format: edam:format_3475
    label: Training curves of the feeder
    doc: Loss of the feeder in each epoch
    outputSource: train_feeder/history
  split:
    type: File
    format: edam:format_3475
    label: Split
    doc: Which windows train, validate and test
    outputSource: split_windows/split
  paralog_genes:
    type: File?
    format: edam:format_3475
    label: Paralogs
    doc: Genes with their like in another part
    outputSource: split_windows/paralogs_found
  summary:
    type: File
    format: edam:format_3475
    label: Windows left out
    doc: What was left out of the windows, and why
    outputSource: cut_windows/summary

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [../../tools/edam_excerpt.owl]
