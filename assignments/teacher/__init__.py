"""The teacher's part: what the tests ask, the worked solutions, and grading in a sandbox."""
