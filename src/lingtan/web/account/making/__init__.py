"""What a run is made from: the ledger by source, places of readings, the green share, findings kept as issues."""
