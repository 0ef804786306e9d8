#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
id: tune_and_judge_scattered
label: Tune a sequence model by a plan, trials beside each other, and judge the best settings once
doc: |
  Runs each trial of a plan as a job of its own, as many at once as the engine has room for, gathers their logs, and judges
  the best settings once on the test part, as one job would. The plan's trials may not look at each other: sampler quasi-random
  or random, and no pruning. If a job fails there is no model.

requirements:
  ScatterFeatureRequirement: {}

inputs:
  plan:
    type: File
    format: edam:format_3750
    label: Plan
    doc: With sampler quasi-random or random, and pruning false (YAML)
  windows:
    type: File
    format: edam:format_3590
    label: Windows
    doc: Windows of boundaries or of content (.h5), from extract_windows
  split:
    type: File
    format: edam:format_3475
    label: Split
    doc: Which windows train, validate and test, from split_samples
  annotation:
    type: File?
    format: [edam:format_2306, edam:format_1975]
    label: Annotation
    doc: Of boundaries, the GTF or GFF3 of the windows, to learn reading frames, too
  threads:
    type: int
    default: 1
    label: Threads
    doc: Processor cores of a job
  memory:
    type: int
    default: 4096
    label: Memory
    doc: To reserve for the steps that need more of it for more data, MiB

steps:
  divide:
    label: Divide the plan
    doc: A file for each trial; plans whose trials look at each other are refused
    run: ../../tools/split_plan.cwl
    in:
      plan: plan
    out: [trials]
  try:
    label: Run one trial
    doc: On the inner folds of the training part; a log of one trial
    run: ../../tools/tune_model.cwl
    scatter: trial
    in:
      plan: plan
      trial: divide/trials
      split: split
      windows: windows
      annotation: annotation
      threads: threads
      memory: memory
    out: [log]
  gather:
    label: Gather and judge
    doc: All trials in one log; the best settings judged once on the test part
    run: ../../tools/tune_model.cwl
    in:
      plan: plan
      split: split
      windows: windows
      annotation: annotation
      resume: try/log
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
    outputSource: gather/study_report
  model:
    type: File?
    format: edam:format_2333
    label: Model
    doc: The best settings trained on the whole training part
    outputSource: gather/tuned_model
  metrics:
    type: File?
    format: edam:format_3475
    label: Metrics
    doc: Measures on the test part of the tuned model, the hand-set default and the baselines
    outputSource: gather/measures
  predictions:
    type: File?
    format: edam:format_3475
    label: Predictions
    doc: Of the test part, by the tuned model and the baselines
    outputSource: gather/tuned_predictions
  trials:
    type: File
    format: edam:format_3475
    label: Trials
    doc: A line a trial
    outputSource: gather/trials
  log:
    type: File
    format: edam:format_3464
    label: Log
    doc: All of each trial, to go on from
    outputSource: gather/log

s:license: https://spdx.org/licenses/MIT
$namespaces: {edam: "http://edamontology.org/", s: "https://schema.org/"}
$schemas: [../../tools/edam_excerpt.owl]
