"""Trains, evaluates and exports the street detector."""
