//! The laws of the pure rooms.

mod plan_agreement;
mod plan_approval;
mod plan_fields;
mod plan_hands;
mod plan_laws;
mod plan_retire;
mod plan_sink_laws;
mod plan_table;
mod plan_undo;
mod plan_view;
mod plan_world;
mod score_corpus;
mod score_laws;
mod score_own;
mod score_tables;
mod score_value;
mod unify_laws;
mod unify_tables;
