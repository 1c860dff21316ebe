"""What is told to whom, when and in which words. Pure: no clock, no database, no network."""
