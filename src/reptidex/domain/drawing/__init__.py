"""Pictures and papers as pure functions: values in, SVG or HTML bytes out, everything that people wrote escaped."""
