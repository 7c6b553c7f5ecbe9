//! Tests of the whole system, from outside: nothing here is shipped.
