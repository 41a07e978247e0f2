//! Scores -> Plan -> ApprovedPlan, and Receipt -> Ledger.
//!
//! `pub fn standing(roadmap: &Roadmap, ledger: &Ledger, scheme: &Scheme) -> Standing`
//! `pub fn plan(roadmap: &Roadmap, scores: &Scores, ledger: &Ledger, scheme: &Scheme) -> Plan`
//! `pub fn approve(plan: Plan, coverage: &Coverage, limits: &Limits, approval: Approval) -> Result<ApprovedPlan, Unsafe>`
//! `pub fn settle(ledger: Ledger, approved: &ApprovedPlan, receipt: &Receipt) -> Ledger`

mod types;

pub use types::{
    AUTO_LABEL, Answer, Approval, Change, ContainerScheme, Edit, EditKey, Existing, Field, Hold, HoldReason, Intent,
    Ledger, Limits, Mode, Need, Outcome, Plan, Receipt, Reviewed, Row, RowKey, Scheme, SinkId, Skip, SkipReason,
    Spelled, Standing, Target, Unsafe,
};
