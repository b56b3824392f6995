"""`reptidex aws`: what the bridge needs on AWS, planned, made, exported and taken away from the command line."""
