#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: atac_to_expression
label: From ATAC peaks to predicted expression
doc: |
  Learns to predict the expression of genes from the open chromatin of samples, and judges that on samples held out.
  Peaks are counted in bins, RNA-seq tables brought into one matrix, the samples divided so that a group (a donor, a
  lineage) is never both learned from and tested on; then a model is trained beside its baselines, and a report says how
  much better than the mean of the training samples it predicts.

inputs:
  peaks:
    type: File[]
    format: edam:format_3003
    label: Peaks
    doc: A BED, narrowPeak or broadPeak file for each sample, plain or gzipped
  peak_names:
    type: string[]?
    label: Samples of the peaks
    doc: Names of the samples in the order of the peak files; by default the files' names without suffixes
  tables:
    type: File[]?
    format: edam:format_2330
    label: RNA-seq tables
    doc: A table for each sample (RSEM, ENCODE, Salmon, kallisto, featureCounts, StringTie, STAR, HTSeq); or give a matrix
  table_names:
    type: string[]?
    label: Samples of the tables
    doc: Names of the samples in the order of the tables; by default the files' names without suffixes
  expression_matrix:
    type: File?
    format: [edam:format_3475, edam:format_3752, edam:format_3709, edam:format_3620]
    label: Expression matrix
    doc: The expression of all samples in one file (TSV, CSV, GCT, XLSX), in place of tables
  sheet:
    type: File?
    format: edam:format_3475
    label: Sample sheet
    doc: Table with the column sample and facts on the samples, such as their group
  sizes:
    type: File
    format: [edam:format_3475, edam:format_1929]
    label: Chromosome sizes
    doc: As .fai, a table of name and length, or the FASTA
  annotation:
    type: File?
    format: [edam:format_2306, edam:format_1975, edam:format_3003]
    label: Annotation
    doc: The genes' places and symbols, as GTF, GFF3, or BED of start sites; the gene-centred model and a region need it
  assembly:
    type: string
    default: ""
    label: Genome assembly
    doc: Such as hg38, to note in matrices and model
  region:
    type: string[]?
    label: Regions
    doc: Bins and genes of these alone, chr1 or chr1:1-1000000 (from 1, last base included); by default the whole genome

  bin_size:
    type: int
    default: 1000
    label: Bin size
    doc: Bases in a bin
  assign:
    type: {type: enum, symbols: [midpoint, overlap, summit]}
    default: midpoint
    label: Bin of a peak
    doc: A peak counts in its midpoint's bin, in every bin it overlaps, or in its summit's bin
  value:
    type: {type: enum, symbols: [binary, count, max-signal, mean-signal, width-x-score]}
    default: binary
    label: Value of a bin
    doc: 1 if it has a peak; the number of its peaks; their highest or mean signal; the sum of their width x score
  min_score:
    type: double?
    label: Lowest score
    doc: Drop peaks with a score (column 5) below this
  normalise:
    type: {type: enum, symbols: [none, depth, quantile]}
    default: none
    label: Normalisation of bins
    doc: depth scales each sample to one sum; quantile gives all samples one distribution

  column:
    type: string?
    label: Column of the tables
    doc: tpm, count or fpkm, or a column's name; by default TPM where there is one and nothing is scaled, else counts
  scale:
    type: {type: enum, symbols: [none, cpm, tpm]}
    default: none
    label: Scale of expression
    doc: cpm or tpm makes these of counts
  log2:
    type: boolean
    default: true
    label: Logarithm of expression
    doc: Predict log2(value + 1)
  min_max:
    type: double?
    label: Lowest maximum of a gene
    doc: Keep genes whose maximum over the samples is above this
  unlisted:
    type: {type: enum, symbols: [error, drop]}
    default: error
    label: Unlisted samples
    doc: What to do with samples of an expression matrix that the sheet lacks
  duplicates:
    type: {type: enum, symbols: [error, sum, max, mean, first, number]}
    default: error
    label: Repeated genes
    doc: What to do with several rows of one gene

  group:
    type: string?
    label: Group
    doc: Column of the sheet whose values are kept in one part each (donor, lineage)
  stratify:
    type: string?
    label: Strata
    doc: Column of the sheet whose values are spread evenly over the parts
  method:
    type: {type: enum, symbols: [hold-out, k-fold, leave-one-out, leave-one-group-out]}
    default: k-fold
    label: Division
    doc: One part held out, folds, or each sample or group held out in turn
  folds:
    type: int
    default: 5
    label: Folds
    doc: Of k-fold
  repeats:
    type: int
    default: 1
    label: Repeats
    doc: Of k-fold and hold-out, drawn anew each time
  validation_share:
    type: double
    default: 0.0
    label: Validation share
    doc: Share of what is not tested that ends the training of networks

  architecture:
    type: {type: enum, symbols: [mean, knn, ridge, kernel-ridge, pls, gene-centred, mlp]}
    default: gene-centred
    label: Model
    doc: The model to write
  compare:
    type: string[]
    default: []
    label: Further models
    doc: To judge beside it; mean, knn, ridge, kernel-ridge and pls always are
  transform:
    type: {type: enum, symbols: [rank, log, none]}
    default: rank
    label: Transformation of bins
    doc: Values of bins enter by rank within the sample, as log2(1 + value), or as they are
  permutations:
    type: int
    default: 20
    label: Permutations
    doc: Repeat the cross-validation so often with peaks and expression paired at random (1 to 10000)
  hidden:
    type: int[]
    default: [256, 128]
    label: Hidden layers
    doc: Widths of the hidden layers of mlp
  epochs:
    type: int
    default: 200
    label: Epochs
    doc: Passes over the training part, at the most
  title:
    type: string
    default: Predicted expression of held-out samples
    label: Title
    doc: Title of the report
  shown_genes:
    type: string[]
    default: []
    label: Genes to show
    doc: Genes to show in panels, by id or symbol; by default the best, median and worst by skill
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
  bin_peaks:
    label: Bin the peaks
    doc: Which bins of the genome are open in each sample
    run: ../../tools/bin_peaks.cwl
    in:
      peaks: peaks
      names: peak_names
      sheet: sheet
      sizes: sizes
      bin_size: bin_size
      region: region
      assign: assign
      value: value
      min_score: min_score
      normalise: normalise
      assembly: assembly
      threads: threads
    out: [bins, summary]
  assemble_expression:
    label: Assemble the expression
    doc: The expression of each gene in each sample
    run: ../../tools/assemble_expression.cwl
    in:
      tables: tables
      matrix: expression_matrix
      names: table_names
      sheet: sheet
      unlisted: unlisted
      column: column
      annotation: annotation
      region: region
      duplicates: duplicates
      scale: scale
      log2: log2
      min_max: min_max
      assembly: assembly
      threads: threads
    out: [expression, summary]
  split_samples:
    label: Divide the samples
    doc: Which samples train, validate and test in each fold
    run: ../../tools/split_samples.cwl
    in:
      matrix: bin_peaks/bins
      group: group
      stratify: stratify
      method: method
      folds: folds
      repeats: repeats
      validation_share: validation_share
      seed: seed
      memory: memory
    out: [split]
  train_model:
    label: Train the model
    doc: Fits model and baselines on each fold, predicts what was held out, then fits the model that is kept
    run: ../../tools/train_model.cwl
    in:
      bins: bin_peaks/bins
      expression: assemble_expression/expression
      split: split_samples/split
      architecture: architecture
      compare: compare
      transform: transform
      permutations: permutations
      permutation_table: {default: permutations.tsv}
      hidden: hidden
      epochs: epochs
      seed: seed
      threads: threads
      memory: memory
    out: [model, predictions, history, permutation_scores]
  plot_results:
    label: Report
    doc: Measures the predictions and writes the report
    run: ../../tools/plot_results.cwl
    in:
      predictions: train_model/predictions
      permutations: train_model/permutation_scores
      history: train_model/history
      split: split_samples/split
      model: train_model/model
      title: title
      genes: shown_genes
      seed: seed
      threads: threads
    out: [report, metrics, metrics_json, gene_table, sample_table, figures]

