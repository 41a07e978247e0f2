//! The values a project estimates with, rare ones merged, as the classes of the estimator.

use serde::{Deserialize, Serialize};

/// Classes with less than this part of the faded history are merged with the next: a
/// threshold beside so few labels can't be learned.
const MIN_SHARE: f64 = 0.01;

/// Ascending values, one per class, at least one unless the history was empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    values: Vec<f64>,
}

/// Neighbouring values that form one class.
#[derive(Default)]
struct Group {
    mass: f64,
    /// Value and mass, ascending.
    members: Vec<(f64, f64)>,
}

impl Scale {
    /// The classes of a history's labels, and the class of each label. A merged class answers
    /// the median of its members.
    pub fn of(labels: &[f64], importance: &[f64]) -> (Scale, Vec<usize>) {
        let groups = merged(labels, importance);
        let values = groups.iter().map(Group::middle).collect();
        let tops: Vec<f64> = groups.iter().filter_map(Group::top).collect();
        let classes = labels.iter().map(|label| tops.partition_point(|top| top < label)).collect();
        (Scale { values }, classes)
    }

    /// The values, ascending.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// How many thresholds lie between the values.
    pub fn thresholds(&self) -> usize {
        self.values.len().saturating_sub(1)
    }

    /// The mean of the distribution; `cumulative` as for [`Scale::quantile`].
    pub fn mean(&self, cumulative: &[f64]) -> f64 {
        let gaps = self.values.windows(2).map(|pair| pair[1] - pair[0]);
        let below: f64 = gaps.zip(cumulative).map(|(gap, share)| gap * share).sum();
        self.values.last().map_or(0.0, |highest| highest - below)
    }

    /// The smallest value whose cumulative probability reaches `share`; `cumulative` has one
    /// entry per threshold, ascending.
    pub fn quantile(&self, cumulative: &[f64], share: f64) -> f64 {
        let class = cumulative.iter().position(|c| *c >= share).unwrap_or(cumulative.len());
        self.values.get(class).or(self.values.last()).copied().unwrap_or_default()
    }
}

/// Groups equal values, and rare ones with the next greater value, the last with the one before.
fn merged(labels: &[f64], importance: &[f64]) -> Vec<Group> {
    let least = MIN_SHARE * importance.iter().sum::<f64>();
    let mut order: Vec<(f64, f64)> = labels.iter().copied().zip(importance.iter().copied()).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut groups: Vec<Group> = Vec::new();
    for (value, mass) in order {
        let joins = |group: &Group| group.mass < least || group.top() == Some(value);
        match groups.last_mut().filter(|group| joins(group)) {
            Some(group) => group.add(value, mass),
            None => {
                let mut group = Group::default();
                group.add(value, mass);
                groups.push(group);
            }
        }
    }
    if groups.len() > 1
        && groups.last().is_some_and(|group| group.mass < least)
        && let (Some(last), Some(before)) = (groups.pop(), groups.last_mut())
    {
        before.mass += last.mass;
        before.members.extend(last.members);
    }
    groups
}

impl Group {
    fn add(&mut self, value: f64, mass: f64) {
        self.mass += mass;
        match self.members.last_mut().filter(|last| last.0 == value) {
            Some(last) => last.1 += mass,
            None => self.members.push((value, mass)),
        }
    }

    fn top(&self) -> Option<f64> {
        self.members.last().map(|member| member.0)
    }

    /// The smallest member that reaches half of the mass.
    fn middle(&self) -> f64 {
        let mut sum = 0.0;
        let reached = self.members.iter().find(|member| {
            sum += member.1;
            2.0 * sum >= self.mass
        });
        reached.map(|member| member.0).or(self.top()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rare_top_value_joins_the_one_below() {
        let mut labels = vec![1.0; 150];
        labels.extend([3.0; 60]);
        labels.push(100.0);
        let (scale, classes) = Scale::of(&labels, &vec![1.0; labels.len()]);
        assert_eq!(scale.values(), [1.0, 3.0]);
        assert_eq!(classes.last(), Some(&1));
    }

    #[test]
    fn many_rare_values_form_classes_that_can_be_learned() {
        let labels: Vec<f64> = (0..1000).map(f64::from).collect();
        let (scale, _) = Scale::of(&labels, &vec![1.0; labels.len()]);
        assert_eq!(scale.values().len(), 100);
    }

    #[test]
    fn the_quantile_of_an_empty_scale_is_zero() {
        assert_eq!(Scale::default().quantile(&[], 0.5), 0.0);
    }
}
