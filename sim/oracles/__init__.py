"""Closed forms by which the catalogue judges its circuits."""
