//! The address's query <-> which items are asked for; every view and the API read the same words.

use std::borrow::Cow;

use url::form_urlencoded;

use super::picture::Picture;
use crate::model::{Complexity, Priority, Readiness, Status};
use crate::roadmap::Item;
use crate::score::ItemScore;

/// The longest text that is looked for, in bytes.
const TEXT_MAX: usize = 200;
/// Keys of one query at most.
const PAIRS_MAX: usize = 64;
/// Rows of one page of the API at most.
const PER_PAGE_MAX: usize = 200;
/// What the statuses are called together.
const TOGETHER: [&str; 2] = ["open", "all"];

/// Which items, and which page of them. What isn't said narrows nothing, but the status: only open ones, unless told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Filter {
    pub text: String,
    pub scope: String,
    pub tracker: String,
    pub project: String,
    pub person: String,
    pub priority: Vec<Priority>,
    pub complexity: Vec<Complexity>,
    pub readiness: Vec<Readiness>,
    pub status: Vec<Status>,
    /// From 1.
    pub page: usize,
    /// None: as many as the view likes.
    pub per_page: Option<usize>,
}

/// A page of what a filter found.
pub(super) struct Found {
    /// Places in the roadmap, by rank.
    pub items: Vec<usize>,
    /// How many there are on all pages.
    pub total: usize,
    /// Which page this is, from 1.
    pub page: usize,
    /// How many there are, at least 1.
    pub pages: usize,
}

impl Filter {
    /// Reads a query.
    ///
    /// # Errors
    /// A sentence that names the key, the value and what it may be.
    pub(super) fn read(query: Option<&str>) -> Result<Self, String> {
        let mut filter = Self { page: 1, ..Self::default() };
        for (nth, (key, value)) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()).enumerate() {
            if nth >= PAIRS_MAX {
                return Err(format!("a query has at most {PAIRS_MAX} parts; take some of the filters out"));
            }
            filter.take(&key, value.trim())?;
        }
        Ok(filter)
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), String> {
        let text = |value: &str| {
            if value.len() > TEXT_MAX {
                return Err(format!("{key} has {} bytes and may have {TEXT_MAX}", value.len()));
            }
            Ok(value.to_owned())
        };
        match key {
            "text" => self.text = text(value)?,
            "scope" => self.scope = text(value)?,
            "tracker" => self.tracker = text(value)?,
            "project" => self.project = text(value)?,
            "person" => self.person = text(value)?,
            "page" => self.page = number(key, value, usize::MAX)?,
            "per_page" => self.per_page = Some(number(key, value, PER_PAGE_MAX)?),
            // An empty choice of a form is no choice.
            "priority" | "complexity" | "readiness" | "status" if value.is_empty() => {}
            "priority" => {
                add(&mut self.priority, Priority::parse(value), key, value, &Priority::ALL.map(Priority::name))?
            }
            "complexity" => {
                let known = Complexity::ALL.map(Complexity::name);
                add(&mut self.complexity, Complexity::parse(value), key, value, &known)?;
            }
            "readiness" => {
                let known = Readiness::ALL.map(Readiness::name);
                add(&mut self.readiness, Readiness::parse(value), key, value, &known)?;
            }
            "status" => self.take_status(value)?,
            _ => {
                return Err(format!(
                    "{} isn't known here: text, scope, tracker, project, person, priority, complexity, readiness, status, page and per_page are",
                    shown(key)
                ));
            }
        }
        Ok(())
    }

    fn take_status(&mut self, value: &str) -> Result<(), String> {
        match value {
            "all" => self.status = STATUSES.to_vec(),
            "open" => self.status.extend([Status::Todo, Status::Doing]),
            _ => {
                let known: Vec<&str> = TOGETHER.into_iter().chain(STATUSES.map(Status::name)).collect();
                let status = STATUSES.into_iter().find(|status| status.name() == value);
                add(&mut self.status, status, "status", value, &known)?;
            }
        }
        Ok(())
    }

    /// The same as a query, without the page where it is the first; None where nothing is said.
    pub(super) fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let texts = [
            ("text", &self.text),
            ("scope", &self.scope),
            ("tracker", &self.tracker),
            ("project", &self.project),
            ("person", &self.person),
        ];
        query.extend_pairs(texts.into_iter().filter(|(_, value)| !value.is_empty()));
        query.extend_pairs(self.priority.iter().map(|level| ("priority", level.name())));
        query.extend_pairs(self.complexity.iter().map(|level| ("complexity", level.name())));
        query.extend_pairs(self.readiness.iter().map(|level| ("readiness", level.name())));
        if self.is_all() {
            query.append_pair("status", "all");
        } else {
            query.extend_pairs(self.status.iter().map(|status| ("status", status.name())));
        }
        if let Some(rows) = self.per_page {
            query.append_pair("per_page", &rows.to_string());
        }
        if self.page > 1 {
            query.append_pair("page", &self.page.to_string());
        }
        query.finish()
    }

    /// Closed ones and open ones.
    pub(super) fn is_all(&self) -> bool {
        STATUSES.iter().all(|status| self.status.contains(status))
    }

    /// An address with this query.
    pub(super) fn link(&self, path: &str) -> String {
        let query = self.query();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Whether anything narrows.
    pub(super) fn narrows(&self) -> bool {
        *self != Self { page: self.page, per_page: self.per_page, ..Self::default() }
    }

    /// The page of items that are asked for.
    pub(super) fn find(&self, picture: &Picture, rows: usize) -> Found {
        let words: Vec<String> = self.text.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let all: Vec<usize> =
            picture.order.iter().copied().filter(|index| self.fits(picture, *index, &words)).collect();
        let rows = self.per_page.unwrap_or(rows);
        let pages = all.len().div_ceil(rows).max(1);
        let items = all.iter().copied().skip((self.page - 1).saturating_mul(rows)).take(rows).collect();
        Found { items, total: all.len(), page: self.page, pages }
    }

    fn fits(&self, picture: &Picture, index: usize, words: &[String]) -> bool {
        let (item, score) = picture.item(index);
        self.fits_levels(item, score)
            && (self.tracker.is_empty() || item.faces.iter().any(|face| face.id.tracker.as_str() == self.tracker))
            && (self.project.is_empty()
                || item.faces.iter().any(|face| face.container.to_string().eq_ignore_ascii_case(&self.project)))
            && (self.scope.is_empty()
                || picture.settings.scope_of(&item.founder().container) == Some(self.scope.as_str()))
            && (self.person.is_empty()
                || item.faces.iter().flat_map(|face| &face.assignees).any(|person| person.name == self.person))
            && words.iter().all(|word| picture.hay[index].contains(word.as_str()))
    }

    fn fits_levels(&self, item: &Item, score: &ItemScore) -> bool {
        let readiness = score.readiness.as_ref().map(|readiness| readiness.level);
        let open_or_asked =
            if self.status.is_empty() { item.status.is_open() } else { self.status.contains(&item.status) };
        open_or_asked
            && (self.priority.is_empty() || self.priority.contains(&score.priority.level))
            && (self.complexity.is_empty() || self.complexity.contains(&score.complexity.level))
            && (self.readiness.is_empty() || readiness.is_some_and(|level| self.readiness.contains(&level)))
    }
}

