#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: promoter_prediction
label: Predict expression from promoters with a published network
doc: |
  Imports a published network (Xpresso's), cuts the promoters out of a genome, and predicts how strongly each gene is
  expressed. The predictions are held against what was observed, and against those that its authors published, promoter by
  promoter; these are held against the observations, too, for the same genes.

requirements:
  StepInputExpressionRequirement: {}  # what is made only where its name is given: here it is

inputs:
  weights:
    type: File[]
    format: edam:format_2333
    label: Published weights
    doc: Xpresso's .h5, such as human_trainepoch.11-0.426.h5; several are averaged
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
    doc: The genes of the genome; this or start sites are needed
  start_sites:
    type: File?
    format: edam:format_3003
    label: Start sites
    doc: In place of the annotation's, with gene and strand; intervals of 10,500 bases are the promoters themselves
  region:
    type: string[]?
    label: Regions
    doc: Promoters in these alone, chr1 or chr1:1-1000000 (from 1, last base included); by default the whole genome
  max_n:
    type: double
    default: 0.5
    label: Largest share of N
    doc: Promoters with more are left out (0 to 1)
  observed:
    type: File
    format: edam:format_3475
    label: Observed expression
    doc: Table of genes and values
  observed_id_column:
    type: string?
    label: Ids of what was observed
    doc: Column by name, or by number from 1; by default id, else the first
  observed_value_column:
    type: string?
    label: Values of what was observed
    doc: Column by name, or by number from 1; by default predicted, observed or value, else the second of two
  published:
    type: File
    format: edam:format_3475
    label: Published predictions
    doc: Table of places and values
  published_id_column:
    type: string?
    default: metadata/ranges/chr,metadata/ranges/start,metadata/ranges/end,metadata/ranges/strand
    label: Places of published predictions
    doc: Columns of chromosome, start (from 0), end and strand, with commas between
  published_value_column:
    type: string?
    default: preds/expression_pred
    label: Values of published predictions
    doc: Column by name, or by number from 1
  genes:
    type: string[]
    default: []
    label: Genes to mark
    doc: By id or symbol
  bootstrap:
    type: int
    default: 1000
    label: Draws
    doc: Draws for the 95% intervals; 0 for no intervals
  seed:
    type: long
    default: 1
    label: Seed
    doc: Seed of every random choice
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
  import_model:
    label: Import the weights
    doc: One model file, checked against the layers of the published ones
    run: ../../tools/import_model.cwl
    in:
      weights: weights
      threads: threads
    out: [model]
  extract_promoters:
    label: Cut out the promoters
    doc: 7,000 bases before each start site and 3,500 from it on, in the direction of the gene
    run: ../../tools/extract_windows.cwl
    in:
      kind: {default: promoters}
      genome: genome
      annotation: annotation
      tss: start_sites
      region: region
      max_n: max_n
    out: [windows, summary]
  predict:
    label: Predict expression
    doc: One value for each promoter
    run: ../../tools/predict_sequence_model.cwl
    in:
      model: import_model/model
      windows: extract_promoters/windows
      predictions: {default: predictions.tsv}
      device: device
      threads: threads
    out: [predicted_windows]
  compare_observed:
    label: Hold predictions against observations
    doc: Genes by their ids
    run: ../../tools/compare_results.cwl
    in:
      called: {default: observed}
      predictions: {source: predict/predicted_windows, valueFrom: $(self)}
      compare: observed
      compare_id_column: observed_id_column
      compare_value_column: observed_value_column
      compare_name: {default: observed}
      title: {default: Predicted expression against what was observed}
      genes: genes
      bootstrap: bootstrap
      seed: seed
    out: [report, metrics, pair_table]
  compare_published:
    label: Hold predictions against the published ones
    doc: Promoters by their places
    run: ../../tools/compare_results.cwl
    in:
      called: {default: published}
      predictions: {source: predict/predicted_windows, valueFrom: $(self)}
      id_column: {default: "chrom,start,end,strand"}
      compare: published
      compare_id_column: published_id_column
      compare_value_column: published_value_column
      compare_name: {default: published}
      name_columns: {default: [gene, symbol]}
      title: {default: Own predictions against the published ones}
      genes: genes
      bootstrap: bootstrap
      seed: seed
    out: [report, metrics, pair_table]
  compare_both:
    label: Hold published predictions against observations
    doc: Of the same genes, which the places of the step before lead to
    run: ../../tools/compare_results.cwl
    in:
      called: {default: published-observed}
      predictions: compare_published/pair_table
      id_column: {default: name}
      value_column: {default: compared}
      model_name: {default: published}
      compare: observed
      compare_id_column: observed_id_column
      compare_value_column: observed_value_column
      compare_name: {default: observed}
      title: {default: Published predictions against what was observed}
      bootstrap: bootstrap
      seed: seed
    out: [report, metrics]

outputs:
  model:
    type: File
    format: edam:format_2333
    label: Model
    doc: The network, to predict other promoters with
    outputSource: import_model/model
  left_out:
    type: File
    format: edam:format_3475
    label: Genes left out
    doc: Why genes have no promoter, with counts
    outputSource: extract_promoters/summary
  predictions:
    type: File?
    format: edam:format_3475
    label: Predictions
    doc: Predicted expression of each promoter, with its gene and place
    outputSource: predict/predicted_windows
  observed_report:
    type: File
    format: edam:format_2331
    label: Report, predicted against observed
    doc: One page with its figure
    outputSource: compare_observed/report
  observed_metrics:
    type: File
    format: edam:format_3475
    label: Measures, predicted against observed
    doc: Table of metric, model, value, low, high, n
    outputSource: compare_observed/metrics
  observed_pairs:
    type: File
    format: edam:format_3475
    label: Pairs, predicted and observed
    doc: Each gene that both have
    outputSource: compare_observed/pair_table
  published_report:
    type: File
    format: edam:format_2331
    label: Report, own against published
    doc: One page with its figure
    outputSource: compare_published/report
  published_metrics:
    type: File
    format: edam:format_3475
    label: Measures, own against published
    doc: Table of metric, model, value, low, high, n
    outputSource: compare_published/metrics
  published_pairs:
    type: File
    format: edam:format_3475
    label: Pairs, own and published
    doc: Each promoter that both have
    outputSource: compare_published/pair_table
  both_report:
    type: File
    format: edam:format_2331
    label: Report, published against observed
    doc: One page with its figure
    outputSource: compare_both/report
  both_metrics:
    type: File
    format: edam:format_3475
    label: Measures, published against observed
    doc: Table of metric, model, value, low, high, n
    outputSource: compare_both/metrics

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [../../tools/edam_excerpt.owl]
