//! Laws of the pure rooms.

mod score_corpus;
mod score_laws;
mod score_tables;
mod unify_laws;
mod unify_tables;
