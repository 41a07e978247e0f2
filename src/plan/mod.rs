//! Scores -> Plan -> ApprovedPlan, and Receipt -> Ledger.
//!
//! ```text
//! standing(&Roadmap, &Ledger, &Scheme, cycle) -> Standing        whose every value is
//! plan(&Roadmap, &Scores, &Ledger, &Scheme) -> Plan              undo(…) -> Plan     retire(…) -> Plan
//! approve(Plan, &Coverage, &Limits, Approval) -> Result<ApprovedPlan, Unsafe>
//! intended(&Ledger, &Change, Writing) -> rows                    stored before the write leaves
//! settle(Ledger, &ApprovedPlan, &Receipt) -> Ledger              release(Ledger, …) -> Ledger
//! ```

mod agreement;
mod approve;
mod change;
mod cost;
mod desk;
mod diff;
mod gone;
mod inversions;
mod ledger;
mod quarantine;
mod reform;
mod render;
mod report;
mod retire;
mod scheme;
mod settle;
mod standing;
mod undo;
mod whose;

pub use agreement::{Agreed, Agreement, Disagreement, agreement};
pub use approve::{Approval, ApprovedPlan, Limits, Need, Reviewed, ScopeLimits, Unsafe, approve};
pub use change::{Change, Edit, EditKey, Field, Plan, Skip, SkipReason, fingerprint};
pub use cost::{Cost, Pace, Paces};
pub use diff::plan;
pub use gone::questioned;
pub use inversions::{Inversion, inversions};
pub use ledger::{Author, Authorship, Hold, HoldReason, Intent, Ledger, Refusals, Row, RowKey};
pub use reform::Reformed;
pub use render::{clean, escape, plan_json, plan_markdown, plan_text};
pub use report::{agreement_json, agreement_markdown, agreement_text};
pub use retire::{rejoin, retire};
pub use scheme::{AUTO_LABEL, ContainerScheme, Existing, Mode, Scheme, SinkId, Spelled, Target};
pub use settle::{Outcome, Receipt, Writing, intended, release, settle};
pub use standing::{Standing, standing};
pub use undo::undo;
pub use whose::{Answer, whose};
