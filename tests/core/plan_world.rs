//! A world of issues to plan for: trackers as sets of labels, cycles as the daemon runs them, crashes at any request.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::date;
use roadmapd::model::{
    Aspect, Complexity, ContainerKey, Coverage, Issue, IssueId, IssueKey, ItemId, Level, PerContainer, Presence,
    Priority, Reach, Reading, Status, Text, Tier, Timestamp, TrackerName, Turn,
};
use roadmapd::plan::{
    Approval, ApprovedPlan, Author, Authorship, Change, ContainerScheme, Existing, Ledger, Limits, Mode, Outcome, Plan,
    Receipt, RowKey, Scheme, SinkId, Spelled, Target, Writing, approve, intended, plan, settle, standing,
};
use roadmapd::roadmap::{Item, Roadmap};
use roadmapd::score::{
    Because, ComplexityScore, EstimateSource, Formula, ItemScore, Knobs, Model, Previous, PriorityScore, Scores,
    Weights, score,
};

pub fn tracker(name: &str) -> TrackerName {
    TrackerName::new(name)
}

pub fn key(text: &str) -> IssueKey {
    text.parse().expect("a key")
}

pub fn id(text: &str) -> IssueId {
    let key = key(text);
    IssueId::new(&key.tracker, format!("{}", 1000 + key.number()))
}

pub fn names(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|label| (*label).to_owned()).collect()
}

pub fn issue(text: &str, labels: &[String]) -> Issue {
    let key = key(text);
    Issue {
        id: id(text),
        container: ContainerKey::clone(&key.container()),
        aliases: vec![],
        item: None,
        url: String::new(),
        title: text.to_owned(),
        text: Text::default(),
        kind: None,
        tier: Tier::Standard,
        status: Status::Todo,
        status_name: "open".into(),
        labels: labels.to_vec(),
        priority: None,
        story_points: None,
        story_points_field: None,
        fields: BTreeMap::new(),
        author: None,
        assignees: vec![],
        due: None,
        components: vec![],
        created: Timestamp::UNIX_EPOCH,
        updated: Timestamp::UNIX_EPOCH,
        status_changed: None,
        reactions: 0,
        votes: 0,
        watchers: 0,
        comments: 0,
        talk: None,
        merged_lines: None,
        relations: vec![],
        blocker_count: 0,
        private: false,
        presence: Presence::Here,
        reading: Reading { turn: Turn(2), by_id: true },
        key,
    }
}

/// A label sink that spells `prefix` and the level.
pub fn sink(aspect: Aspect, prefix: &str, fold_case: bool) -> Spelled {
    let spellings = aspect.levels().into_iter().map(|level| (level, format!("{prefix}{level}"))).collect();
    Spelled { aspect, target: Target::Label, spellings, allowed: None, fold_case }
}

pub fn scheme(existing: Existing) -> ContainerScheme {
    let sinks = |fold| vec![sink(Aspect::Priority, "priority/", fold), sink(Aspect::Complexity, "complexity/", fold)];
    let sinks = BTreeMap::from([(tracker("github"), sinks(true)), (tracker("jira"), sinks(false))]);
    ContainerScheme { mode: Mode::Write, existing, idle_max_days: None, refusals_max: 3, reversals_max: 3, sinks }
}

/// The values of the priority field by level.
pub const PRIORITIES: [&str; 4] = ["Highest", "High", "Medium", "Low"];
/// The field that complexity is written to, as a number.
pub const POINTS: &str = "customfield_10016";

/// A field sink with one value for each level.
pub fn field(aspect: Aspect, name: &str, values: &[&str]) -> Spelled {
    let spellings = aspect.levels().into_iter().zip(values.iter().map(|value| (*value).to_owned())).collect();
    Spelled { aspect, target: Target::Field(name.to_owned()), spellings, allowed: None, fold_case: false }
}

