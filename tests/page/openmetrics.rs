//! OpenMetrics text -> samples, by the letter of the specification: what a lenient reader would forgive is a panic here.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;

use crate::site::Said;

/// One scrape.
#[derive(Debug, Default)]
pub struct Scrape {
    pub families: BTreeMap<String, Family>,
    pub samples: Vec<Sample>,
}

#[derive(Debug, Default)]
pub struct Family {
    pub kind: String,
    pub unit: String,
    pub help: String,
}

#[derive(Debug)]
pub struct Sample {
    /// The family that it is part of.
    pub family: String,
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

impl Scrape {
    /// An answer that must be a scrape.
    pub fn of(said: &Said) -> Self {
        assert_eq!(said.status, StatusCode::OK, "{}", said.body);
        assert_eq!(said.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
        assert_eq!(said.header("cache-control"), "no-store");
        read(&said.body).unwrap_or_else(|why| panic!("{why}\n{}", said.body))
    }

    /// The value of the one sample of this name that has these labels.
    pub fn one(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let found: Vec<f64> = self.with(name, labels).collect();
        assert_eq!(found.len(), 1, "{name} {labels:?}: {:?}", self.all(name).collect::<Vec<_>>());
        found[0]
    }

    /// The sum of all samples of this name that have these labels, of which there are some.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        assert!(self.with(name, labels).count() > 0, "there is no {name} {labels:?}");
        self.with(name, labels).sum()
    }

    /// The samples of this name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| sample.name == name)
    }

    fn with(&self, name: &str, labels: &[(&str, &str)]) -> impl Iterator<Item = f64> {
        let has = move |sample: &&Sample| {
            labels.iter().all(|(key, value)| sample.labels.get(*key).is_some_and(|known| known == value))
        };
        self.all(name).filter(has).map(|sample| sample.value)
    }
}

/// Reads a whole exposition.
pub fn read(text: &str) -> Result<Scrape, String> {
    let body = text.strip_suffix("# EOF\n").ok_or("it doesn't end with # EOF and a line feed")?;
    if !(body.is_empty() || body.ends_with('\n')) {
        return Err("a line isn't ended".to_owned());
    }
    let mut scrape = Scrape::default();
    let mut current = String::new();
    let mut series = BTreeSet::new();
    for line in body.lines() {
        let said = |why: &str| Err(format!("{why}: {line:?}"));
        if let Some(rest) = line.strip_prefix("# ") {
            let (word, rest) = rest.split_once(' ').ok_or("a comment")?;
            let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
            if !is_name(name, true) {
                return said("that is no name");
            }
            if name != current {
                if scrape.families.contains_key(name) {
                    return said("a family comes twice or is torn");
                }
                scrape.families.insert(name.to_owned(), Family::default());
                name.clone_into(&mut current);
            }
            let family = scrape.families.get_mut(name).expect("inserted");
            let place = match word {
                "HELP" => &mut family.help,
                "TYPE" => &mut family.kind,
                "UNIT" => &mut family.unit,
                _ => return said("an unknown comment"),
            };
            if !place.is_empty() || scrape.samples.iter().any(|sample| sample.family == name) {
                return said("metadata comes twice or after samples");
            }
            if text.is_empty() {
                return said("metadata says nothing");
            }
            text.clone_into(place);
            continue;
        }
        let sample = sample(line, &current)?;
        if !series.insert((sample.name.clone(), sample.labels.clone())) {
            return said("a series comes twice");
        }
        scrape.samples.push(sample);
    }
    for (name, family) in &scrape.families {
        check(name, family, &scrape)?;
    }
    Ok(scrape)
}

fn is_name(name: &str, colons: bool) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || colons && c == ':';
    name.starts_with(first) && name.chars().all(|c| first(c) || c.is_ascii_digit())
}

fn sample(line: &str, family: &str) -> Result<Sample, String> {
    let said = |why: &str| format!("{why}: {line:?}");
    let end = line.find(['{', ' ']).ok_or_else(|| said("no value"))?;
    let (name, mut rest) = line.split_at(end);
    if !is_name(name, true) || !name.starts_with(family) || family.is_empty() {
        return Err(said("a sample outside of its family"));
    }
    let mut labels = BTreeMap::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (key, after) = rest.split_once("=\"").ok_or_else(|| said("a label"))?;
            if !is_name(key, false) || key.starts_with("__") {
                return Err(said("a label's name"));
            }
            let (value, after) = quoted(after).ok_or_else(|| said("a label's value"))?;
            if labels.insert(key.to_owned(), value).is_some() {
                return Err(said("a label comes twice"));
            }
            rest = match after.strip_prefix(',') {
                Some(more) if !more.starts_with('}') => more,
                None if after.starts_with('}') => after,
                _ => return Err(said("what stands between labels")),
            };
        }
        rest = &rest[1..];
    }
    let value = rest.strip_prefix(' ').ok_or_else(|| said("one space comes before the value"))?;
    if value.contains(' ') {
        return Err(said("a time stamp or an exemplar, of which there are none"));
    }
    let value = value.parse().map_err(|_| said("a number"))?;
    Ok(Sample { family: family.to_owned(), name: name.to_owned(), labels, value })
}

