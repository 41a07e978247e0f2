//! `roadmapd demo`: the main job on two trackers in memory, before and after side by side, with the reasons.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::run::beside;
use super::{Exit, Failure, output};
use crate::daemon::{Clock, Daemon, Order, Turned, View, Works, preview, turn};
use crate::model::{Issue, IssueId};
use crate::plan::Answer;
use crate::roadmap::Item;
use crate::sandbox::{Corpus, Options, Running, Sandbox};
use crate::score::{Because, ItemScore};
use crate::settings::{Findings, Settings};
use crate::store::Store;
use crate::web::{Page, PageTrouble};

/// The page's port in every configuration that names none.
const USUAL_PORT: u16 = 8780;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// One cycle, then leave: no page
    #[arg(long)]
    once: bool,
    /// Where the page is served [default: 127.0.0.1:8780, or any free port where that is taken]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// Labels of each issue, by id.
type Labels = BTreeMap<IssueId, Vec<String>>;

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let running = Sandbox::start(Corpus::shipped(), Options::default())
        .await
        .map_err(|error| Failure::Said(error.to_string()))?;
    let folder = TempDir::with_prefix("roadmapd-demo-")
        .map_err(|error| Failure::Said(format!("no temporary folder can be made: {error}")))?;
    let text = configuration(&running, folder.path())?;
    let load = || Settings::from_toml(&text, &[]);
    let works = Works::connect(Arc::new(load()?), Clock::system())?;
    let before = labels(preview(&works, None).await?.thought.roadmap.items.iter());
    let store = Store::open(&works.settings.daemon.database).await?;
    let order = Order { cause: "demo".to_owned(), ..Order::default() };
    let stop = CancellationToken::new();
    let first = turn(&works, &store, &order, &stop).await?;
    let view = View::open(&works, &store).await?;
    let second = turn(&works, &store, &order, &stop).await?;
    output::print(&story(&before, &view, &first, &second));
    for error in first.errors.iter().chain(&second.errors) {
        output::complain(error);
    }
    store.close().await?;
    if args.once {
        return Ok(if first.errors.is_empty() && second.errors.is_empty() { Exit::Done } else { Exit::Failed });
    }
    let daemon = Daemon::with(load, works).await?;
    let page = page(&daemon, args.listen).await?;
    output::print(&format!(
        "The page is at http://{}/ and the demo goes on turning until you press Ctrl-C.",
        page.address()
    ));
    beside(daemon, Some(page.of_invented_trackers()), None, false).await?;
    Ok(Exit::Done)
}

/// The page at the address that was asked for; without one at the usual port of loopback, or at any that is free.
async fn page<L: Fn() -> Result<Settings, Findings>>(
    daemon: &Daemon<L>,
    listen: Option<SocketAddr>,
) -> Result<Page, Failure> {
    if let Some(address) = listen {
        return Ok(Page::bind(address, daemon.watch()).await?);
    }
    match Page::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, USUAL_PORT)), daemon.watch()).await {
        Err(PageTrouble::Address { .. }) => {
            Ok(Page::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), daemon.watch()).await?)
        }
        page => Ok(page?),
    }
}

/// The configuration of the demo: the defaults, two trackers, and no waiting for a person.
fn configuration(running: &Running, folder: &Path) -> Result<String, Failure> {
    let trackers = running
        .configuration(folder)
        .map_err(|error| Failure::Said(format!("{} can't be written: {error}", folder.display())))?;
    Ok(format!("{trackers}[write]\nfirst_contact = \"apply\"\n[limits]\nshare_max = 1.0\n"))
}

fn labels<'a>(items: impl Iterator<Item = &'a Item>) -> Labels {
    items.flat_map(|item| item.faces.iter().map(|face| (face.id.clone(), face.labels.clone()))).collect()
}

