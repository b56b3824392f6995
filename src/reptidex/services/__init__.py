"""Six manifests: the one place that imports across the rooms. `SERVICES` names them in the order of the design card."""
