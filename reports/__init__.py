"""Plots, tables and the HTML report: tables in, files out."""
