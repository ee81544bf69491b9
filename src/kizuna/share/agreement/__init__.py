"""Memoranda: files with clauses that rules cite, their signatures, their ends, and the yearly account under them."""

from kizuna.share.agreement.check import check, enforce
from kizuna.share.agreement.memorandum import Agreement, Clause, load
from kizuna.share.agreement.report import explain, report
from kizuna.share.agreement.standing import Book, allows, standing

__all__ = ["Agreement", "Book", "Clause", "allows", "check", "enforce", "explain", "load", "report", "standing"]
