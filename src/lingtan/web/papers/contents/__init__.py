"""What papers say: values out of runs, the statistics ledger and the records, in the language of the paper."""
