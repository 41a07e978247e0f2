//! What holds for everything that people hand to the sandbox. See `crate::fuzzing`.

use super::{FaultPlan, FaultPlanError};

pub(crate) fn fault_plan(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for read in [FaultPlan::from_toml(&text), FaultPlan::from_json(&text)] {
        match read {
            Ok(plan) => {
                let told = serde_json::to_string(&plan).map_err(|error| error.to_string());
                let again = told.and_then(|told| FaultPlan::from_json(&told).map_err(|error| error.to_string()));
                assert_eq!(again, Ok(plan));
            }
            Err(FaultPlanError::Wrong { what, .. }) => assert!(!what.is_empty()),
            Err(_) => {}
        }
    }
}

pub(crate) fn jql(bytes: &[u8]) {
    if let Err(why) = super::jira::read_jql(&String::from_utf8_lossy(bytes)) {
        assert!(!why.is_empty());
    }
}
