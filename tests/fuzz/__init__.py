"""Bad files by the thousand for every reader. How many of each is told by the profile: `make test` 200, `make fuzz` 5,000."""
