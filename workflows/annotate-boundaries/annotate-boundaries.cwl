#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: annotate_boundaries
label: Annotate intron and exon boundaries in new sequence
doc: |
  Finds donors, acceptors and introns on both strands of a genome, or of regions of it, with a model from
  splice-boundaries. A feeder passes over the windows that hold no boundary; the summary tells how much it spared and which
  share of the boundaries it keeps. What is found comes as BED, GFF3 and tracks for a genome browser.

inputs:
  genome:
    type: File
    format: edam:format_1929
    secondaryFiles: [{pattern: .fai, required: false}]
    label: Genome
    doc: FASTA, plain or gzipped
  region:
    type: string[]?
    label: Regions
    doc: Only these, chr1 or chr1:1-1000000 (from 1, last base included); by default the whole genome
  model:
    type: File
    format: edam:format_2333
    label: Model of boundaries
    doc: From splice-boundaries (.safetensors)
  feeder:
    type: File?
    format: edam:format_2333
    label: Feeder
    doc: From splice-boundaries (.safetensors); without it every window is looked at
  track_format:
    type: {type: enum, symbols: [bedgraph, bigwig]}
    default: bigwig
    label: Format of the tracks
    doc: bigWig for genome browsers, bedGraph as text
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
  predict:
    label: Find the boundaries
    doc: Windows that the feeder lets through, on both strands, in tiles of 100,000 bases
    run: ../../tools/predict_sequence_model.cwl
    in:
      model: model
      genome: genome
      region: region
      feeder: feeder
      track_format: track_format
      device: device
      threads: threads
      sites: {default: sites.bed}
      introns: {default: introns.gff3}
      tracks: {default: tracks}
      summary: {default: summary.tsv}
    out: [predicted_sites, predicted_introns, track_folder, account]

outputs:
  sites:
    type: File?
    format: edam:format_3003
    label: Sites
    doc: Donors and acceptors above the model's thresholds, a base each
    outputSource: predict/predicted_sites
  introns:
    type: File?
    format: edam:format_1975
    label: Introns
    doc: Introns of the likeliest structure
    outputSource: predict/predicted_introns
  tracks:
    type: Directory?
    label: Tracks
    doc: The probability of each class on each strand, four files
    outputSource: predict/track_folder
  summary:
    type: File?
    format: edam:format_3475
    label: Summary
    doc: How much was predicted, what was found, and what the feeder spared at which recall
    outputSource: predict/account

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [../../tools/edam_excerpt.owl]
