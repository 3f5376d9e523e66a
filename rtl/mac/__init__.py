"""Hardware of the multiply-accumulate circuits."""
