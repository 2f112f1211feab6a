"""Score sheets of the quarter: pure rules, no database and no clock."""
