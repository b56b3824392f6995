"""`reptidex publish`: events of outside producers, checked one by one and put on the log, or wherever they are wanted."""
