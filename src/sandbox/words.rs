//! The vocabulary of generated issues.

/// Names.
pub(super) const PEOPLE: [&str; 10] =
    ["dana", "emre", "fatima", "george", "hana", "ivan", "jun", "kofi", "lena", "mario"];

/// Labels with their colours.
pub(super) const LABELS: [(&str, &str); 12] = [
    ("bug", "d73a4a"),
    ("enhancement", "a2eeef"),
    ("documentation", "0075ca"),
    ("good first issue", "7057ff"),
    ("customer", "fbca04"),
    ("security", "b60205"),
    ("performance", "c5def5"),
    ("regression", "e99695"),
    ("needs design", "d4c5f9"),
    ("area/billing", "bfd4f2"),
    ("area/api", "bfdadc"),
    ("tech debt", "cccccc"),
];

/// What issues are about.
pub(super) const THINGS: [&str; 20] = [
    "invoice export",
    "login session",
    "webhook delivery",
    "search index",
    "rate limiter",
    "audit log",
    "CSV import",
    "password reset",
    "checkout page",
    "currency rounding",
    "retry queue",
    "mobile layout",
    "OAuth callback",
    "nightly backup",
    "feature flag",
    "report scheduler",
    "email template",
    "file upload",
    "permission check",
    "cache invalidation",
];

/// What goes wrong with them.
pub(super) const FAULTS: [&str; 12] = [
    "fails",
    "hangs",
    "shows stale data",
    "returns 500",
    "loses rows",
    "times out",
    "is slow",
    "crashes",
    "sends duplicates",
    "ignores the time zone",
    "leaks memory",
    "shows the wrong total",
];

/// What is to be done.
pub(super) const VERBS: [&str; 10] =
    ["Add", "Support", "Document", "Speed up", "Migrate", "Simplify", "Test", "Expose", "Translate", "Remove"];

/// When, or for whom.
pub(super) const AREAS: [&str; 14] = [
    "large accounts",
    "the first of the month",
    "users without a role",
    "two tabs are open",
    "guest checkout",
    "EU customers",
    "the admin console",
    "the public API",
    "slow networks",
    "the trial plan",
    "archived projects",
    "read-only tokens",
    "daylight saving changes",
    "right-to-left languages",
];

/// Sentences of bodies.
pub(super) const SENTENCES: [&str; 26] = [
    "Steps to reproduce are below.",
    "We noticed this after the last deployment on Tuesday.",
    "Several customers have asked for it in the last quarter.",
    "The request succeeds in staging but not in production.",
    "It happens about once in twenty attempts and goes away after a reload.",
    "Support has a workaround, which takes them ten minutes for each account.",
    "The log shows nothing unusual before the failure.",
    "Acceptance criteria: the page loads within one second for an account with ten thousand rows.",
    "We should agree on the wording with the documentation team first.",
    "A migration will be needed, and it has to run without downtime.",
    "The old endpoint must keep working for two more releases.",
    "I think that the cause is the connection pool, which is shared by both workers.",
    "This blocks the rollout to the second region.",
    "There is a related discussion in the architecture channel.",
    "No data is lost, but people are confused by the message.",
    "The library that we use for this is no longer maintained.",
    "It would be enough to show a warning for now.",
    "Expected: the total equals the sum of the lines.",
    "Actual: the total is off by one cent in some currencies.",
    "Please also check the mobile layout while you are there.",
    "The contract says that we answer within four hours.",
    "Tests cover the happy path only.",
    "We measured four hundred milliseconds at the median and six seconds at the ninety-ninth percentile.",
    "The security team has reviewed the proposal and has no objections.",
    "Nobody knows why the limit is thirty.",
    "A feature flag would let us try it with a few accounts.",
];

/// Pieces of code.
pub(super) const CODE: [&str; 3] = [
    "curl -s https://api.acme.example/v2/invoices?page=2 | jq '.items | length'",
    "let total: Decimal = lines.iter().map(|line| line.amount).sum();\nassert_eq!(total, invoice.total);",
    "SELECT account_id, count(*) FROM deliveries WHERE state = 'failed' GROUP BY 1 ORDER BY 2 DESC LIMIT 10;",
];

/// A stack trace.
pub(super) const TRACE: &str = "thread 'worker-3' panicked at src/queue/retry.rs:118:22:\nindex out of bounds: the len is 0 but the index is 0\n   0: rust_begin_unwind\n   1: acme::queue::retry::next\n             at ./src/queue/retry.rs:118\n   2: acme::worker::run\n             at ./src/worker.rs:54";
