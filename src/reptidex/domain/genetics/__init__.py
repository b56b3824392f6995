"""Mendelian genetics in exact fractions: loci with any number of alleles, crosses, looks, proving out."""
