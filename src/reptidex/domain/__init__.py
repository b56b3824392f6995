"""Pure rules: values in, values out; no clock, no random source, no identifier made inside."""
