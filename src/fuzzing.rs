//! The one door to the parsers of outside input: a function for each, which fails when a law breaks. For `fuzz/` and tests.
//!
//! A new one takes a line here, a file in `fuzz/fuzz_targets`, a `[[bin]]` in `fuzz/Cargo.toml` and a folder in `fuzz/seeds`.

#[cfg(test)]
mod mutate;
#[cfg(test)]
mod tests;

macro_rules! targets {
    ($($(#[$doc:meta])* $name:ident => $door:path,)*) => {
        $($(#[$doc])* pub fn $name(bytes: &[u8]) {
            $door(bytes);
        })*

        /// All of them, by name.
        pub const TARGETS: &[(&str, fn(&[u8]))] = &[$((stringify!($name), $name)),*];
    };
}

targets! {
    /// A tracker's answer: headers of limits, words of refusals, bodies that aren't JSON.
    answer => crate::tracker::http_doors::answer,
    /// A document of Jira Cloud.
    adf => crate::tracker::jira_doors::adf,
    /// When an own rule counts.
    cel => crate::score::cel::fuzzing::cel,
    /// A configuration file, with variables.
    configuration => crate::settings::fuzzing::configuration,
    /// A fault plan of the sandbox.
    fault_plan => crate::sandbox::fuzzing::fault_plan,
    /// What GitHub sends.
    github_wire => crate::tracker::github_doors::wire,
    /// A history of estimated issues in CSV.
    history => crate::score::backtest::fuzzing::history,
    /// The query of a search in the sandbox.
    jql => crate::sandbox::fuzzing::jql,
    /// What Jira sends.
    jira_wire => crate::tracker::jira_doors::wire,
    /// A key as people type it.
    key => crate::model::fuzzing::key,
    /// `Link`, `Location` and the other headers that GitHub alone sends.
    link_header => crate::tracker::github_doors::links,
    /// What an adapter remembers between readings.
    memory => memory_door,
    /// Patterns of names.
    pattern => pattern_door,
    /// A cron expression or a duration.
    schedule => crate::settings::fuzzing::schedule,
    /// An issue as the store keeps it.
    stored_issue => crate::model::fuzzing::stored_issue,
    /// A body.
    text => crate::model::fuzzing::text,
    /// Wiki markup of Jira Data Center.
    wiki => crate::tracker::jira_doors::wiki,
}

/// Both adapters' memories; neither reads the other's.
fn memory_door(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    crate::tracker::github_doors::memory(&text);
    crate::tracker::jira_doors::memory(&text);
}

/// Two rooms read patterns each in its own way; where both mean the same they agree.
fn pattern_door(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (pattern, name) = text.split_once('\n').unwrap_or((&text, ""));
    let by_scope = crate::settings::fuzzing::pattern(pattern, name);
    let by_selection = crate::tracker::github_doors::fits(pattern, name);
    let plain = |text: &str| text.is_ascii() && text.split('/').count() == 2;
    // A scope's `*` stands for slashes, too; without one in reach both are one rule.
    if plain(pattern) && plain(name) && !name.contains('*') {
        assert_eq!(by_scope, by_selection, "{pattern:?} {name:?}");
    }
}
