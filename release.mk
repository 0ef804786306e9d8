# What a release is made of, and what has to hold before it: docs/releasing.md. The Makefile includes this.
.PHONY: packed crates dist release-check release-tests release-galaxy release-kit

packed: .venv/test.stamp ## each workflow with its tools in one CWL file, in dist/cwl/
	python -m release.pack dist/cwl

crates: .venv/test.stamp ## each workflow as an RO-Crate for WorkflowHub, in dist/crates/
	python -m release.crates dist/crates

dist: .venv/test.stamp ## all that is published: sdist, wheel, packed CWL, crates
	rm -rf dist
	python -m release.build dist

release-check: lint docs release-tests release-galaxy release-kit ## all that has to hold before a release; with -k to its end

release-tests: .venv/test.stamp # of what is published, not of what it does
	pytest tests/test_release.py tests/test_shed.py tests/test_house.py tests/test_parity.py \
		tests/test_cwl.py::test_cwltool_finds_it_valid tests/test_cwl.py::test_it_is_complete

release-galaxy: .venv/demo.stamp # planemo's linters, and the archive of the Tool Shed; no server is started
	python tests/galaxy/install.py --no-browser
	.galaxy/planemo/bin/python -m pytest tests/galaxy/test_archive.py tests/galaxy/test_workflows.py -k "not test_run"

release-kit: .venv/test.stamp # the rest: versions, packages, crates, packed CWL, an installation
	python -m release.check
