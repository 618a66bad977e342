"""Specs as names of folders; by itself, because reading results needs no tracker."""

from __future__ import annotations

from urllib.parse import quote, unquote


def folder_name(text: str) -> str:
    """Percent-encode what is not ``A-Za-z0-9._-``, so that any spec is one safe path component.

    >>> folder_name("stdtrack:nano?backend=onnx"), folder_name("..")
    ('stdtrack%3Anano%3Fbackend%3Donnx', '%2E%2E')
    """
    encoded = quote(text, safe="").replace("~", "%7E")
    return encoded.replace(".", "%2E") if set(encoded) == {"."} else encoded


def spec_of_folder(name: str) -> str:
    """The inverse of :func:`folder_name`."""
    return unquote(name)
