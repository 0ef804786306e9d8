#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: train_sequence_model
label: Train a network on windows of sequence and judge it on held-out ones
doc: |
  Trains a network of the SpliceAI family to find donors and acceptors, or a small one that tells which windows hold exon,
  intron and boundary. Judges it on the test part beside simple baselines, and writes one model file.

baseCommand: genloom-train-model
arguments:
  - {prefix: --model, valueFrom: $(inputs.task).safetensors}
  - {prefix: --predictions, valueFrom: $(inputs.task).predictions.tsv}
  - {prefix: --metrics, valueFrom: $(inputs.task).metrics.tsv}
  - {prefix: --history, valueFrom: $(inputs.task).history.tsv}

inputs:
  task:
    type: {type: enum, symbols: [boundaries, content]}
    doc: What is predicted, donors and acceptors, or whether a window holds exon, intron and boundary
    inputBinding: {prefix: --task}
  windows:
    type: File
    format: edam:format_3590
    doc: Windows of that kind, from extract_windows
    inputBinding: {prefix: --windows}
  annotation:
    type: File?
    format: [edam:format_2306, edam:format_1975]
    doc: >-
      For boundaries, the GTF or GFF3 of the windows, to learn reading frames and ends of genes, too; sites can then be
      decoded as coding genes
    inputBinding: {prefix: --annotation}
  split:
    type: File
    format: edam:format_3475
    doc: Which windows train, validate and test, from split_samples
    inputBinding: {prefix: --split}
  fold:
    type: string?
    doc: The fold to train, of a split with several
    inputBinding: {prefix: --fold}
  context:
    type: ["null", {type: enum, symbols: ["80", "400", "2000", "10000"]}]
    doc: Bases a network looks at beside each, both sides together; by default 2000 for boundaries, 400 for content
    inputBinding: {prefix: --context}
  channels:
    type: int?
    doc: Width of a network; by default 32 for boundaries, 16 for content (1 to 1024)
    inputBinding: {prefix: --channels}
  activation:
    type: {type: enum, symbols: [relu, leaky-relu]}
    default: relu
    doc: As SpliceAI has it, or as OpenSpliceAI does
    inputBinding: {prefix: --activation}
  ensemble:
    type: int
    default: 1
    doc: Networks to train and average, each with the seed after the one before (1 to 100)
    inputBinding: {prefix: --ensemble}
  start:
    type: File?
    format: edam:format_2333
    doc: Go on from this model, at a tenth of the learning rate (fine-tuning)
    inputBinding: {prefix: --start}
  empty_share:
    type: double
    default: 0.33
    doc: Share of windows without sites in an epoch, at the most, drawn anew each time (0 to 0.99)
    inputBinding: {prefix: --empty-share}
  gate_recall:
    type: double
    default: 0.995
    doc: For content, share of windows with boundaries that its gate keeps, on the validation part (0 to 1)
    inputBinding: {prefix: --gate-recall}
  precision:
    type: {type: enum, symbols: [auto, single, bf16]}
    default: auto
    doc: Of matrix products; auto is bf16 on a GPU
    inputBinding: {prefix: --precision}
  epochs:
    type: int?
    doc: Passes over the training part, at the most; by default 10 for boundaries, 8 for content (1 to 100000)
    inputBinding: {prefix: --epochs}
  patience:
    type: int?
    doc: Stop after so many epochs without a gain on the validation part; by default go on to the end (1 to 100000)
    inputBinding: {prefix: --patience}
  batch_size:
    type: int?
    doc: Windows a step; by default 6 for boundaries, 32 for content (1 to 65536)
    inputBinding: {prefix: --batch-size}
  learning_rate:
    type: double?
    doc: Highest step size of AdamW; by default 0.003, a tenth of it where training starts from a model (1e-08 to 10)
    inputBinding: {prefix: --learning-rate}
  weight_decay:
    type: double?
    doc: Weight decay of AdamW; by default 0.02 (0 to 10)
    inputBinding: {prefix: --weight-decay}
  device:
    type: {type: enum, symbols: [auto, cpu, cuda]}
    default: cpu
    doc: Where networks are trained
    inputBinding: {prefix: --device}
  devices:
    type: int
    default: 1
    doc: Share each batch among so many GPUs or processes (1 to 64)
    inputBinding: {prefix: --devices}
  allow_leak:
    type: string?
    doc: >-
      Train in spite of a leak that the audit of the split finds, and note the reason, which this is, in the model's card
    inputBinding: {prefix: --allow-leak}
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
  memory:
    type: int
    default: 4096
    doc: Memory to reserve, MiB; docs/slurm.md tells how much for how much data

outputs:
  model:
    type: File
    format: edam:format_2333
    doc: The model (.safetensors)
    outputBinding: {glob: $(inputs.task).safetensors}
  predictions:
    type: File
    format: edam:format_3475
    doc: >-
      Predictions of the test part by every model, of each window and class, or of each base that is a site or to which the
      model gives at least 0.01
    outputBinding: {glob: $(inputs.task).predictions.tsv}
  metrics:
    type: File
    format: edam:format_3475
    doc: Measures of every model on the test part
    outputBinding: {glob: $(inputs.task).metrics.tsv}
  history:
    type: File
    format: edam:format_3475
    doc: Training curves of the networks
    outputBinding: {glob: $(inputs.task).history.tsv}

requirements:
  NetworkAccess: {networkAccess: false}
hints:
  ResourceRequirement: {coresMin: $(inputs.threads), ramMin: $(inputs.memory)}
  SoftwareRequirement:
    packages:
      genloom: {version: ["0.1.0"]}

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [edam_excerpt.owl]
