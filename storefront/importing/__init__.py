"""Imports from other systems: one package per source, each a pure reading and planning part and one loading part."""
