"""Xilinx's ap_fixed beside ours; without its headers, a small stand-in for them."""

import shutil

import pytest

from examples.vendor_casts import SOURCES, TARGETS, cases, differences, find_headers, main
from fixedpoint import Overflow, Rounding

# Truncation and wrapping of 8-bit formats, which is all that the test asks for.
STAND_IN = """#include <cstdint>
enum ap_q_mode { AP_TRN };
enum ap_o_mode { AP_WRAP };
struct Bits { int value; int to_int() const { return value; } };
template <int W, int I, ap_q_mode Q = AP_TRN, ap_o_mode O = AP_WRAP> struct ap_fixed {
  static const int width = W;
  int code = 0;
  struct Range {
    int &code;
    void operator=(int bits) { code = bits >= (1 << (W - 1)) ? bits - (1 << W) : bits; }
    int to_int() const { return code; }
  };
  ap_fixed() {}
  Range range() { return Range{code}; }
  template <int V, int J, ap_q_mode P, ap_o_mode N> ap_fixed(const ap_fixed<V, J, P, N> &x) {
    int shift = (V - J) - (W - I);
    code = shift > 0 ? x.code CUT shift : x.code << -shift;
  }
};
"""

pytestmark = pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")


@pytest.mark.slow
def test_every_code_is_compared(tmp_path):
    every = [
        case
        for case in cases(("sQ4.4",), ("sQ3.2", "sQ4.6"))
        if case[2:] == (Rounding.TRUNCATE, Overflow.WRAP)
    ]
    header = tmp_path / "ap_fixed.h"
    header.write_text(STAND_IN.replace("CUT", ">>"))
    assert differences(tmp_path, every) == (2 * 256, 0)
    # Division rounds to zero: negative codes that are no multiples of 4 are different.
    header.write_text(STAND_IN.replace("x.code CUT shift", "x.code / (1 << shift)"))
    assert differences(tmp_path, every) == (2 * 256, 128 - 32)
    header.write_text("#error no templates\n")
    with pytest.raises(ValueError, match="^g\\+\\+ does not compile ap_fixed: "):
        differences(tmp_path, every)


@pytest.mark.slow
@pytest.mark.skipif(find_headers() is None, reason="hls4ml is not installed")
def test_no_cast_differs_from_xilinx(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["vendor_casts"])
    assert main() == 0
    assert "casts by Xilinx's ap_fixed, 0 of them differ from ours" in capsys.readouterr().out


def test_ap_fixed_has_seven_rounding_and_four_overflow_modes():
    every = list(cases(SOURCES, TARGETS))
    # Pairs of formats where ap_fixed would cut more bits than there are do not count.
    assert len(every) == 28 * (len(SOURCES) * len(TARGETS) - 1)


def test_headers_that_are_missing_are_named(monkeypatch):
    monkeypatch.setattr("examples.vendor_casts.find_headers", lambda: None)
    monkeypatch.setattr("sys.argv", ["vendor_casts"])
    with pytest.raises(ValueError, match="^hls4ml is not installed, which brings ap_fixed.h"):
        main()
