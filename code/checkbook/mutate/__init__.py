"""The mutation score: put one wrong thing in, see whether it is noticed.

`python -m checkbook mutate BOOK` draws faults over the book's pages and the
modules that they import, tries each in a private copy by building the book
and running the module's tests, and reports what nothing noticed.
"""

from checkbook.mutate.command import main
from checkbook.mutate.runs import run

__all__ = ["main", "run"]
