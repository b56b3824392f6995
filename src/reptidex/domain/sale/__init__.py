"""The sale of one animal as a state machine: what is known, what was heard, what is to be done next.

`rules.begin()` and `rules.advance(sale, heard)` are pure: they return the sale's new state and the acts that follow
from it. The acts are carried out elsewhere (agents/commerce), at least once, in any order and with any delay; what came
of them is heard again. The rules hold under every such disorder (after the saga of Garcia-Molina and Salem, 1987, with
the capture of the money as the pivot):

- the stock is freed or sold, never both, and exactly once;
- money is asked for once, kept only if the animal was transferred, and paid back once where the sale was called off;
- each decision raises the generation; a deadline or an answer about the hold of an older generation decides nothing;
- what is known about money counts whenever it is heard: a capture after the end of a sale is refunded;
- a sale that ended leaves no hold: a hold granted late is released again.
"""