/// Every status, in the order in which it is shown.
pub(super) const STATUSES: [Status; 4] = [Status::Todo, Status::Doing, Status::Done, Status::Dropped];

fn add<T: PartialEq>(into: &mut Vec<T>, read: Option<T>, key: &str, value: &str, known: &[&str]) -> Result<(), String> {
    let Some(read) = read else {
        return Err(format!("{key}={} is none of {}", shown(value), known.join(", ")));
    };
    if !into.contains(&read) {
        into.push(read);
    }
    Ok(())
}

fn number(key: &str, value: &str, most: usize) -> Result<usize, String> {
    let limit = if most == usize::MAX { "from 1".to_owned() } else { format!("from 1 to {most}") };
    let read = value.parse().ok().filter(|number| (1..=most).contains(number));
    read.ok_or_else(|| format!("{key}={} isn't a whole number {limit}", shown(value)))
}

/// What was said, short enough to be repeated.
fn shown(text: &str) -> String {
    let cut: Cow<'_, str> = match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    };
    format!("{cut:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_its_query_and_the_query_is_the_filter() {
        for query in [
            "",
            "text=a+%26+b%3D%3Cc%3E&scope=pay",
            "tracker=jira&project=jira%3APAY&person=J%C3%BCrg",
            "priority=p0&priority=p1&complexity=xs&readiness=ready&status=doing",
            "status=all&per_page=10&page=3",
        ] {
            let filter = Filter::read(Some(query)).unwrap_or_else(|why| panic!("{query}: {why}"));
            assert_eq!(filter.query(), query);
            assert_eq!(Filter::read(Some(&filter.query())), Ok(filter));
        }
    }

    #[test]
    fn what_a_query_may_not_say_is_answered_with_what_it_may() {
        let long = format!("text={}", "x".repeat(201));
        let many = "priority=p0&".repeat(65);
        for (query, said) in [
            ("priority=p9", "\"p9\" is none of p0, p1, p2, p3"),
            ("status=gone", "open, all, todo"),
            ("page=0", "a whole number from 1"),
            ("page=-1", "a whole number from 1"),
            ("page=18446744073709551616", "a whole number from 1"),
            ("per_page=201", "from 1 to 200"),
            ("colour=red", "isn't known here: text"),
            (&long, "may have 200"),
            (&many, "at most 64"),
        ] {
            let why = Filter::read(Some(query)).expect_err(query);
            assert!(why.contains(said), "{query}: {why}");
        }
        assert!(Filter::read(Some(&format!("priority={}", "é".repeat(500)))).expect_err("long").len() < 250);
    }

    #[test]
    fn an_empty_choice_narrows_nothing() {
        let filter = Filter::read(Some("text=&priority=&status=&page=2")).expect("read");
        assert!(!filter.narrows() && filter.page == 2);
    }
}
