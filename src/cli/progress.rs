//! Progress of long work: one line on a terminal, nothing in a pipe.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::daemon::Works;
use crate::tracker::Fetch;

const EVERY: Duration = Duration::from_millis(250);

/// A line that tells how far the requests are, until it is dropped.
pub(super) struct Progress(Option<JoinHandle<()>>);

impl Progress {
    /// Starts telling if somebody is there to see it.
    pub(super) fn start(works: &Works, what: &'static str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let trackers = works.trackers.clone();
        Self(Some(tokio::spawn(async move {
            let mut tick = tokio::time::interval(EVERY);
            loop {
                tick.tick().await;
                let counts: Vec<String> = trackers
                    .iter()
                    .map(|tracker| {
                        let sent = tracker.requests();
                        format!("{} {} read, {} written", tracker.name(), sent.reads, sent.writes)
                    })
                    .collect();
                let _ = write!(std::io::stderr(), "\r\x1b[2K{what}: {}", counts.join(" · "));
                let _ = std::io::stderr().flush();
            }
        })))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(line) = self.0.take() {
            line.abort();
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}
