"""ReptiDex: a platform for people who keep and breed reptiles, with a trustworthy lineage.

`import reptidex.streams` reads `./streams`: five folders here are links to the rooms at the top of the repository.
"""

__version__ = "0.1.0"
