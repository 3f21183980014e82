"""Speed, each figure as a ratio to a physical limit taken in the same run. Not part of the tests: these machines are shared."""
