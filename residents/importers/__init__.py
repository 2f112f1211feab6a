"""A roster file on its way from bytes to judged rows: pure, without a database.

readers (cells) -> headers (columns) -> rows and normalise (values) -> checks (problems)
-> log (counts). `run` is the pipeline; whoever stores or prints takes what it yields.
"""
