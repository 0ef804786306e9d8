# Everything is set up in this checkout: .venv holds genloom and its tests, .galaxy the Galaxy server.
PYTHON ?= python3
BIN := $(CURDIR)/.venv/bin
SOURCES := pyproject.toml constraints.txt $(wildcard scripts/*.py)
export PATH := $(BIN):$(PATH)

.PHONY: help demo docs pictures test test-unit fuzz faults mutations coverage lint format clean results-numerals-tutorial results-atac-to-expression results-splice-boundaries results-variant-splicing results-promoter-prediction results-promoter-expression results-landmark-inference results-sample-classification results-tune-and-judge benchmarks benchmarks-score-variants benchmarks-out-of-core
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | sort | expand -t 30

.venv/bin/pip:
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("genloom needs Python 3.11 or newer; try make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

# The scripts are copied onto PATH, so a changed script is installed again.
.venv/demo.stamp: .venv/bin/pip $(SOURCES)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[cwl]'
	touch $@

.venv/test.stamp: .venv/bin/pip $(SOURCES)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[cwl,test]'
# The published weights and code that imported models are held against: read as they are, without what they need to run.
	$(BIN)/pip install --quiet --constraint constraints.txt --no-deps spliceai openspliceai pyfaidx
	touch $@ .venv/demo.stamp

.venv/docs.stamp: .venv/bin/pip $(SOURCES)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[docs]'
	touch $@

demo: .venv/demo.stamp ## the main job on small made-up data, to an HTML report in demo/
	cwltool --quiet --no-container --outdir demo workflows/atac-to-expression/atac-to-expression.cwl workflows/atac-to-expression/job.yml > /dev/null
	@echo "The report: file://$(CURDIR)/demo/report.html"

include galaxy.mk
include slurm.mk
include release.mk

lint: .venv/test.stamp ## style and types
	ruff check .
	ruff format --check .
	mypy scripts/genloom release benchmarks

format: .venv/test.stamp ## lay the code out
	ruff check --fix .
	ruff format .

# Files as they come: by the number of their tests, those of few long ones would be left to the end.
UNIT := tests --ignore tests/galaxy --ignore tests/slurm --numprocesses auto --dist loadfile --no-loadscope-reorder
test-unit: .venv/test.stamp ## all tests but those in a real Galaxy or on Slurm
	pytest $(UNIT)

docs: .venv/docs.stamp ## the documentation as a site, in site/
	properdocs build
	@echo "The documentation: file://$(CURDIR)/site/index.html"

pictures: .venv/demo.stamp ## the pictures of the tutorials: each small job, its report in Chromium; ten minutes on one core
	python docs/pictures.py

fuzz: .venv/test.stamp ## 5,000 bad files for each reader; an hour on one core
	pytest tests/fuzz --hypothesis-profile=fuzz

faults: .venv/test.stamp ## kill, stop, fill the disk of, or starve runs of all scripts at 100 random moments; as root, half an hour
	python -m tests.faults --count 100

mutations: .venv/test.stamp ## put faults into the library one by one: a test must fail of each; ten minutes
	python -m tests.mutations

coverage: .venv/test.stamp ## the lines of the library that tests run, at least 90 in 100; half an hour on two cores
	coverage erase
	COVERAGE_FILE=$(CURDIR)/.coverage coverage run -m pytest $(UNIT)
	coverage combine --quiet
	coverage report

test: lint test-unit test-galaxy ## everything

results-numerals-tutorial: .venv/demo.stamp ## the table of that workflow's README; a minute
	python workflows/numerals-tutorial/results.py

results-atac-to-expression: .venv/demo.stamp ## the tables of that workflow's README; needs GENLOOM_TEST_DATA
	python workflows/atac-to-expression/results.py

results-splice-boundaries: .venv/demo.stamp ## the same of that workflow; two hours on two cores
	python workflows/splice-boundaries/results.py

results-variant-splicing: .venv/test.stamp ## published weights beside the published numbers; a quarter of an hour on one core
	python workflows/variant-splicing/results.py

results-promoter-prediction: .venv/demo.stamp ## Xpresso's weights on the human pieces; a minute
	python workflows/promoter-prediction/results.py

results-promoter-expression: .venv/demo.stamp ## networks on promoters of two genomes; half an hour on one core
	python workflows/promoter-expression/results.py

results-sample-classification: .venv/demo.stamp ## the same of that workflow; 20 minutes on one core
	python workflows/sample-classification/results.py

results-landmark-inference: .venv/demo.stamp ## the same of that workflow; 20 minutes on one core
	python workflows/landmark-inference/results.py

results-tune-and-judge: .venv/demo.stamp ## a study on a genome, by its plan; 15 minutes on one core
	python workflows/tune-and-judge/results.py

WORK := benchmarks/work
PEER := $(WORK)/openspliceai
benchmarks: .venv/demo.stamp ## speed and memory beside other tools; needs bedtools and a quiet machine
	python benchmarks/bin_peaks.py
	python benchmarks/assemble_expression.py
	test -x $(PEER)/bin/openspliceai || { $(PYTHON) -m venv $(PEER) && $(PEER)/bin/pip install --quiet --no-deps openspliceai \
		&& $(PEER)/bin/pip install --quiet biopython gffutils h5py mappy matplotlib pyfaidx pyranges tqdm; }
	python benchmarks/extract_windows.py --peer $(PEER)/bin/python
	python benchmarks/splice_network.py
	python benchmarks/promoters.py
	python benchmarks/write_tracks.py
	python benchmarks/landmarks.py
	python benchmarks/predict_chromosome.py
	python benchmarks/mutagenesis.py
	python benchmarks/growth.py
	python benchmarks/render.py

SPLICEAI := $(WORK)/spliceai
benchmarks-score-variants: .venv/demo.stamp ## variant scores beside SpliceAI's own; needs GENLOOM_TEST_DATA, 20 minutes
	test -x $(SPLICEAI)/bin/spliceai || { $(PYTHON) -m venv $(SPLICEAI) && $(SPLICEAI)/bin/pip install --quiet \
		spliceai tensorflow-cpu==2.15.1 'setuptools<81'; }
	python benchmarks/score_variants.py --peer $(SPLICEAI)/bin/python

benchmarks-out-of-core: .venv/demo.stamp ## peak memory of tools on the largest inputs; needs 20 GB of disk and 2 hours
	python benchmarks/out_of_core.py
	python benchmarks/render.py

clean: ## remove what was made, the environments too
	rm -rf .venv .galaxy .toil demo dist site $(WORK)
