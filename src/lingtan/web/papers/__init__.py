"""Papers of the park as Word and PDF: the monthly brief, the yearly statistical report."""
