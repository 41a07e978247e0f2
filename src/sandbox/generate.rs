//! Seed and size -> a corpus of invented issues, the same for the same seed.

use std::collections::BTreeMap;

use super::corpus::{
    Corpus, GithubIssueSeed, JiraIssueSeed, LabelSeed, LinkSeed, MilestoneSeed, PersonSeed, ProjectSeed, RepositorySeed,
};
use super::words::{AREAS, CODE, FAULTS, LABELS, PEOPLE, SENTENCES, THINGS, TRACE, VERBS};

/// The containers that generated issues are spread over.
const REPOSITORY: &str = "acme/api";
const PROJECT: &str = "CORE";

/// A small generator of numbers (splitmix64): the same on every machine.
pub(super) struct Dice(pub u64);

impl Dice {
    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `sides`.
    fn below(&mut self, sides: usize) -> usize {
        usize::try_from(self.roll() % sides.max(1) as u64).unwrap_or(0)
    }

    /// True that many times in a hundred.
    fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn count(&mut self, below: u32) -> u32 {
        u32::try_from(self.below(below as usize)).unwrap_or(0)
    }
}

/// `n` issues in each tracker.
pub(super) fn corpus(seed: u64, n: usize) -> Corpus {
    let mut dice = Dice(seed);
    let mut issues: Vec<_> = (1..=n).map(|place| github_issue(&mut dice, place, n)).collect();
    let jira: Vec<_> = (1..=n).map(|place| jira_issue(&mut dice, place, n)).collect();
    // Every tenth issue has its twin under the same number.
    for issue in issues.iter_mut().step_by(10) {
        let body = issue.body.take().unwrap_or_default();
        issue.body = Some(format!("{body}\n\nJira: {PROJECT}-{}\n", issue.number));
    }
    let label = |(name, color): &(&str, &str)| LabelSeed {
        name: (*name).to_owned(),
        color: (*color).to_owned(),
        description: None,
    };
    Corpus {
        people: PEOPLE
            .iter()
            .map(|name| PersonSeed { name: (*name).to_owned(), display: display(name), email: String::new() })
            .collect(),
        repositories: vec![RepositorySeed {
            name: REPOSITORY.to_owned(),
            description: "Generated issues".to_owned(),
            private: true,
            labels: LABELS.iter().map(label).collect(),
            milestones: vec![MilestoneSeed { title: "Next release".to_owned(), due_in_days: Some(20), closed: false }],
            issues,
            ..RepositorySeed::default()
        }],
        projects: vec![ProjectSeed {
            key: PROJECT.to_owned(),
            name: "Core".to_owned(),
            issues: jira,
            ..ProjectSeed::default()
        }],
    }
}

