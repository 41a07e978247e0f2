//! What is scripted: faults by request, hooks, and the plan in force.

use http::Method;
use jiff::SignedDuration;

use super::armed::Armed;
use super::{Fault, FaultPlan, Matcher, Strikes};
use crate::sandbox::{Running, Tracker};

/// What a test runs just before a request is handled.
pub(in crate::sandbox) type Hook = Box<dyn FnOnce(&Running) + Send>;

struct Scripted {
    tracker: Tracker,
    matcher: Matcher,
    fault: Fault,
    left: u32,
}

struct Waiting {
    tracker: Tracker,
    matcher: Matcher,
    /// How many more matching requests until it runs; at 1 it runs before the next.
    left: u32,
    hook: Hook,
}

/// All that is scripted.
#[derive(Default)]
pub(in crate::sandbox) struct Script {
    faults: Vec<Scripted>,
    hooks: Vec<Waiting>,
    plan: Option<Armed>,
}

impl Script {
    pub(in crate::sandbox) fn fail(&mut self, tracker: Tracker, matcher: Matcher, fault: Fault, times: u32) {
        self.faults.push(Scripted { tracker, matcher, fault, left: times });
    }

    pub(in crate::sandbox) fn heal(&mut self, tracker: Tracker) {
        self.faults.retain(|f| f.tracker != tracker);
    }

    /// Puts a plan into force instead of the one before.
    pub(in crate::sandbox) fn plan(&mut self, plan: FaultPlan) {
        self.plan = Some(Armed::new(plan));
    }

    /// Takes back every fault and the plan.
    pub(in crate::sandbox) fn heal_all(&mut self) {
        self.faults.clear();
        self.plan = None;
    }

    /// The plan in force, and how often each of its rules met and struck.
    pub(in crate::sandbox) fn planned(&self) -> Option<(&FaultPlan, &[Strikes])> {
        self.plan.as_ref().map(Armed::told)
    }

    /// How far a tracker's clock is off.
    pub(in crate::sandbox) fn skew(&self, tracker: Tracker) -> SignedDuration {
        self.plan.as_ref().map_or(SignedDuration::ZERO, |armed| armed.told().0.skew(tracker))
    }

    pub(in crate::sandbox) fn hook(&mut self, tracker: Tracker, matcher: Matcher, nth: u32, hook: Hook) {
        self.hooks.push(Waiting { tracker, matcher, left: nth.max(1), hook });
    }

    pub(in crate::sandbox) fn unhook(&mut self, tracker: Tracker) {
        self.hooks.retain(|hook| hook.tracker != tracker);
    }

    /// The hooks whose request this is.
    pub(in crate::sandbox) fn due_hooks(&mut self, tracker: Tracker, method: &Method, target: &str) -> Vec<Hook> {
        for hook in &mut self.hooks {
            if hook.tracker == tracker && hook.matcher.matches(method, target) {
                hook.left -= 1;
            }
        }
        self.hooks.extract_if(.., |h| h.left == 0).map(|h| h.hook).collect()
    }

    /// The fault for this request: the earliest scripted one that matches and isn't used up, else the plan's.
    pub(in crate::sandbox) fn take(
        &mut self,
        tracker: Tracker,
        method: &Method,
        target: &str,
        route: &str,
    ) -> Option<Fault> {
        let met = |f: &Scripted| {
            f.tracker == tracker && f.left > 0 && f.matcher.matches(method, target) && f.fault.concerns(tracker, route)
        };
        let Some(found) = self.faults.iter().position(met) else {
            return self.plan.as_mut()?.strike(tracker, method, target, route);
        };
        let scripted = &mut self.faults[found];
        scripted.left = if scripted.left == u32::MAX { u32::MAX } else { scripted.left - 1 };
        let fault = scripted.fault.clone();
        self.faults.retain(|f| f.left > 0);
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_as_often_as_it_was_scripted_and_only_where_it_matches() {
        let mut script = Script::default();
        script.fail(Tracker::GitHub, Matcher::new(Method::POST, "/labels"), Fault::Stall, 1);
        let path = "/repos/a/b/issues/1/labels";
        let mut take = |tracker, method, path| script.take(tracker, &method, path, "");
        assert_eq!(take(Tracker::Jira, Method::POST, path), None);
        assert_eq!(take(Tracker::GitHub, Method::GET, "/repos/a/b/labels"), None);
        assert_eq!(take(Tracker::GitHub, Method::POST, path), Some(Fault::Stall));
        assert_eq!(take(Tracker::GitHub, Method::POST, path), None);
    }
}