fn story(before: &Labels, view: &View, first: &Turned, second: &Turned) -> String {
    let thought = &view.thought;
    let mut text = String::from(
        "roadmapd demo: a GitHub and a Jira in memory, and one cycle over both. Nothing outside was touched.\n\n",
    );
    let _ = writeln!(text, "{:>2} {:<20} {:<37} {:<22} after", "", "issue", "title", "labels before");
    for (position, index) in view.ranked().into_iter().enumerate() {
        let (item, score) = (&thought.roadmap.items[index], &thought.scores.items[index]);
        for (nth, face) in item.faces.iter().enumerate() {
            let rank = if nth == 0 { (position + 1).to_string() } else { "=".to_owned() };
            let title = if nth == 0 { output::fit(&face.title, 36) } else { "(the same piece of work)".to_owned() };
            let old = before.get(&face.id).map(Vec::as_slice).unwrap_or_default();
            let _ = writeln!(
                text,
                "{rank:>2} {:<20} {title:<37} {:<22} {}",
                output::fit(&face.key.to_string(), 20),
                output::fit(&old.join(", "), 22),
                difference(view, face, old)
            );
        }
        let _ = writeln!(text, "   {}", output::fit(&why(item, score), 115));
    }
    let sent: u64 = first.requests.values().sum();
    let quiet: Vec<String> = second.requests.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let _ = writeln!(
        text,
        "\n{} edits written with {sent} requests, {} left to people. The next cycle wrote {} (requests: {}).",
        first.written,
        first.skipped,
        if second.written == 0 { "nothing".to_owned() } else { second.written.to_string() },
        quiet.join(", ")
    );
    for cycle in &thought.roadmap.cycles {
        let _ = writeln!(text, "{}", cycle.why);
    }
    text.push_str(
        "\nTry it on your own trackers; nothing is written until you approve a plan:\n\
         \u{20} copy config/example.toml to roadmapd.toml, name your repositories and projects, set the tokens (reading is enough)\n\
         \u{20} roadmapd check --online     finds what is missing\n\
         \u{20} roadmapd plan               shows what one cycle would write\n",
    );
    text
}

/// What came and what stayed.
fn difference(view: &View, face: &Issue, old: &[String]) -> String {
    if !face.status.is_open() {
        return "(closed: never written)".to_owned();
    }
    let mut parts: Vec<String> = Vec::new();
    for (key, answer) in &view.thought.standing.answers {
        if let (true, Answer::Held { at: Some(at), .. }) = (key.issue == face.id, answer) {
            parts.push(format!("{at} (a person's)"));
        }
    }
    parts.extend(face.labels.iter().filter(|label| !old.contains(label)).map(|label| format!("+{label}")));
    parts.extend(old.iter().filter(|label| !face.labels.contains(label)).map(|label| format!("-{label}")));
    parts.join(" ")
}

/// The two weightiest reasons for the priority, and the first for the complexity.
fn why(item: &Item, score: &ItemScore) -> String {
    if !item.status.is_open() {
        return item.status.name().to_owned();
    }
    let (of_level, of_score): (Vec<&Because>, Vec<&Because>) =
        score.priority.because.iter().partition(|reason| reason.is_of_level());
    let reasons: Vec<&str> =
        of_level.into_iter().rev().take(1).chain(of_score).take(2).map(|reason| reason.why.as_str()).collect();
    // The usual size is where every estimate starts; what moved it says more.
    let sizes = &score.complexity.because;
    let moves = sizes.iter().skip(1).filter(|reason| reason.rule != Because::SCALE);
    let moved = moves.max_by(|a, b| a.points.abs().total_cmp(&b.points.abs()));
    let size = moved.or(sizes.first()).map_or("", |reason| reason.why.as_str());
    let readiness = score.readiness.as_ref().map_or_else(String::new, |readiness| format!(" · {}", readiness.level));
    format!(
        "{} {}: {} · {}: {}{}",
        score.priority.level,
        score.priority.score.round(),
        reasons.join("; "),
        score.complexity.level,
        size,
        readiness
    )
}
