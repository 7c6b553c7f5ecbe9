//! What preflight lets through and what it refuses. Hostile changes are built in memory.

mod allocation;
mod arbitrary;
mod forge;
mod honest;
mod hostile;
mod limits;
mod mutants;
mod random;
mod rules;
mod stories;
