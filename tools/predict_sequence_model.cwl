#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: predict_sequence_model
label: Predict windows or genomes with a model of sequence
doc: |
  Finds donors, acceptors and introns on both strands of whole chromosomes, with or without a feeder that passes over what
  holds no boundary; or predicts windows, and judges the model on their labels. What is to be written is named by the
  inputs predictions and metrics (of windows), sites, introns, tracks and summary (of a genome), or found (of a part of one).

baseCommand: genloom-predict-model

inputs:
  model:
    type: File
    format: edam:format_2333
    doc: A model file (.safetensors), from train_sequence_model or import_model
    inputBinding: {prefix: --model}
  windows:
    type: File?
    format: edam:format_3590
    doc: Windows, from extract_windows; labels are to be judged on; these or the genome are needed
    inputBinding: {prefix: --windows}
  genome:
    type: File?
    format: edam:format_1929
    secondaryFiles: [{pattern: .fai, required: false}]
    doc: A genome (FASTA) to predict with a model of boundaries, on both strands; this or windows are needed
    inputBinding: {prefix: --genome}
  region:
    type: string[]?
    doc: Of the genome, only these, chr1 or chr1:1-1000000 (from 1, last base included); by default all
    inputBinding: {prefix: --region}
  part:
    type: File?
    format: edam:format_3003
    doc: Of the genome, a part of its chromosomes, from split_genome with the same region; found is to be named then, and nothing else
    inputBinding: {prefix: --part}
  feeder:
    type: File?
    format: edam:format_2333
    doc: A model of content, from train_sequence_model; windows that it gives no boundary are passed over
    inputBinding: {prefix: --feeder}
  tile:
    type: int
    default: 100000
    doc: Bases predicted at once; no prediction depends on it (1000 to 100000000)
    inputBinding: {prefix: --tile}
  device:
    type: {type: enum, symbols: [auto, cpu, cuda]}
    default: cpu
    doc: Where networks are run
    inputBinding: {prefix: --device}
  precision:
    type: {type: enum, symbols: [single, int8]}
    default: single
    doc: Of a model of boundaries, int8 runs the convolutions in 8-bit integers, which is faster on a processor and rounds; needs the packages onnx and onnxruntime
    inputBinding: {prefix: --precision}
  seed:
    type: long
    default: 1
    doc: Seed of every random choice (0 to 4294967295)
    inputBinding: {prefix: --seed}
  threads:
    type: int
    default: 1
    doc: Processor cores to use (1 to 1024)
    inputBinding: {prefix: --threads, valueFrom: $(runtime.cores)}
  track_format:
    type: {type: enum, symbols: [bedgraph, bigwig]}
    default: bedgraph
    doc: Format of the tracks
    inputBinding: {prefix: --track-format}
  predictions:
    type: string?
    doc: Of windows, name of the table of predictions
    inputBinding: {prefix: --predictions}
  metrics:
    type: string?
    doc: Of windows, name of the table of how well their labels were predicted
    inputBinding: {prefix: --metrics}
  sites:
    type: string?
    doc: Of a genome, name of the BED of sites above the model's thresholds
    inputBinding: {prefix: --sites}
  introns:
    type: string?
    doc: Of a genome, name of the GFF3 of the introns of the likeliest structure
    inputBinding: {prefix: --introns}
  tracks:
    type: string?
    doc: Of a genome, name of the folder of tracks, the probability of each class on each strand
    inputBinding: {prefix: --tracks}
  summary:
    type: string?
    doc: Of a genome, name of the table of how much was predicted, what was found, and what a feeder spared
    inputBinding: {prefix: --summary}
  found:
    type: string?
    doc: Of a part of a genome, name of the file of all that was found on it, for merge_predictions
    inputBinding: {prefix: --found}

outputs:
  predicted_windows:
    type: File?
    format: edam:format_3475
    doc: Predictions of each promoter, of each window and class, or of each base that is a site or to which the model gives at least 0.01
    outputBinding: {glob: $(inputs.predictions)}
  measures:
    type: File?
    format: edam:format_3475
    doc: How well the labels of the windows were predicted
    outputBinding: {glob: $(inputs.metrics)}
  predicted_sites:
    type: File?
    format: edam:format_3003
    doc: Sites above the model's thresholds, a base each
    outputBinding: {glob: $(inputs.sites)}
  predicted_introns:
    type: File?
    format: edam:format_1975
    doc: Introns of the likeliest structure
    outputBinding: {glob: $(inputs.introns)}
  track_folder:
    type: Directory?
    doc: Four tracks for a genome browser, the probability of each class on each strand
    outputBinding: {glob: $(inputs.tracks)}
  account:
    type: File?
    format: edam:format_3475
    doc: How much was predicted, what was found, and what a feeder spared
    outputBinding: {glob: $(inputs.summary)}
  found_on_part:
    type: File?
    format: edam:format_3590
    doc: All that was found on a part of a genome (.h5)
    outputBinding: {glob: $(inputs.found)}

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
