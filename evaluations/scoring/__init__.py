"""The scoring core: numbers in, frozen results out. Formulas and sources: README.md."""
