#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: split_samples
label: Divide samples, features or windows into training, validation and test parts
doc: |
  Divides the samples of a sheet, the samples or features of a matrix, or the windows of a genome, for the honest judgement
  of a model: folds, a part held out, each sample or group held out in turn, or parts you name. What shares a group stays
  in one part; the groups of windows are chromosomes, or blocks of them.

baseCommand: genloom-split-samples
arguments: [--output, split.tsv]

inputs:
  samples:
    type: File?
    format: edam:format_3475
    doc: Sample sheet, a table with a header and names in the column sample, or else in the first; this, the matrix or windows are needed
    inputBinding: {prefix: --samples}
  matrix:
    type: File?
    format: edam:format_3590
    doc: Matrix (.h5ad) from bin_peaks or assemble_expression; this, the sheet or windows are needed
    inputBinding: {prefix: --matrix}
  windows:
    type: File?
    format: edam:format_3590
    doc: Windows (.h5) from extract_windows, whose groups are chromosomes, blocks of them, or genes
    inputBinding: {prefix: --windows}
  of:
    type: {type: enum, symbols: [samples, features]}
    default: samples
    doc: Of a matrix, divide its samples, or its features (bins, genes)
    inputBinding: {prefix: --of}
  group:
    type: string?
    doc: Keep what shares a value of this column in one part (donor, lineage; chrom for features; of windows chrom, as by default, or gene)
    inputBinding: {prefix: --group}
  stratify:
    type: string?
    doc: Spread the values of this column evenly over the parts
    inputBinding: {prefix: --stratify}
  keep_classes:
    type: string[]
    default: []
    doc: Divide only what has one of these values of the column to stratify by; by default all, and each has to have one
    inputBinding: {prefix: --keep-classes}
  drop_classes:
    type: string[]
    default: []
    doc: Leave out what has one of these values of it
    inputBinding: {prefix: --drop-classes}
  block:
    type: int
    default: 0
    doc: >-
      Of windows, bases of a block of a chromosome, of which a group is made in place of the whole one; windows that overlap
      or hold the same gene stay in one block; 0 for whole chromosomes (0 to 1000000000)
    inputBinding: {prefix: --block}
  paralogs:
    type: {type: enum, symbols: [remove, report, ignore]}
    default: remove
    doc: >-
      Of windows, genes with their like in another part; remove them from training (and from validation, if their like is
      in the test part), only report them, or do not look
    inputBinding: {prefix: --paralogs}
  shared_kmers:
    type: double
    default: 0.2
    doc: Share of the 21-mers of a gene's windows, beyond which it has its like in the other part (0 to 1)
    inputBinding: {prefix: --shared-kmers}
  paralog_table:
    type: string?
    doc: Of windows, name of the table of genes with their like in another part
    inputBinding: {prefix: --paralog-table}
  method:
    type: {type: enum, symbols: [hold-out, k-fold, leave-one-out, leave-one-group-out, explicit]}
    default: k-fold
    doc: One part held out, folds, each sample or group held out in turn, or parts you name
    inputBinding: {prefix: --method}
  folds:
    type: int
    default: 5
    doc: Folds of k-fold (2 to 1000)
    inputBinding: {prefix: --folds}
  repeats:
    type: int
    default: 1
    doc: Repeats of k-fold and hold-out, drawn anew each time (1 to 1000)
    inputBinding: {prefix: --repeats}
  test_share:
    type: double
    default: 0.2
    doc: Share that hold-out tests on, of the groups where there are groups (0.001 to 0.5)
    inputBinding: {prefix: --test-share}
  validation_share:
    type: double
    default: 0.0
    doc: Share of what is not tested that ends the training of networks; 0 for no validation part (0 to 0.5)
    inputBinding: {prefix: --validation-share}
  inner_folds:
    type: int
    default: 0
    doc: Divide each training part again into so many folds, to tune on; 0 for none (0 to 1000)
    inputBinding: {prefix: --inner-folds}
  seed:
    type: long
    default: 1
    doc: Seed of every random choice (0 to 4294967295)
    inputBinding: {prefix: --seed}
  parts:
    type: File?
    format: edam:format_3475
    doc: For the method explicit, in place of lists, a sheet of all names with the column part
    inputBinding: {prefix: --parts}
  test:
    type: string[]
    default: []
    doc: For the method explicit, names to test on; what no list names is for training
    inputBinding: {prefix: --test}
  validation:
    type: string[]
    default: []
    doc: For the method explicit, names to validate on
    inputBinding: {prefix: --validation}
  test_groups:
    type: string[]
    default: []
    doc: For the method explicit, groups to test on
    inputBinding: {prefix: --test-groups}
  validation_groups:
    type: string[]
    default: []
    doc: For the method explicit, groups to validate on
    inputBinding: {prefix: --validation-groups}
  memory:
    type: int
    default: 1024
    doc: Memory to reserve, MiB; docs/slurm.md tells how much for how much data

outputs:
  split:
    type: File
    format: edam:format_3475
    doc: The split, with the columns fold, id, group and part; edit it at will
    outputBinding: {glob: split.tsv}
  paralogs_found:
    type: File?
    format: edam:format_3475
    doc: Genes with their like in another part, and what was done about it
    outputBinding: {glob: $(inputs.paralog_table)}

requirements:
  NetworkAccess: {networkAccess: false}
hints:
  ResourceRequirement: {coresMin: 1, ramMin: $(inputs.memory)}
  SoftwareRequirement:
    packages:
      genloom: {version: ["0.1.0"]}

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [edam_excerpt.owl]
