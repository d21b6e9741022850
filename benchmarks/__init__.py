"""lrdlib beside what one would write instead: see README.md in this folder."""
