"""Files of animals and pedigrees: readers and writers without input or output.

A reader never raises for what a line says: each problem is named with its line and field, and the rest is read. It raises
`UnreadableError` where the whole is not of its format. What a writer writes, its reader reads back the same.
"""
