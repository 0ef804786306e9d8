#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: annotate_boundaries_scattered
label: Annotate intron and exon boundaries, chromosomes beside each other
doc: |
  Divides a genome into parts of whole chromosomes, finds donors, acceptors and introns on each in a job of its own, and joins
  them to the files that one job would have written. If a job fails there are none.

requirements:
  ScatterFeatureRequirement: {}

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
  parts:
    type: int
    default: 10
    label: Parts
    doc: Jobs beside each other at the most, each with whole chromosomes
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
  divide:
    label: Divide the genome
    doc: Parts of whole chromosomes of about one size
    run: ../../tools/split_genome.cwl
    in:
      sizes: {source: genome}
      region: region
      parts: parts
    out: [genome_parts]
  predict:
    label: Find the boundaries
    doc: Of one part; windows that the feeder lets through, on both strands, in tiles of 100,000 bases
    run: ../../tools/predict_sequence_model.cwl
    scatter: part
    in:
      model: model
      genome: genome
      region: region
      part: divide/genome_parts
      feeder: feeder
      device: device
      threads: threads
      found: {default: found.h5}
    out: [found_on_part]
  join:
    label: Join the parts
    doc: All are there, by one model; sites, introns, tracks and summary of the whole genome
    run: ../../tools/merge_predictions.cwl
    in:
      parts: {source: [predict/found_on_part], linkMerge: merge_flattened, pickValue: all_non_null}
      track_format: track_format
    out: [predicted_sites, predicted_introns, track_folder, account]

outputs:
  sites:
    type: File
    format: edam:format_3003
    label: Sites
    doc: Donors and acceptors above the model's thresholds, a base each
    outputSource: join/predicted_sites
  introns:
    type: File
    format: edam:format_1975
    label: Introns
    doc: Introns of the likeliest structure
    outputSource: join/predicted_introns
  tracks:
    type: Directory
    label: Tracks
    doc: The probability of each class on each strand, four files
    outputSource: join/track_folder
  summary:
    type: File
    format: edam:format_3475
    label: Summary
    doc: How much was predicted, what was found, and what the feeder spared at which recall
    outputSource: join/account

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [../../tools/edam_excerpt.owl]
