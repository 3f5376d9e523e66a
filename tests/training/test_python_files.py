"""Classes in Python files of one's own, and what these files import."""

from sys import path as search_path

import pytest

pytest.importorskip("torch")

from stochastic.training.python_files import file_digest, load_class

pytestmark = pytest.mark.slow


def test_files_of_two_folders_import_each_their_own(tmp_path):
    path = list(search_path)
    for depth in (1, 2):
        folder = tmp_path / f"n{depth}"
        (folder / "parts").mkdir(parents=True)
        (folder / "blocks.py").write_text(f"from parts.one import DEPTH\nkept = [{depth}]")
        (folder / "parts" / "one.py").write_text(f"DEPTH = {depth}")
        for name in ("net", "other"):
            text = "import blocks\nclass Net:\n    depth, kept = blocks.DEPTH, blocks.kept\n"
            late = "    def late(self):\n        import blocks\n        return blocks.DEPTH\n"
            (folder / f"{name}.py").write_text(text + late)

    def loaded(name):
        return load_class(name, tmp_path, file_digest(name, tmp_path), object, "a class")

    one, two = loaded("n1/net.py:Net"), loaded("n2/net.py:Net")
    assert (one.depth, two.depth, two().late()) == (1, 2, 2)
    # Files of one folder share what lies beside them, and each file is run once.
    again = loaded("n1/other.py:Net")
    assert again.kept is one.kept
    assert again().late() == 1
    assert loaded("n2/net.py:Net") is two
    # Other imports find what they found before.
    assert search_path[: len(path)] == path
