"""What a regression check compares with and reports: records, files, bounds, verdicts, output for CI."""
