# A real Galaxy, on 127.0.0.1. The Makefile includes this.
.PHONY: galaxy test-galaxy screenshots workflows

galaxy: .venv/demo.stamp ## a local Galaxy with the suite, its workflows and demo data, to try in a browser
	@python tests/galaxy/install.py --no-browser
	@.galaxy/planemo/bin/python -m tests.galaxy.demo

test-galaxy: .venv/demo.stamp ## lint, tool and workflow tests, Tool Shed and browser, in a real Galaxy
	python tests/galaxy/install.py
	.galaxy/planemo/bin/python -m pytest tests/galaxy --durations 5

screenshots: .venv/demo.stamp ## the pictures of Galaxy in the documentation, from the browser tests
	python tests/galaxy/install.py
	.galaxy/planemo/bin/python -m pytest tests/galaxy/test_browser.py --screenshots docs/images

workflows: .venv/test.stamp ## the .ga of each workflow from its .gxwf.yml, its diagram from its .cwl; .dockstore.yml
	python workflows/diagram.py
	python -m tests.galaxy.convert
	python -m release.dockstore
