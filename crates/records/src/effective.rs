//! The effective value of a protective field: the most cautious entry no lowering supersedes.
