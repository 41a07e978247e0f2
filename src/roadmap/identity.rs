//! Links -> groups of issues that are one piece of work (union-find), and what a person should look at.
//!
//! Links are taken in a fixed order: joined by hand first, then by kind as [`LinkSource`] lists them, then the pair
//! whose younger issue is older. A link that would put two issues of one repository or project into one item, or
//! rejoin what a person parted, is refused; so the older pair wins, and the refusal is a finding.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::lookup::{Found, Lookup};
use super::types::{LinkSource, Links};
use crate::model::{ContainerKey, Issue, Text, Timestamp};

/// As many mentions as a [`Text`] keeps: past that, others may have been left out.
const MENTIONS_MAX: usize = 20;

/// Names that look like project keys and are standards: `UTF-8` says nothing about a project.
const STANDARDS: [&str; 14] =
    ["AES", "CVE", "CWE", "GPT", "HTTP", "IEEE", "ISO", "MD", "PEP", "RFC", "SHA", "TLS", "UTF", "WCAG"];

/// Two issues that something says are one. Sorts in the order in which links are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Link {
    /// None: by hand, which comes first.
    source: Option<LinkSource>,
    younger: Timestamp,
    older: Timestamp,
    pair: (usize, usize),
}

/// Groups the issues (sorted by id): for each its group's number, numbered by first appearance; and findings.
pub(super) fn group(issues: &[Arc<Issue>], lookup: &Lookup<'_>, links: &Links) -> (Vec<usize>, Vec<String>) {
    let mut findings = Vec::new();
    // Sorted, so that of several that stand against a link always the same one is named.
    let parted: BTreeSet<(usize, usize)> = links
        .parted
        .iter()
        .filter_map(|(a, b)| Some((lookup.named(a)?, lookup.named(b)?)))
        .map(|(a, b)| (a.min(b), a.max(b)))
        .collect();
    let mut groups = Groups::new(issues, parted.into_iter().collect());
    for link in gather(issues, lookup, links, &mut findings) {
        if let Err(refusal) = groups.join(link.pair) {
            findings.extend(refusal.finding(issues, link));
        }
    }
    let mut numbers = vec![usize::MAX; issues.len()];
    let mut next = 0;
    let grouped = (0..issues.len())
        .map(|index| {
            let root = groups.root(index);
            if numbers[root] == usize::MAX {
                numbers[root] = next;
                next += 1;
            }
            numbers[root]
        })
        .collect();
    (grouped, findings)
}

fn gather(issues: &[Arc<Issue>], lookup: &Lookup<'_>, links: &Links, findings: &mut Vec<String>) -> BTreeSet<Link> {
    let mut found = BTreeSet::new();
    let mut add = |source, a: usize, b: usize| {
        let (first, second) = (issues[a].created, issues[b].created);
        let pair = (a.min(b), a.max(b));
        found.insert(Link { source, younger: first.max(second), older: first.min(second), pair });
    };
    for (a, b) in &links.joined {
        match (lookup.named(a), lookup.named(b)) {
            (Some(first), Some(second)) => add(None, first, second),
            (None, _) => findings.push(format!("{a} was joined with {b} by hand, but no tracker has {a} now")),
            (_, None) => findings.push(format!("{a} was joined with {b} by hand, but no tracker has {b} now")),
        }
    }
    for (index, issue) in issues.iter().enumerate() {
        for source in &links.from {
            for local in said(issue, *source) {
                match lookup.elsewhere(index, &local) {
                    Found::One(other) => add(Some(*source), index, other),
                    Found::Several(others) => findings.push(ambiguous(issues, index, &local, &others)),
                    Found::Missing => findings.extend(missing(issue, lookup, &local, *source)),
                    Found::Foreign => {}
                }
            }
        }
    }
    found
}

/// The keys by which this issue says, in this way, that it is the same work.
fn said(issue: &Issue, source: LinkSource) -> Vec<String> {
    match source {
        LinkSource::ExplicitLine => issue.text.explicit.clone(),
        LinkSource::TitlePrefix => Text::title_key(&issue.title).into_iter().collect(),
        LinkSource::OnlyKeyInBody => only_mention(issue).into_iter().collect(),
        // Nothing in the snapshot tells of these yet.
        LinkSource::Mirror | LinkSource::RemoteLink => Vec::new(),
    }
}

