//! A cron expression -> the instants at which it is due.

use std::fmt;
use std::str::FromStr;

use cron::TimeUnitSpec;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

use super::finding::shown;

/// Days that [`Schedule::next_after`] looks ahead: the 29th of February on a given weekday can be 40 years away.
const LOOK_AHEAD_DAYS: usize = 40 * 366;

/// When something is due: a cron expression of five fields (Unix cron) or six (seconds first).
///
/// Days of the week count as in Unix cron in both forms: 0 and 7 are Sunday; names work too. With five fields, a day
/// of the month and a day of the week that are both given are alternatives, as in Unix cron; with six both must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    text: String,
    cron: cron::Schedule,
    /// Either day suffices.
    either_day: bool,
    /// Every hour: then nothing is left out when the clock is put back, nor made up when it is put forward.
    every_hour: bool,
}

impl Schedule {
    /// The first instant after `after` at which this is due, on the clock of `zone`.
    ///
    /// Where the clock is put forward over a fixed hour, that is the moment of the change; where it is put back, a
    /// fixed hour counts once and `every hour` twice. None: not within 40 years, or past the end of time.
    pub fn next_after(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let today = zone.to_datetime(after).date();
        let mut day = today.yesterday().unwrap_or(today);
        for _ in 0..LOOK_AHEAD_DAYS {
            if self.is_due_on(day)
                && let Some(due) = self.first_on(day, after, zone)
            {
                return Some(due);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// Whether a tick has passed since it was last done. A last time that lies ahead was noted by a clock that was put right since: it
    /// says nothing.
    pub fn has_passed(&self, last: Timestamp, now: Timestamp, zone: &TimeZone) -> bool {
        last > now || self.next_after(last, zone).is_some_and(|due| due <= now)
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn is_due_on(&self, day: Date) -> bool {
        let number = |n: i8| u32::try_from(n).unwrap_or(0);
        let by_month = self.cron.days_of_month().includes(number(day.day()));
        let by_week = self.cron.days_of_week().includes(number(day.weekday().to_sunday_one_offset()));
        self.cron.months().includes(number(day.month()))
            && if self.either_day { by_month || by_week } else { by_month && by_week }
    }

    fn first_on(&self, day: Date, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        self.cron.hours().iter().filter_map(|hour| self.first_in(day, hour, after, zone)).next()
    }

    fn first_in(&self, day: Date, hour: u32, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let at = |minute: u32, second: u32| -> DateTime {
            let part = |n: u32| i8::try_from(n).unwrap_or(0);
            day.at(part(hour), part(minute), part(second), 0)
        };
        let end = zone.to_ambiguous_timestamp(at(59, 59)).later().ok()?;
        if end <= after && end.checked_add(3.hours()).is_ok_and(|end| end <= after) {
            return None;
        }
        let moments = self
            .cron
            .minutes()
            .iter()
            .flat_map(|minute| self.cron.seconds().iter().map(move |second| (minute, second)));
        moments.flat_map(|(minute, second)| self.instants(at(minute, second), zone)).filter(|due| *due > after).min()
    }

    /// The instants at which the clock of `zone` shows this, as far as they count.
    fn instants(&self, clock: DateTime, zone: &TimeZone) -> Vec<Timestamp> {
        match zone.to_ambiguous_timestamp(clock).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(clock).into_iter().collect(),
            AmbiguousOffset::Gap { .. } if self.every_hour => Vec::new(),
            AmbiguousOffset::Gap { after, .. } => {
                let before = after.to_timestamp(clock);
                before
                    .ok()
                    .and_then(|at| zone.following(at).next())
                    .map(|change| change.timestamp())
                    .into_iter()
                    .collect()
            }
            AmbiguousOffset::Fold { before, after } => {
                let last = self.every_hour.then_some(after);
                [Some(before), last]
                    .into_iter()
                    .flatten()
                    .filter_map(|offset| offset.to_timestamp(clock).ok())
                    .collect()
            }
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Schedule {
    type Err = String;

    /// # Errors
    /// A sentence that says what the expression has and what it needs.
    fn from_str(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let (unix, [second, minute, hour, day, month, weekday]) = match fields[..] {
            [minute, hour, day, month, weekday] => (true, ["0", minute, hour, day, month, weekday]),
            [second, minute, hour, day, month, weekday] => (false, [second, minute, hour, day, month, weekday]),
            _ => {
                return Err(format!(
                    "it has {} fields and needs five (Unix cron) or six (seconds first)",
                    fields.len()
                ));
            }
        };
        let weekdays = weekdays(weekday)?;
        let expression = format!("{second} {minute} {hour} {day} {month} {weekdays}");
        let cron = cron::Schedule::from_str(&expression).map_err(|error| {
            let said = error.to_string().replace(char::is_control, " ");
            let said: Vec<&str> = said.split_whitespace().filter(|word| !word.starts_with('^')).collect();
            // It repeats the expression, and people put tokens in wrong places.
            format!("it can't be read: {}", shown(&said.join(" ")))
        })?;
        let open = |field: &str| field.starts_with(['*', '?']);
        let schedule = Self {
            text: text.to_owned(),
            either_day: unix && !open(day) && !open(weekday),
            every_hour: cron.hours().count() == 24,
            cron,
        };
        // From a fixed day: whether an expression is ever due doesn't hang on today.
        match schedule.next_after(Timestamp::UNIX_EPOCH, &TimeZone::UTC) {
            Some(_) => Ok(schedule),
            None => Err("no day of any year fits it".to_owned()),
        }
    }
}

const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/// Unix days of the week (0 and 7 are Sunday) in the numbers of the cron crate (1 is Sunday), as a list.
fn weekdays(field: &str) -> Result<String, String> {
    let mut days = [false; 7];
    for part in field.split(',') {
        let (range, step) = part.split_once('/').unwrap_or((part, "1"));
        let step: usize = match step.parse() {
            Ok(step @ 1..=7) => step,
            _ => return Err(format!("the step {} of its days of the week is not a number from 1 to 7", shown(step))),
        };
        let (first, last) = match range.split_once('-') {
            None if range == "*" || range == "?" => (0, 6),
            None if part.contains('/') => (weekday(range)?, 6),
            None => (weekday(range)?, weekday(range)?),
            Some((first, last)) => match (weekday(first)?, weekday(last)?) {
                (7, last) => (0, last),
                (first, 0) if first > 0 => (first, 7),
                both => both,
            },
        };
        if first > last && first != 7 {
            return Err(format!("its days of the week {} run backwards: list them with commas", shown(range)));
        }
        for day in (first..=last.max(first)).step_by(step) {
            days[day % 7] = true;
        }
    }
    let listed: Vec<String> = (0..7).filter(|day| days[*day]).map(|day| (day + 1).to_string()).collect();
    Ok(if listed.len() == 7 { "*".to_owned() } else { listed.join(",") })
}

fn weekday(word: &str) -> Result<usize, String> {
    let lower = word.to_lowercase();
    let named = WEEKDAYS.iter().position(|name| *name == lower || (lower.len() == 3 && name.starts_with(&lower)));
    match (named, lower.parse()) {
        (Some(day), _) | (None, Ok(day @ 0..=7)) => Ok(day),
        _ => Err(format!("{} is no day of the week: 0 to 7 (0 and 7 are Sunday) or sun to sat", shown(word))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(expression: &str, after: &str, zone: &str, count: usize) -> Vec<String> {
        let schedule: Schedule = expression.parse().unwrap_or_else(|error| panic!("{expression}: {error}"));
        let zone = TimeZone::get(zone).expect("a zone");
        let mut at: Timestamp = after.parse().expect("an instant");
        (0..count)
            .map(|_| {
                at = schedule.next_after(at, &zone).expect("due again");
                at.to_string()
            })
            .collect()
    }

    #[test]
    fn numbers_and_names_of_weekdays_mean_what_unix_cron_means() {
        // The 4th of January 2026 is a Sunday.
        for (field, days) in [
            ("0", vec![4]),
            ("7", vec![4]),
            ("sun", vec![4]),
            ("1", vec![5]),
            ("MON", vec![5]),
            ("monday", vec![5]),
            ("6", vec![10]),
            ("1-5", vec![5, 6, 7, 8, 9]),
            ("mon-fri", vec![5, 6, 7, 8, 9]),
            ("5-7", vec![4, 9, 10]),
            ("fri-sun", vec![4, 9, 10]),
            ("7-1", vec![4, 5]),
            ("0,3", vec![4, 7]),
            ("*/2", vec![4, 6, 8, 10]),
            ("1/2", vec![5, 7, 9]),
            ("0-7", vec![4, 5, 6, 7, 8, 9, 10]),
        ] {
            for expression in [format!("0 12 * * {field}"), format!("0 0 12 * * {field}")] {
                let expected: Vec<String> = days.iter().map(|day| format!("2026-01-{day:02}T12:00:00Z")).collect();
                assert_eq!(due(&expression, "2026-01-04T00:00:00Z", "UTC", days.len()), expected, "{expression}");
            }
        }
    }

    #[test]
    fn seconds_come_first_where_there_are_six_fields() {
        assert_eq!(
            due("30 */5 * * * *", "2026-01-04T23:54:59Z", "UTC", 2),
            ["2026-01-04T23:55:30Z", "2026-01-05T00:00:30Z"]
        );
        assert_eq!(due("*/5 * * * *", "2026-01-04T23:55:00Z", "UTC", 1), ["2026-01-05T00:00:00Z"]);
    }

    #[test]
    fn both_days_given_are_alternatives_with_five_fields_and_conditions_with_six() {
        assert_eq!(
            due("0 0 13 * 5", "2026-01-01T00:00:00Z", "UTC", 3),
            ["2026-01-02T00:00:00Z", "2026-01-09T00:00:00Z", "2026-01-13T00:00:00Z"]
        );
        assert_eq!(due("0 0 0 13 * 5", "2026-01-01T00:00:00Z", "UTC", 1), ["2026-02-13T00:00:00Z"]);
    }

    #[test]
    fn a_fixed_hour_is_neither_lost_nor_doubled_when_the_clock_changes() {
        // Berlin: 02:00 becomes 03:00 on 2026-03-29, 03:00 becomes 02:00 on 2026-10-25.
        assert_eq!(
            due("30 2 * * *", "2026-03-28T12:00:00Z", "Europe/Berlin", 2),
            ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
        );
        assert_eq!(
            due("30 2 * * *", "2026-10-24T12:00:00Z", "Europe/Berlin", 2),
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
        );
    }

    #[test]
    fn every_half_hour_stays_half_an_hour_when_the_clock_changes() {
        assert_eq!(
            due("0 */30 * * * *", "2026-10-25T00:00:00Z", "Europe/Berlin", 4),
            ["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"]
        );
        assert_eq!(
            due("0 */30 * * * *", "2026-03-29T00:30:00Z", "Europe/Berlin", 2),
            ["2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]
        );
    }

    #[test]
    fn what_is_no_cron_expression_says_what_it_needs() {
        for (expression, said) in [
            ("", "0 fields"),
            ("* * * *", "4 fields"),
            ("* * * * * * *", "7 fields"),
            ("61 * * * *", "can't be read"),
            ("* * * * 8", "no day of the week"),
            ("* * * * fri-tue", "backwards"),
            ("* * * * */0", "step"),
            ("0 0 30 2 *", "no day of any year"),
            ("0 0 1\x13 * 5", "can't be read"),
            ("0 */0 * * * *", "can't be read"),
        ] {
            let error = expression.parse::<Schedule>().expect_err(expression);
            assert!(error.contains(said), "{expression}: {error}");
            assert!(!error.contains(char::is_control), "{error}");
        }
    }
}
