"""PyTorch optimizers whose updates are those of circuits."""
