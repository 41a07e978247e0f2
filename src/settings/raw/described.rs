//! Tables as the JSON Schema describes them, where they are read in another shape or not yet.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::{Complexity, Limits, Priority, Readiness, Sink, Write};

/// [[scope]]: a team's own settings.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("x-required" = ["name", "match"]))]
#[expect(dead_code, reason = "only the schema is taken from it")]
pub(super) struct ScopeTable {
    /// The scope's name.
    name: String,
    /// The containers it holds for: github:acme/pay-*, jira:PAY. A name wins over a pattern, a longer pattern over a shorter; case doesn't count.
    r#match: Vec<String>,
    /// Laid over [write].
    write: Option<Write>,
    /// Replaces [[sink]].
    sink: Option<Vec<Sink>>,
    /// Laid over [priority].
    priority: Option<Priority>,
    /// Laid over [complexity].
    complexity: Option<Complexity>,
    /// Laid over [readiness].
    readiness: Option<Readiness>,
    /// Laid over [limits]. A scope that sets any of these or write.first_contact is measured by itself, by its own open issues; all others together.
    limits: Option<Limits>,
}

/// [[mirror]]: keeps pairs of issues in step.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("x-required" = ["name", "from", "to"]))]
#[expect(dead_code, reason = "only the schema is taken from it")]
pub(super) struct Mirror {
    /// The mirror's name.
    name: String,
    /// Containers whose issues it looks at.
    from: Vec<String>,
    /// The container that holds the other issue.
    to: String,
    /// Which issues, in CEL.
    when: Option<String>,
    /// How the second issue is created; without it pairs are linked, never created.
    create: Option<Create>,
    /// Which way each field goes.
    #[schemars(extend("x-each" = { "enum": ["->", "<-", "<->"] }))]
    fields: Option<BTreeMap<String, String>>,
    /// Who wins when both sides changed.
    #[schemars(extend("enum" = ["newest", "from", "to", "ask"]))]
    conflict: Option<String>,
    /// The other side's name of each status.
    status: Option<StatusNames>,
    /// What happens when one side is deleted.
    on_delete: Option<String>,
    /// Whether what is private on one side may be shown on the other.
    allow_private: Option<bool>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the schema is taken from it")]
struct Create {
    /// The created issue's type.
    issue_type: Option<String>,
}

/// status of [[mirror]]
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the schema is taken from it")]
struct StatusNames {
    /// Not begun.
    todo: Option<String>,
    /// Begun.
    doing: Option<String>,
    /// Finished.
    done: Option<String>,
    /// Closed without being done.
    dropped: Option<String>,
}

/// [people]
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the schema is taken from it")]
pub(super) struct People {
    /// A CSV file: github,jira,email.
    file: Option<String>,
}