fn only_mention(issue: &Issue) -> Option<String> {
    if issue.text.mentions.len() >= MENTIONS_MAX {
        return None;
    }
    let itself = |local: &str| local.eq_ignore_ascii_case(&issue.key.local);
    let standard = |local: &str| local.rsplit_once('-').is_some_and(|(name, _)| STANDARDS.contains(&name));
    let mut others = issue.text.mentions.iter().filter(|local| !itself(local) && !standard(local));
    let first = others.next()?;
    others.next().is_none().then(|| first.clone())
}

fn ambiguous(issues: &[Arc<Issue>], index: usize, local: &str, others: &[usize]) -> String {
    let others: Vec<String> = others.iter().map(|other| issues[*other].key.to_string()).collect();
    format!(
        "{} names {local}, which is {}: not joined; join the right pair by hand",
        issues[index].key,
        others.join(" and ")
    )
}

/// A key of a known repository or project that nobody has: mistyped, deleted, or moved out of reach.
fn missing(issue: &Issue, lookup: &Lookup<'_>, local: &str, source: LinkSource) -> Option<String> {
    let own = lookup.keyed(&issue.id.tracker, local).is_some();
    let meant = matches!(source, LinkSource::ExplicitLine | LinkSource::TitlePrefix);
    (meant && !own).then(|| format!("{} says that it is {local}, which no tracker has: check the key", issue.key))
}

/// Why two groups can't become one.
enum Refusal {
    /// Both have an issue of this container; the two issues.
    SameContainer(usize, usize),
    /// A person parted these two.
    Parted(usize, usize),
}

impl Refusal {
    fn finding(&self, issues: &[Arc<Issue>], link: Link) -> Option<String> {
        let key = |index: usize| &issues[index].key;
        let (a, b) = link.pair;
        match *self {
            // The person who parted them knows.
            Self::Parted(one, other) if (one.min(other), one.max(other)) == link.pair => None,
            Self::Parted(one, other) => Some(format!(
                "{} and {} are not joined: that would join {} and {}, which a person parted",
                key(a),
                key(b),
                key(one),
                key(other)
            )),
            Self::SameContainer(one, other) => Some(format!(
                "{} and {} are not joined: {} and {} are both in {}, and an item has one issue of each; the older link stands",
                key(a),
                key(b),
                key(one),
                key(other),
                issues[one].container
            )),
        }
    }
}

/// Union-find that keeps what would make a union wrong.
struct Groups<'a> {
    issues: &'a [Arc<Issue>],
    up: Vec<usize>,
    /// Members of each root's group.
    members: Vec<Vec<usize>>,
    parted: Vec<(usize, usize)>,
}

impl<'a> Groups<'a> {
    fn new(issues: &'a [Arc<Issue>], parted: Vec<(usize, usize)>) -> Self {
        let members = (0..issues.len()).map(|index| vec![index]).collect();
        Self { issues, up: (0..issues.len()).collect(), members, parted }
    }

    fn root(&mut self, mut index: usize) -> usize {
        while self.up[index] != index {
            self.up[index] = self.up[self.up[index]];
            index = self.up[index];
        }
        index
    }

    fn join(&mut self, (a, b): (usize, usize)) -> Result<(), Refusal> {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return Ok(());
        }
        let (large, small) = if self.members[a].len() >= self.members[b].len() { (a, b) } else { (b, a) };
        for at in 0..self.parted.len() {
            let (one, other) = self.parted[at];
            let roots = (self.root(one), self.root(other));
            if roots == (a, b) || roots == (b, a) {
                return Err(Refusal::Parted(one, other));
            }
        }
        if let Some((one, other)) = self.clash(large, small) {
            return Err(Refusal::SameContainer(one.min(other), one.max(other)));
        }
        let moved = std::mem::take(&mut self.members[small]);
        self.members[large].extend(moved);
        self.up[small] = large;
        Ok(())
    }

    /// Two issues of one container, one from each group. Groups hold one issue of each container, so they stay small.
    fn clash(&self, large: usize, small: usize) -> Option<(usize, usize)> {
        let container = |index: usize| -> &ContainerKey { &self.issues[index].container };
        let clashes = self.members[small].iter().flat_map(|one| {
            self.members[large].iter().filter(|other| container(*one) == container(**other)).map(|other| (*one, *other))
        });
        clashes.min_by_key(|(one, other)| (*one.min(other), *one.max(other)))
    }
}
