//! Families -> OpenMetrics text. What is counted is elsewhere; here it is only spelled.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use crate::daemon::Durations;

/// The content type of what [`Families::text`] gives.
pub(super) const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that one scrape tells.
#[derive(Debug, Default)]
pub(super) struct Families(Vec<Family>);

/// One metric with all its labels.
#[derive(Debug)]
pub(super) struct Family {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    kind: MetricType,
    samples: Vec<(Labels, Value)>,
}

type Labels = Vec<(&'static str, String)>;

#[derive(Debug)]
enum Value {
    Counter(f64),
    Gauge(f64),
    Histogram(Durations),
    Info,
}

impl Families {
    /// A number that only grows; `_total` is added to its name.
    pub(super) fn counter(&mut self, name: &'static str, help: &'static str) -> &mut Family {
        self.add(name, help, None, MetricType::Counter)
    }

    /// A number that goes up and down.
    pub(super) fn gauge(&mut self, name: &'static str, help: &'static str) -> &mut Family {
        self.add(name, help, None, MetricType::Gauge)
    }

    /// Seconds, of an instant or a span; `_seconds` is added to its name.
    pub(super) fn seconds(&mut self, name: &'static str, help: &'static str) -> &mut Family {
        self.add(name, help, Some(Unit::Seconds), MetricType::Gauge)
    }

    /// Durations by how long they were; `_seconds` is added to its name.
    pub(super) fn histogram(&mut self, name: &'static str, help: &'static str) -> &mut Family {
        self.add(name, help, Some(Unit::Seconds), MetricType::Histogram)
    }

    /// What never changes while the process lives; `_info` is added to its name.
    pub(super) fn info(&mut self, name: &'static str, help: &'static str) -> &mut Family {
        self.add(name, help, None, MetricType::Info)
    }

    /// Any kind, in any unit.
    pub(super) fn add(
        &mut self,
        name: &'static str,
        help: &'static str,
        unit: Option<Unit>,
        kind: MetricType,
    ) -> &mut Family {
        self.0.push(Family { name, help, unit, kind, samples: Vec::new() });
        let last = self.0.len() - 1;
        &mut self.0[last]
    }

    /// All of them as text.
    pub(super) fn text(self) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self));
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

impl Family {
    /// Adds what is true of these labels.
    pub(super) fn of<const N: usize>(&mut self, labels: [(&'static str, &str); N], value: f64) -> &mut Self {
        let value = match self.kind {
            MetricType::Counter => Value::Counter(value),
            MetricType::Info => Value::Info,
            _ => Value::Gauge(value),
        };
        self.sample(labels, value)
    }

    /// Adds the durations of these labels.
    pub(super) fn spent<const N: usize>(&mut self, labels: [(&'static str, &str); N], spent: &Durations) -> &mut Self {
        self.sample(labels, Value::Histogram(spent.clone()))
    }

    fn sample<const N: usize>(&mut self, labels: [(&'static str, &str); N], value: Value) -> &mut Self {
        let labels = labels.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        self.samples.push((labels, value));
        self
    }
}

impl Collector for Families {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for family in self.0.iter().filter(|family| !family.samples.is_empty()) {
            let mut metric = encoder.encode_descriptor(family.name, family.help, family.unit.as_ref(), family.kind)?;
            for (labels, value) in &family.samples {
                match value {
                    Value::Info => metric.encode_info(labels)?,
                    _ if labels.is_empty() => spell(&mut metric, value)?,
                    _ => spell(&mut metric.encode_family(labels)?, value)?,
                }
            }
        }
        Ok(())
    }
}

fn spell(metric: &mut MetricEncoder<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Counter(count) => metric.encode_counter::<NoLabelSet, f64, f64>(count, None),
        Value::Gauge(value) => metric.encode_gauge(value),
        Value::Histogram(spent) => {
            let bounds = Durations::BOUNDS_S.into_iter().chain([f64::INFINITY]);
            let buckets: Vec<(f64, u64)> = bounds.zip(spent.counts).collect();
            let count = spent.counts.iter().sum();
            metric.encode_histogram::<NoLabelSet>(spent.sum.as_secs_f64(), count, &buckets, None)
        }
        Value::Info => Ok(()),
    }
}
