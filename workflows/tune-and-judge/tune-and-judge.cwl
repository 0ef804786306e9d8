#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: tune_and_judge
label: Tune a sequence model by a plan and judge the best settings once
doc: |
  Holds chromosomes out, looks for leaks between the parts, tries settings of a network on inner folds of the training part
  by a written plan, and judges the best once on the test chromosomes beside the hand-set default and the baselines. The
  report tells by how much they are better, and how much of that is the luck of choosing.

inputs:
  plan:
    type: File
    format: edam:format_3750
    label: Plan
    doc: What is asked, fixed and searched, the metric, the budget and the seeds (YAML)
  windows:
    type: File
    format: edam:format_3590
    label: Windows
    doc: Windows of boundaries or of content (.h5), from extract_windows
  test_chromosomes:
    type: string[]
    label: Test chromosomes
    doc: Held out, to judge the winner on
  validation_chromosomes:
    type: string[]
    label: Validation chromosomes
    doc: Held out of training, where thresholds and gates are chosen and training may end
  annotation:
    type: File?
    format: [edam:format_2306, edam:format_1975]
    label: Annotation
    doc: Of boundaries, the GTF or GFF3 of the windows, to learn reading frames, too
  resume:
    type: File[]?
    format: edam:format_3464
    label: Earlier logs
    doc: Logs of this plan and these data, whose trials are not run again
  parallel:
    type: int
    default: 1
    label: Trials beside each other
    doc: A trial looks at those that came so many before it, so that so many can run beside each other
  seed:
    type: long
    default: 1
    label: Seed
    doc: Seed of the split; those of search and training are in the plan
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
  hold_out:
    label: Hold chromosomes out
    doc: Which windows train, validate and test; genes with their like in another part are removed from training
    run: ../../tools/split_samples.cwl
    in:
      windows: windows
      method: {default: explicit}
      test_groups: test_chromosomes
      validation_groups: validation_chromosomes
      seed: seed
      memory: memory
    out: [split]
  look:
    label: Look for leaks
    doc: Windows that overlap, and genes or paralogs in two parts; the run ends at a leak
    run: ../../tools/audit_split.cwl
    in:
      split: hold_out/split
      windows: windows
      strict: {default: true}
      memory: memory
    out: [findings]
  tune:
    label: Tune and judge
    doc: Trials on inner folds of the training part; the best settings judged once on the test part
    run: ../../tools/tune_model.cwl
    in:
      plan: plan
      split: hold_out/split
      windows: windows
      annotation: annotation
      resume: resume
      parallel: parallel
      threads: threads
      model: {default: tuned.safetensors}
      predictions: {default: predictions.tsv}
      metrics: {default: metrics.tsv}
      report: {default: report.html}
      memory: memory
    out: [log, trials, tuned_model, tuned_predictions, measures, study_report]

outputs:
  report:
    type: File?
    format: edam:format_2331
    label: Report
    doc: The plan, what was tried, what mattered, the winner, and how much of its gain is chance
    outputSource: tune/study_report
  model:
    type: File?
    format: edam:format_2333
    label: Model
    doc: The best settings trained on the whole training part
    outputSource: tune/tuned_model
  metrics:
    type: File?
    format: edam:format_3475
    label: Metrics
    doc: Measures on the test part of the tuned model, the hand-set default and the baselines
    outputSource: tune/measures
  predictions:
    type: File?
    format: edam:format_3475
    label: Predictions
    doc: Of the test part, by the tuned model and the baselines
    outputSource: tune/tuned_predictions
  trials:
    type: File
    format: edam:format_3475
    label: Trials
    doc: A line a trial
    outputSource: tune/trials
  log:
    type: File
    format: edam:format_3464
    label: Log
    doc: All of each trial, to go on from
    outputSource: tune/log
  split:
    type: File
    format: edam:format_3475
    label: Split
    doc: Which windows train, validate and test
    outputSource: hold_out/split
  findings:
    type: File
    format: edam:format_3475
    label: Findings
    doc: Of the audit of the split; no rows if all is well
    outputSource: look/findings

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [../../tools/edam_excerpt.owl]
