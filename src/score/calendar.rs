//! Days between dates, and steps of days.

use crate::model::Day;

/// Whole days from one day to another; negative when `to` is earlier.
pub(super) fn days(from: Day, to: Day) -> i64 {
    to.duration_since(from).as_hours() / 24
}

/// The day so many days later, or the calendar's last.
pub(super) fn later(day: Day, days: i64) -> Day {
    day.saturating_add(jiff::SignedDuration::from_hours(days.saturating_mul(24)))
}

/// "1 vote", "3 votes".
pub(super) fn count(n: u64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_count_over_leap_years_and_back() {
        assert_eq!(days(date(2028, 2, 28), date(2028, 3, 1)), 2);
        assert_eq!(days(date(2026, 3, 1), date(2026, 2, 28)), -1);
        assert_eq!(later(date(2026, 12, 31), 1), date(2027, 1, 1));
        assert_eq!(later(Day::MAX, 1), Day::MAX);
    }
}
