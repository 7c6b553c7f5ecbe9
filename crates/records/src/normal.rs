//! Shapes: whether a value has its declared form, and its one regular form.