/// The labels of [`scheme`], and on Jira two fields: the priority, and story points for complexity.
pub fn scheme_with_fields(existing: Existing) -> ContainerScheme {
    let mut scheme = scheme(existing);
    let jira = scheme.sinks.entry(tracker("jira")).or_default();
    jira.push(field(Aspect::Priority, "priority", &PRIORITIES));
    jira.push(field(Aspect::Complexity, POINTS, &["1", "2", "5", "8", "13"]));
    scheme
}

pub fn limits() -> Limits {
    Limits { changes_max: 500, share_max: 1.0, stale_max_s: 3600, first_contact_applies: true, scopes: BTreeMap::new() }
}

pub fn coverage() -> Coverage {
    let well = Reach { whole: true, failed: None, age_s: Some(0) };
    Coverage { trackers: BTreeMap::from([(tracker("github"), well.clone()), (tracker("jira"), well)]) }
}

pub fn row_key(issue: &str, aspect: Aspect) -> RowKey {
    RowKey { issue: id(issue), aspect, sink: SinkId("label".into()) }
}

/// One request to a tracker.
#[derive(Clone, Debug)]
pub enum Request {
    Add(Vec<String>),
    Remove(String),
    /// Jira: everything in one, fields by name included.
    Both(Vec<String>, Vec<String>, Vec<(String, Option<String>)>),
}

/// What a change costs in requests, in the order in which the adapters send them.
pub fn requests(change: &Change) -> Vec<Request> {
    let (labels, fields): (Vec<_>, Vec<_>) = change.edits.iter().partition(|edit| edit.sink.0 == "label");
    let on: Vec<String> = labels.iter().filter_map(|edit| edit.to.clone()).collect();
    let off: Vec<String> = labels.iter().filter_map(|edit| edit.from.clone()).collect();
    let fields = fields.iter().map(|edit| (edit.sink.0.replace("field:", ""), edit.to.clone())).collect();
    if change.key.tracker.as_str() == "jira" {
        return vec![Request::Both(on, off, fields)];
    }
    let add = if on.is_empty() { None } else { Some(Request::Add(on)) };
    add.into_iter().chain(off.into_iter().map(Request::Remove)).collect()
}

