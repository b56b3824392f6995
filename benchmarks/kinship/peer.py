"""pedigree-graph (Rust, Meuwissen & Luo 1992), run by an interpreter of its own: it needs a newer Python than ours.

peer.py REGISTRY.npz ROUNDS; prints a line of JSON a round, and leaves its F beside the registry.
"""

import json
import sys
import time

import numpy as np
import pedigree_graph  # type: ignore[import-not-found, unused-ignore]

registry = np.load(sys.argv[1])
for _ in range(int(sys.argv[2])):
    begin, cpu = time.perf_counter(), time.process_time()
    graph = pedigree_graph.PedigreeGraph.from_arrays(
        ids=np.arange(len(registry["sires"])), father_ids=registry["sires"], mother_ids=registry["dams"]
    )
    found = graph.inbreeding()
    print(json.dumps({"seconds": time.perf_counter() - begin, "cpu": time.process_time() - cpu}), flush=True)
np.save(sys.argv[1] + ".peer.npy", found)