outputs:
  report:
    type: File
    format: edam:format_2331
    label: Report
    doc: How well expression was predicted, one page to read
    outputSource: plot_results/report
  metrics:
    type: File
    format: edam:format_3475
    label: Metrics
    doc: Table of metric, model, value, low, high, n
    outputSource: plot_results/metrics
  metrics_json:
    type: File
    format: edam:format_3464
    label: Metrics (JSON)
    doc: The same as a list of objects
    outputSource: plot_results/metrics_json
  gene_table:
    type: File
    format: edam:format_3475
    label: Genes
    doc: How well each gene was predicted
    outputSource: plot_results/gene_table
  sample_table:
    type: File
    format: edam:format_3475
    label: Samples
    doc: How well each sample was predicted
    outputSource: plot_results/sample_table
  figures:
    type: Directory
    label: Figures
    doc: Each figure of the report as a file
    outputSource: plot_results/figures
  model:
    type: File
    format: edam:format_2333
    label: Model
    doc: The model (.safetensors), to predict new samples with
    outputSource: train_model/model
  predictions:
    type: File
    format: edam:format_3475
    label: Predictions
    doc: Observed and predicted expression of the samples held out, of all models
    outputSource: train_model/predictions
  history:
    type: File
    format: edam:format_3475
    label: Training curves
    doc: The loss of the network in each epoch
    outputSource: train_model/history
  permutation_scores:
    type: File?
    format: edam:format_3475
    label: Permutations
    doc: Scores with peaks and expression paired at random, the true pairing first
    outputSource: train_model/permutation_scores
  split:
    type: File
    format: edam:format_3475
    label: Split
    doc: Which samples trained, validated and tested in each fold
    outputSource: split_samples/split
  bins:
    type: File
    format: edam:format_3590
    label: Bins
    doc: Samples by bins
    outputSource: bin_peaks/bins
  expression:
    type: File
    format: edam:format_3590
    label: Expression
    doc: Samples by genes
    outputSource: assemble_expression/expression
  peak_summary:
    type: File
    format: edam:format_3475
    label: Peaks read
    doc: The peaks of each sample, read, kept, and dropped by reason
    outputSource: bin_peaks/summary
  expression_summary:
    type: File
    format: edam:format_3475
    label: Genes read
    doc: The rows of each sample's expression, read, kept, and dropped by reason
    outputSource: assemble_expression/summary

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [../../tools/edam_excerpt.owl]