/// The faces of an item by key, each with its labels; the levels that it shall have.
pub type Work<'a> = (&'a [(&'a str, Vec<String>)], Priority, Complexity);

/// Two trackers, one daemon.
#[derive(Clone, Debug)]
pub struct World {
    pub issues: BTreeMap<IssueId, Issue>,
    /// Keys of the faces of each item.
    pub items: Vec<Vec<String>>,
    /// The level of each item, by the key of its first face.
    pub wanted: BTreeMap<String, (Priority, Complexity)>,
    pub ledger: Ledger,
    pub scheme: Scheme,
    pub cycle: u64,
    /// Who gave what, as the trackers' histories have it.
    pub history: BTreeMap<(IssueId, SinkId, String), Author>,
    /// Levels are worked out by `score`, not given.
    pub scored: bool,
    /// The formula that is said to have found the levels.
    pub formula: &'static str,
    /// Own rules that it is said to lack.
    pub refused: &'static [&'static str],
}

impl World {
    pub fn new(existing: Existing, items: &[Work]) -> Self {
        let mut world = Self {
            issues: BTreeMap::new(),
            items: vec![],
            wanted: BTreeMap::new(),
            ledger: Ledger::default(),
            scheme: PerContainer::uniform(scheme(existing)),
            cycle: 0,
            history: BTreeMap::new(),
            scored: false,
            formula: "wsjf/1",
            refused: &[],
        };
        for (faces, priority, complexity) in items {
            world.items.push(faces.iter().map(|(key, _)| (*key).to_owned()).collect());
            world.wanted.insert(faces[0].0.to_owned(), (*priority, *complexity));
            world.issues.extend(faces.iter().map(|(key, labels)| (id(key), issue(key, labels))));
        }
        world
    }

    pub fn roadmap(&self) -> Roadmap {
        let mut items: Vec<Item> = self
            .items
            .iter()
            .map(|faces| Item {
                id: ItemId::mint(&id(&faces[0])),
                faces: faces.iter().map(|key| Arc::new(self.issues[&id(key)].clone())).collect(),
                parent: None,
                children: vec![],
                blocked_by: vec![],
                blocks: vec![],
                blocked_outside: vec![],
                status: Status::Todo,
                due: None,
            })
            .collect();
        items.sort_by(|a, b| a.id.cmp(&b.id));
        let places = items.iter().enumerate();
        let item_of =
            places.flat_map(|(index, item)| item.faces.iter().map(move |face| (face.id.clone(), index))).collect();
        Roadmap { items, item_of, ..Roadmap::default() }
    }

    /// The weights by which levels are worked out.
    pub fn weights() -> Weights {
        let words = PRIORITIES.map(str::to_lowercase).into_iter().zip(Priority::ALL).collect();
        Weights::uniform(Knobs { priority_words: words, ..Knobs::default() })
    }

    pub fn scores(&self, roadmap: &Roadmap, previous: &Previous) -> Scores {
        if self.scored {
            return score(roadmap, previous, &Model::default(), &Self::weights(), date(2026, 11, 24));
        }
        let score = |item: &Item| {
            let (own, complexity) = self.wanted[&item.founder().key.to_string()];
            let held = |aspect| previous.holds.get(&(item.id.clone(), aspect)).copied();
            let level = match held(Aspect::Priority) {
                Some(Level::Priority(level)) => level,
                _ => own,
            };
            let size = match held(Aspect::Complexity) {
                Some(Level::Complexity(level)) => level,
                _ => complexity,
            };
            let why = |why: &str| vec![Because { rule: "severity".into(), points: 30.0, why: why.into() }];
            ItemScore {
                item: item.id.clone(),
                priority: PriorityScore { level, own, score: 61.5, because: why("labelled sev-1") },
                complexity: ComplexityScore {
                    level: size,
                    story_points: 3.0,
                    low: 1.0,
                    high: 5.0,
                    source: EstimateSource::Estimated,
                    because: why("two code blocks"),
                },
                readiness: None,
                due_again: None,
            }
        };
        let items = roadmap.items.iter().map(score).collect();
        let refused = self.refused.iter().map(|name| (*name).to_owned()).collect();
        Scores { items, formula: Formula(self.formula.into()), refused, day: date(2026, 11, 24), ..Scores::default() }
    }

    /// Reads everything by id and begins a cycle: notes what was seen, returns what would be written.
    pub fn read_and_plan(&mut self) -> Plan {
        self.cycle += 1;
        let reading = Reading { turn: self.turn(), by_id: true };
        self.issues.values_mut().for_each(|issue| issue.reading = reading);
        let roadmap = self.roadmap();
        self.ledger.authors.clear();
        let first = standing(&roadmap, &self.ledger, &self.scheme, self.cycle);
        self.ask(first.unasked);
        let standing = standing(&roadmap, &self.ledger, &self.scheme, self.cycle);
        let scores = self.scores(&roadmap, &standing.previous);
        self.ledger = standing.noted;
        plan(&roadmap, &scores, &self.ledger, &self.scheme)
    }

    /// The trackers' histories answer, as far as this world has one.
    pub fn ask(&mut self, unasked: BTreeMap<RowKey, Vec<String>>) {
        for (key, values) in unasked {
            let known = values.into_iter().filter_map(|value| {
                let author = self.history.get(&(key.issue.clone(), key.sink.clone(), value.clone()))?.clone();
                Some(Authorship { value, author, at: Some(Timestamp::UNIX_EPOCH) })
            });
            let known = known.collect();
            self.ledger.authors.insert(key, known);
        }
    }

    pub fn turn(&self) -> Turn {
        Turn(self.cycle * 2)
    }

    /// A whole undisturbed cycle; what it wrote.
    pub fn cycle(&mut self) -> Plan {
        let plan = self.read_and_plan();
        self.write(plan.clone());
        plan
    }

    /// Writes a plan past all limits.
    pub fn write(&mut self, plan: Plan) {
        let approved = self.approved(plan);
        for change in approved.changes() {
            self.intend(change, approved.undoes());
            requests(change).iter().for_each(|request| self.send(&change.issue, request));
        }
        let outcomes = approved.changes().iter().map(|change| (change.issue.clone(), Outcome::Done)).collect();
        let receipt = Receipt { cycle: self.cycle, turn: self.turn(), outcomes };
        self.ledger = settle(std::mem::take(&mut self.ledger), &approved, &receipt);
    }

    pub fn approved(&self, plan: Plan) -> ApprovedPlan {
        let past = Approval { reviewed: None, past_limits: true };
        approve(plan, &coverage(), &limits(), past).expect("both trackers are well")
    }

    pub fn intend(&mut self, change: &Change, undoes: Option<u64>) {
        let writing = Writing { cycle: self.cycle, turn: self.turn(), undoes };
        let rows = intended(&self.ledger, change, writing);
        self.ledger.rows.extend(rows);
    }

    /// A cycle in which the process dies before the `n`th request (counted over all changes) leaves.
    pub fn cycle_dying_after(&mut self, n: usize) {
        let plan = self.read_and_plan();
        self.write_dying_after(plan, n);
    }

    /// The same of this plan.
    pub fn write_dying_after(&mut self, plan: Plan, n: usize) {
        let approved = self.approved(plan);
        let mut left = n;
        for change in approved.changes() {
            self.intend(change, None);
            for request in requests(change) {
                if left == 0 {
                    return;
                }
                left -= 1;
                self.send(&change.issue, &request);
            }
        }
    }

    pub fn send(&mut self, issue: &IssueId, request: &Request) {
        let fields: &[_] = if let Request::Both(_, _, fields) = request { fields } else { &[] };
        fields.iter().for_each(|(field, value)| self.set(issue, field, value.as_deref()));
        let labels = &mut self.issues.get_mut(issue).expect("an issue").labels;
        let fold = issue.tracker.as_str() == "github";
        let same = |a: &str, b: &str| if fold { a.eq_ignore_ascii_case(b) } else { a == b };
        let (on, off) = match request {
            Request::Add(on) => (on.clone(), vec![]),
            Request::Remove(off) => (vec![], vec![off.clone()]),
            Request::Both(on, off, _) => (on.clone(), off.clone()),
        };
        labels.retain(|label| !off.iter().any(|off| same(off, label)));
        for on in on {
            if !labels.iter().any(|label| same(label, &on)) {
                labels.push(on);
            }
        }
        labels.sort();
    }

    /// A person puts labels on and takes others off.
    pub fn person(&mut self, issue: &str, on: &[&str], off: &[&str]) {
        self.send(&id(issue), &Request::Both(names(on), names(off), vec![]));
    }

    /// Somebody sets a field, as the adapters read it afterwards.
    pub fn set(&mut self, issue: &IssueId, field: &str, value: Option<&str>) {
        let issue = self.issues.get_mut(issue).expect("an issue");
        let value = value.map(str::to_owned);
        if field == "priority" {
            issue.priority = value;
            return;
        }
        issue.story_points = value.as_ref().and_then(|value| value.parse().ok());
        issue.story_points_field = issue.story_points.map(|_| field.to_owned());
        issue.fields = value.map(|value| (field.to_owned(), value)).into_iter().collect();
    }

    pub fn field(&self, issue: &str, field: &str) -> Option<String> {
        let issue = &self.issues[&id(issue)];
        if field == "priority" { issue.priority.clone() } else { issue.fields.get(field).cloned() }
    }

    pub fn labels(&self, issue: &str) -> Vec<String> {
        self.issues[&id(issue)].labels.clone()
    }

    /// The labels of an issue that spell a priority.
    pub fn priorities(&self, issue: &str) -> Vec<String> {
        self.labels(issue).into_iter().filter(|label| label.to_lowercase().starts_with("priority/p")).collect()
    }

    pub fn all_labels(&self) -> BTreeMap<IssueId, BTreeSet<String>> {
        self.issues.iter().map(|(id, issue)| (id.clone(), issue.labels.iter().cloned().collect())).collect()
    }
}