/// The text up to the closing quote, and what comes after that.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                c @ ('"' | '\\') => value.push(c),
                _ => return None,
            },
            c => value.push(c),
        }
    }
    None
}

/// What the family's type asks of its samples.
fn check(name: &str, family: &Family, scrape: &Scrape) -> Result<(), String> {
    if family.help.is_empty() || family.kind.is_empty() {
        return Err(format!("{name} has no HELP or no TYPE"));
    }
    if !family.unit.is_empty() && !name.ends_with(&format!("_{}", family.unit)) {
        return Err(format!("{name} doesn't end with its unit {}", family.unit));
    }
    let samples: Vec<&Sample> = scrape.samples.iter().filter(|sample| sample.family == *name).collect();
    let mut histograms: BTreeMap<BTreeMap<String, String>, Histogram> = BTreeMap::new();
    for sample in &samples {
        let (suffix, value) = (&sample.name[name.len()..], sample.value);
        let fine = match (family.kind.as_str(), suffix) {
            ("counter", "_total") => value.is_finite() && value >= 0.0,
            ("gauge", "") => true,
            ("info", "_info") => value == 1.0 && !sample.labels.is_empty() && family.unit.is_empty(),
            ("histogram", part @ ("_bucket" | "_count" | "_sum")) => {
                let mut labels = sample.labels.clone();
                let le = labels.remove("le");
                let histogram = histograms.entry(labels).or_default();
                match (part, le) {
                    ("_bucket", Some(le)) => histogram.buckets.push((le.parse().map_err(|_| le)?, value)),
                    ("_count", None) => histogram.count = Some(value),
                    ("_sum", None) => histogram.sum = Some(value),
                    _ => return Err(format!("{sample:?}")),
                }
                value.is_finite() && value >= 0.0
            }
            _ => false,
        };
        if !fine {
            return Err(format!("{} isn't what a {} has: {sample:?}", sample.name, family.kind));
        }
    }
    for (labels, histogram) in histograms {
        let rises = histogram.buckets.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 <= two[1].1);
        let last = histogram.buckets.last().copied();
        let whole = last.is_some_and(|(le, count)| le == f64::INFINITY && Some(count) == histogram.count);
        if !rises || !whole || histogram.sum.is_none() {
            return Err(format!("{name} {labels:?} is no histogram: {histogram:?}"));
        }
    }
    Ok(())
}

#[derive(Debug, Default)]
struct Histogram {
    buckets: Vec<(f64, f64)>,
    count: Option<f64>,
    sum: Option<f64>,
}

#[test]
fn what_is_not_openmetrics_is_refused() {
    let fine = "# HELP a_seconds Help.\n# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds{b=\"c\\\"\\\\\\n\"} 1.5\n# EOF\n";
    let scrape = read(fine).expect("fine");
    assert_eq!(scrape.samples[0].labels["b"], "c\"\\\n");
    for (part, other) in [
        ("# EOF\n", ""),
        ("# EOF\n", "# EOF"),
        ("# EOF\n", "\n# EOF\n"),
        ("# EOF\n", "a_seconds{b=\"c\\\"\\\\\\n\"} 2\n# EOF\n"),
        ("# EOF\n", "# HELP a_seconds Again.\n# EOF\n"),
        ("# EOF\n", "b 1\n# EOF\n"),
        ("gauge", "counter"),
        ("gauge", "histogram"),
        ("seconds seconds", "seconds bytes"),
        ("# HELP a_seconds Help.\n", ""),
        ("# TYPE a_seconds gauge\n", ""),
        ("} 1.5", "}  1.5"),
        ("} 1.5", "} x"),
        ("} 1.5", ",} 1.5"),
        ("\\n\"", "\\t\""),
        ("{b=", "{__b="),
    ] {
        let wrong = fine.replacen(part, other, 1);
        assert_ne!(wrong, fine);
        assert!(read(&wrong).is_err(), "{wrong}");
    }
}
