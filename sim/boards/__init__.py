"""Circuits on boards: bitstreams, and the program that checks a board from its host."""
