"""``goldstream emit --wrap``: files, their digests, and bad use."""

import hashlib
import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from fixedpoint.circuit import Port
from rtl.wrappers.stream_core import check_stream
from sim.cli import app
from sim.wrappers.wrapper_files import emit_wrapper
from stochastic import Addie, Lfsr

ADDIE = Addie(width=6, generator=Lfsr(width=6))


def emit(*words):
    return CliRunner().invoke(app, ["emit", *words, "--no-count-faults"])


def digest_of(text):
    body = "".join(f"{line}\n" for line in text.splitlines() if not line.startswith("//"))
    return hashlib.sha256(body.encode()).hexdigest()


OWN = """
from sim import Entry
from stochastic import Addie, Lfsr
ENTRY = Entry(name="my_average", default=Addie(width=6, generator=Lfsr(width=6)))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "name", "files"),
    [
        ("axi-stream", "my_average", ["my_average_axi_stream.v", "my_average_axi_stream.json"]),
        ("axi-lite", "addie", ["addie_axi_lite.v", "addie_axi_lite.json", "addie_axi_lite.h"]),
    ],
)
def test_files_stand_beside_those_of_the_circuit(tmp_path, kind, name, files):
    out = ["--out", str(tmp_path / "out")]
    if name == "my_average":
        (tmp_path / "own_circuits.py").write_text(OWN)
        out += ["--from", str(tmp_path / "own_circuits.py")]
    tmp_path = tmp_path / "out"
    done = emit(name, *out, "--cycles", "20", "--wrap", kind, "--json")
    assert done.exit_code == 0, done.output
    written = json.loads(done.stdout)
    names = [path.rsplit("/", 1)[1] for path in written.values()]
    assert names[5:] == files
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir())
    facts = json.loads((tmp_path / files[1]).read_text())
    # The digest is that of the circuit's own Verilog.
    assert facts["digest"] == digest_of((tmp_path / f"{name}.v").read_text())
    text = (tmp_path / files[0]).read_text()
    assert f"//   {digest_of(text)}\n" in text
    if kind == "axi-stream":
        fields = facts["output"]["fields"]
        assert [(f["name"], f["offset"], f["bytes"]) for f in fields] == [
            ("stream", 0, 1),
            ("value", 1, 1),
        ]
    assert facts["top"] == files[0].removesuffix(".v")
    assert f"\nmodule {facts['top']}(" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"kind": "axi-steam"},
            "^a wrapper is axi-stream or axi-lite, not 'axi-steam'; did you mean axi-stream$",
        ),
        ({"kind": "x"}, "^a wrapper is axi-stream or axi-lite, not 'x'$"),
        (
            {"kind": "axi-lite", "align": True},
            "^align and restart are of the wrapper axi-stream, not of axi-lite$",
        ),
        (
            {"kind": "axi-stream", "align": True, "restart": True},
            "^align and restart exclude each other for a circuit with latency, since the reset "
            "would lose the last results$",
        ),
    ],
)
def test_bad_use_leaves_nothing_behind(tmp_path, options, message):
    kind = options.pop("kind")
    with pytest.raises(ValueError, match=message):
        emit_wrapper("addie", ADDIE, tmp_path / "out", kind, **options)
    assert not (tmp_path / "out").exists()


def test_options_without_a_wrapper(tmp_path):
    done = emit("addie", "--out", str(tmp_path / "out"), "--align")
    assert str(done.exception) == "--align and --restart need --wrap axi-stream"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("many", [1, 8191])
def test_words_have_a_limit(many):
    # Each output of one bit takes a byte.
    ports = tuple(Port.output(f"p{i}") for i in range(many))
    circuit = SimpleNamespace(inputs=(), outputs=ports, latency=0)
    if many == 1:
        check_stream(circuit)
        return
    message = "^a word may have 65520 bits, and SimpleNamespace needs 65528$"
    with pytest.raises(ValueError, match=message):
        check_stream(circuit)
