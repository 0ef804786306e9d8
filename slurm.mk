# A Slurm of three nodes on 127.0.0.1, with Toil and with Galaxy. The Makefile includes this.
.PHONY: test-slurm test-slurm-short
FAULTS ?= 3
FAULT_SEED ?= 1

.toil/stamp: constraints.txt
	$(PYTHON) -m venv .toil
	.toil/bin/pip install --quiet --constraint constraints.txt 'toil[cwl]'
	touch $@

test-slurm: .venv/test.stamp .toil/stamp ## every workflow by Toil on Slurm, with FAULTS=3 faults, and one by Galaxy; 20 minutes
	python -m tests.slurm.install
	python tests/galaxy/install.py --no-browser
	pytest tests/slurm --faults $(FAULTS) --fault-seed $(FAULT_SEED) --durations 5
	.galaxy/planemo/bin/python -m pytest tests/slurm/test_galaxy.py

test-slurm-short: .venv/test.stamp .toil/stamp ## one workflow by Toil on Slurm; a minute
	python -m tests.slurm.install
	pytest tests/slurm -m short
