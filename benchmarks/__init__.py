"""Figures, always as ratios against a bare baseline in the same run on the same log; nothing here gates by time."""