fn display(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn title(dice: &mut Dice) -> String {
    if dice.percent(55) {
        format!("{} {} when {}", dice.pick(&THINGS), dice.pick(&FAULTS), dice.pick(&AREAS))
    } else {
        format!("{} {} for {}", dice.pick(&VERBS), dice.pick(&THINGS), dice.pick(&AREAS))
    }
}

/// A text of 20 to 400 words, some with code or a stack trace.
fn body(dice: &mut Dice) -> String {
    let spread = if dice.percent(20) { 380 } else { 120 };
    let wanted = 20 + dice.below(spread);
    let (mut text, mut words) = (String::new(), 0);
    while words < wanted {
        let sentence = dice.pick(&SENTENCES);
        words += sentence.split(' ').count();
        text.push_str(sentence);
        text.push_str(if dice.percent(25) { "\n\n" } else { " " });
    }
    if dice.percent(15) {
        text.push_str("\n\n```\n");
        text.push_str(dice.pick(&CODE));
        text.push_str("\n```\n");
    }
    if dice.percent(10) {
        text.push_str("\n\n```\n");
        text.push_str(TRACE);
        text.push_str("\n```\n");
    }
    if dice.percent(20) {
        text.push_str("\n\n- [ ] reproduce it\n- [ ] write a test\n- [ ] fix it\n");
    }
    text
}

/// An issue before this one, now and then.
fn blocker(dice: &mut Dice, place: usize) -> Option<usize> {
    (place > 1 && dice.percent(5)).then(|| 1 + dice.below(place - 1))
}

/// Days ago, the first issue the oldest, within two years; parts of a day keep stamps apart.
fn age(place: usize, n: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of issues are small")]
    let share = (n + 1 - place) as f64 / n as f64;
    1.0 + 730.0 * share
}

fn github_issue(dice: &mut Dice, place: usize, n: usize) -> GithubIssueSeed {
    let created = age(place, n);
    let updated = created * dice_share(dice);
    let labels = (0..dice.below(3))
        .map(|_| LABELS[dice.below(LABELS.len())].0.to_owned())
        .collect::<std::collections::BTreeSet<_>>();
    let mut reactions = BTreeMap::new();
    if dice.percent(30) {
        reactions.insert("+1".to_owned(), dice.count(25));
    }
    GithubIssueSeed {
        number: u32::try_from(place).unwrap_or(u32::MAX),
        title: title(dice),
        body: (!dice.percent(3)).then(|| body(dice)),
        author: (!dice.percent(1)).then(|| dice.pick(&PEOPLE).to_owned()),
        labels: labels.into_iter().collect(),
        kind: dice.percent(40).then(|| dice.pick(&["Bug", "Feature", "Task"]).to_owned()),
        closed_days_ago: dice.percent(20).then_some(updated),
        comments: dice.count(12),
        reactions,
        milestone: dice.percent(8).then(|| "Next release".to_owned()),
        blocked_by: blocker(dice, place).map(|other| format!("{REPOSITORY}#{other}")).into_iter().collect(),
        created_days_ago: created,
        updated_days_ago: Some(updated),
        ..GithubIssueSeed::default()
    }
}

fn jira_issue(dice: &mut Dice, place: usize, n: usize) -> JiraIssueSeed {
    let created = age(place, n);
    let updated = created * dice_share(dice);
    let labels = (0..dice.below(3))
        .map(|_| LABELS[dice.below(LABELS.len())].0.replace(' ', "-"))
        .collect::<std::collections::BTreeSet<_>>();
    let blocks = blocker(dice, place);
    let status = if dice.percent(20) { "Done" } else { dice.pick(&["To Do", "To Do", "In Progress", "In Review"]) };
    JiraIssueSeed {
        number: u32::try_from(place).unwrap_or(u32::MAX),
        summary: title(dice),
        description: (!dice.percent(3)).then(|| body(dice)),
        kind: dice.pick(&["Story", "Task", "Task", "Bug"]).to_owned(),
        status: status.to_owned(),
        priority: dice.percent(35).then(|| dice.pick(&["Highest", "High", "Low", "Lowest"]).to_owned()),
        labels: labels.into_iter().collect(),
        points: dice.percent(30).then(|| f64::from([1_u8, 2, 3, 5, 8, 13][dice.below(6)])),
        value: dice.percent(10).then(|| f64::from(dice.count(11))),
        links: blocks
            .map(|other| LinkSeed { kind: "Blocks".to_owned(), to: format!("{PROJECT}-{other}") })
            .into_iter()
            .collect(),
        reporter: Some(dice.pick(&PEOPLE).to_owned()),
        votes: if dice.percent(20) { dice.count(15) } else { 0 },
        watches: dice.count(5),
        comments: dice.count(6),
        due_in_days: dice.percent(8).then(|| i32::try_from(dice.below(60)).unwrap_or(0) - 10),
        created_days_ago: created,
        updated_days_ago: Some(updated),
        ..JiraIssueSeed::default()
    }
}

/// A share between 0 and 1.
fn dice_share(dice: &mut Dice) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "below ten thousand")]
    let share = dice.below(10_000) as f64 / 10_000.0;
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_corpus_and_another_seed_another() {
        assert_eq!(corpus(1, 50), corpus(1, 50));
        assert_ne!(corpus(1, 50), corpus(2, 50));
    }

    #[test]
    fn about_a_fifth_is_closed_a_tenth_paired_and_a_twentieth_blocked() {
        let corpus = corpus(7, 1000);
        let (github, jira) = (&corpus.repositories[0].issues, &corpus.projects[0].issues);
        let pairs = github
            .iter()
            .filter(|i| i.body.as_ref().is_some_and(|b| b.lines().any(|l| l.starts_with("Jira: "))))
            .count();
        let closed = github.iter().filter(|i| i.closed_days_ago.is_some()).count();
        let done = jira.iter().filter(|i| i.status == "Done").count();
        let blocked = github.iter().filter(|i| !i.blocked_by.is_empty()).count();
        assert_eq!(pairs, 100);
        assert!((150..250).contains(&closed) && (150..250).contains(&done), "{closed} closed, {done} done");
        assert!((25..80).contains(&blocked), "{blocked} blocked");
    }
}
