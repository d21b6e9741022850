"""Execute chapters in place, and keep outputs and counts only in the cells tagged `keep_output`.

python book/refresh.py chapters/*.ipynb
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient


def strip(notebook):
    """Take away all that a run leaves in a notebook, but for the cells tagged `keep_output`."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code" and "keep_output" not in cell.metadata.get("tags", []):
            cell.outputs, cell.execution_count = [], None


def main(paths):
    for path in map(Path, paths):
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": path.parent}}).execute()
        strip(notebook)
        nbformat.write(notebook, path)
        print(f"{path}: executed")


if __name__ == "__main__":
    main(sys.argv[1:])
