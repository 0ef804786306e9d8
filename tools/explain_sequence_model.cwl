#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
id: explain_sequence_model
label: Explain a model of sequence, base by base and by motifs
doc: |
  Tells what each base contributes to the score of sites, windows or promoters, by in-silico mutagenesis, gradient × input or
  integrated gradients, and which motifs these contributions make in many of them.

baseCommand: genloom-explain-model
arguments:
  - --attributions
  - attributions.tsv
  - --track
  - attributions.bedgraph
  - --logos
  - logos.svg
  - --motifs
  - motifs.meme
  - --motif-table
  - motifs.tsv
  - --motif-logos
  - motifs.svg
  - --report
  - report.html

inputs:
  model:
    type: File
    format: edam:format_2333
    doc: A model of boundaries, content or promoters (.safetensors), from train_model or import_model
    inputBinding: {prefix: --model}
  method:
    type: {type: enum, symbols: [mutagenesis, gradient, integrated]}
    default: mutagenesis
    doc: What each other base would change, exactly; gradient × input; or integrated gradients
    inputBinding: {prefix: --method}
  windows:
    type: File?
    format: edam:format_3590
    doc: Windows (.h5), from extract_windows; these or a genome are needed
    inputBinding: {prefix: --windows}
  genome:
    type: File?
    format: edam:format_1929
    secondaryFiles: [{pattern: .fai, required: false}]
    doc: For a model of boundaries, a genome (FASTA), with regions, in place of windows; the one that variants refer to
    inputBinding: {prefix: --genome}
  variants:
    type: File?
    format: [edam:format_3016, edam:format_3020]
    doc: >-
      Variants (VCF or BCF) to explain, the reference beside the alternate, with the genome; for a model of promoters with their
      windows, too
    inputBinding: {prefix: --variants}
  distance:
    type: int
    default: 50
    doc: Of boundaries, bases on either side of a variant in which the site is looked for that it changes most (1 to 4999)
    inputBinding: {prefix: --distance}
  name:
    type: string[]?
    doc: Only windows of these names
    inputBinding: {prefix: --name}
  gene:
    type: string[]?
    doc: Only windows of these genes, by id or symbol
    inputBinding: {prefix: --gene}
  region:
    type: string[]?
    doc: Only windows in these, or these of the genome, such as chr1 or chr1:1-1000000 (from 1, last base included)
    inputBinding: {prefix: --region}
  label:
    type: ["null", {type: enum, symbols: [donor, acceptor, boundary, exon, intron]}]
    doc: >-
      The class to explain, donor (if not given, or what variants change most) or acceptor of boundaries, boundary (if not given),
      exon or intron of content
    inputBinding: {prefix: --class}
  sites:
    type: {type: enum, symbols: [strongest, annotated]}
    default: strongest
    doc: Of boundaries, the base of each window with the highest score, or those that its labels name
    inputBinding: {prefix: --sites}
  reach:
    type: int?
    doc: >-
      Bases on either side of a site or, in promoters, variant, 200 if not given, or start site, if not given the whole promoter
      (10 to 100000)
    inputBinding: {prefix: --reach}
  count:
    type: int
    default: 50
    doc: Sites, windows or variants at the most, those with the highest scores or largest effects (1 to 100000)
    inputBinding: {prefix: --count}
  motif_width:
    type: int
    default: 12
    doc: Bases of a motif at the most (4 to 50)
    inputBinding: {prefix: --motif-width}
  device:
    type: {type: enum, symbols: [auto, cpu, cuda]}
    default: cpu
    doc: Where networks are run
    inputBinding: {prefix: --device}
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
  variant_table:
    type: string?
    doc: Name of the table of variants to write, such as variants.tsv
    inputBinding: {prefix: --variant-table}

outputs:
  attributions:
    type: File
    format: edam:format_3475
    doc: Table of bases, with the score, how other bases would change it, and what the base contributes
    outputBinding: {glob: attributions.tsv}
  track:
    type: File
    format: edam:format_3583
    doc: The contributions along the genome (bedGraph)
    outputBinding: {glob: attributions.bedgraph}
  effects:
    type: File?
    format: edam:format_3475
    doc: What each variant does to the score, or why it was not explained
    outputBinding: {glob: $(inputs.variant_table)}
  logos:
    type: File
    format: edam:format_3604
    doc: The contributions as letters, of the highest scores
    outputBinding: {glob: logos.svg}
  motifs:
    type: File
    format: edam:format_2330
    doc: The motifs in the minimal format of MEME, for Tomtom and FIMO
    outputBinding: {glob: motifs.meme}
  motif_table:
    type: File
    format: edam:format_3475
    doc: Table of motifs, how often each is there, and how far from the site
    outputBinding: {glob: motifs.tsv}
  motif_logos:
    type: File
    format: edam:format_3604
    doc: The motifs as letters
    outputBinding: {glob: motifs.svg}
  report:
    type: File
    format: edam:format_2331
    doc: The report, one page with its figures, without JavaScript
    outputBinding: {glob: report.html}

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
