"""nbgrader's settings of the course, for its commands run in this folder and for ``python -m assignments course``."""

from pathlib import Path

c = get_config()  # noqa: F821 - nbgrader gives it

root = Path(__file__).resolve().parent
built = root / "_build"
built.mkdir(exist_ok=True)  # nbgrader makes its database, but no folder for it

c.CourseDirectory.course_id = "one-bit-kept"
c.CourseDirectory.root = str(root)
c.CourseDirectory.db_url = f"sqlite:///{built / 'gradebook.db'}"

# A submission is one notebook. Whatever code comes along must not be found before ours; visible.json is overwritten
# with the one in source/ by nbgrader itself.
c.CourseDirectory.ignore = [".*", "__pycache__", "assignments", "lrdlib", "library", "*.py", "*.pyc", "*.so", "*.pyd",
                            "*.pth", "feedback"]
c.Execute.timeout = 60  # seconds a cell
