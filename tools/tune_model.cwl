#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: tune_model
label: Try settings of a model by a plan, and judge the best once
doc: |
  Tries settings of train_model by a plan, on inner folds of the training part of a split. The best are trained on the whole
  training part and judged once on the test part, which no trial saw, beside the hand-set default and the baselines. Each
  trial is a line of a log; with that log a later run goes on. A trial alone (trial) makes a log that is gathered with others
  (resume), so that an engine can spread the trials of a plan.

baseCommand: genloom-tune-model
arguments: [--log, study.jsonl, --trials, trials.tsv]

inputs:
  plan:
    type: File
    format: edam:format_3750
    doc: What is asked, fixed and searched, the metric, the budget and the seeds (YAML)
    inputBinding: {prefix: --plan}
  split:
    type: File
    format: edam:format_3475
    doc: The split, from split_samples, whose test part judges the winner alone
    inputBinding: {prefix: --split}
  bins:
    type: File?
    format: edam:format_3590
    doc: For expression, samples × bins (.h5ad), from bin_peaks
    inputBinding: {prefix: --bins}
  expression:
    type: File?
    format: [edam:format_3590, edam:format_3475]
    doc: For expression and targets, samples × genes (.h5ad), from assemble_expression; for activity ids and values, too
    inputBinding: {prefix: --expression}
  windows:
    type: File?
    format: edam:format_3590
    doc: For boundaries, content and activity, windows (.h5), from extract_windows
    inputBinding: {prefix: --windows}
  annotation:
    type: File?
    format: [edam:format_2306, edam:format_1975]
    doc: For boundaries, the GTF or GFF3 of the windows
    inputBinding: {prefix: --annotation}
  matrix:
    type: File?
    format: edam:format_3590
    doc: For classes, samples × features (.h5ad)
    inputBinding: {prefix: --matrix}
  landmarks:
    type: File?
    format: [edam:format_2330, edam:format_3475, edam:format_3590]
    doc: For targets, the genes measured to infer the others, a list or a matrix of their own
    inputBinding: {prefix: --landmarks}
  start:
    type: File?
    format: edam:format_2333
    doc: For boundaries and content, a model to go on from in each trial
    inputBinding: {prefix: --start}
  allow_leak:
    type: string?
    doc: Go on in spite of a leak that the audit of the split finds, and say why
    inputBinding: {prefix: --allow-leak}
  resume:
    type: File[]?
    format: edam:format_3464
    doc: Logs whose trials are taken over, of this plan and these data
    inputBinding: {prefix: --resume}
  trial:
    type: File?
    format: edam:format_3464
    doc: A trial of the plan, from split_plan, which is run alone, for a log that is gathered with others (resume)
    inputBinding: {prefix: --trial}
  parallel:
    type: int
    default: 1
    doc: >-
      A trial looks at those that came so many before it, so that so many can run beside each other, a core or more each (1 to 1024)
    inputBinding: {prefix: --parallel}
  threads:
    type: int
    default: 1
    doc: Processor cores to use (1 to 1024)
    inputBinding: {prefix: --threads, valueFrom: $(runtime.cores)}
  model:
    type: string?
    doc: Name of the model file to write, such as model.safetensors
    inputBinding: {prefix: --model}
  predictions:
    type: string?
    doc: Name of the table of predictions to write
    inputBinding: {prefix: --predictions}
  metrics:
    type: string?
    doc: Name of the table of measures to write
    inputBinding: {prefix: --metrics}
  report:
    type: string?
    doc: Name of the report to write, such as report.html
    inputBinding: {prefix: --report}
  memory:
    type: int
    default: 4096
    doc: Memory to reserve, MiB; docs/slurm.md tells how much for how much data

outputs:
  log:
    type: File
    format: edam:format_3464
    doc: The log, a line of JSON for each trial
    outputBinding: {glob: study.jsonl}
  trials:
    type: File
    format: edam:format_3475
    doc: Table of the trials
    outputBinding: {glob: trials.tsv}
  tuned_model:
    type: File?
    format: edam:format_2333
    doc: The best settings trained on the whole training part (.safetensors)
    outputBinding: {glob: $(inputs.model)}
  tuned_predictions:
    type: File?
    format: edam:format_3475
    doc: Its predictions of the test part
    outputBinding: {glob: $(inputs.predictions)}
  measures:
    type: File?
    format: edam:format_3475
    doc: Its measures there, beside those of the hand-set default and of baselines
    outputBinding: {glob: $(inputs.metrics)}
  study_report:
    type: File?
    format: edam:format_2331
    doc: The report of the study
    outputBinding: {glob: $(inputs.report)}

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
