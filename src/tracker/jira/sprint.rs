//! An issue's sprints -> when the one that runs ends. Pure.

use jiff::Timestamp;
use serde_json::Value;

use super::told::Field;
use crate::model::{Day, utc_day};

/// The fields that hold an issue's sprints.
pub(super) fn fields(fields: &[Field]) -> Vec<String> {
    let of_sprints = |field: &&Field| field.schema.custom == "com.pyxis.greenhopper.jira:gh-sprint";
    fields.iter().filter(of_sprints).map(|field| field.id.clone()).collect()
}

/// The earliest end of the sprints that run. Closed ones are over, and one to come may still be planned otherwise.
pub(super) fn end(value: &Value) -> Option<Day> {
    value.as_array()?.iter().filter_map(|sprint| end_if_active(|name| part(sprint, name))).min()
}

fn end_if_active<'a>(part: impl Fn(&str) -> Option<&'a str>) -> Option<Day> {
    let active = part("state")?.eq_ignore_ascii_case("active");
    part("endDate").filter(|_| active)?.parse::<Timestamp>().ok().map(utc_day)
}

/// Cloud tells an object; Data Center a line `…Sprint@1f[id=7,state=ACTIVE,name=Sprint 7,endDate=…]`. A name may hold anything,
/// so of a line the first `state=` counts, which comes before the name, and the last `endDate=`, which comes after it.
fn part<'a>(sprint: &'a Value, name: &str) -> Option<&'a str> {
    let Some(line) = sprint.as_str() else { return sprint.get(name)?.as_str() };
    let inside = line.split_once('[')?.1;
    let mark = format!(",{name}=");
    let at = if name == "state" { inside.find(&mark) } else { inside.rfind(&mark) }?;
    inside.get(at + mark.len()..)?.split([',', ']']).next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ends(value: &Value) -> Option<String> {
        end(value).map(|day| day.to_string())
    }

    #[test]
    fn the_sprint_that_runs_counts_and_of_several_the_one_that_ends_first() {
        let sprint = |state: &str, end: &str| json!({"id": 1, "name": "Sprint", "state": state, "endDate": end});
        let (over, runs) = (sprint("closed", "2026-11-01T09:00:00.000Z"), sprint("active", "2026-12-04T09:00:00.000Z"));
        let (other, later) =
            (sprint("active", "2026-12-02T23:30:00.000-0200"), sprint("future", "2026-11-30T09:00:00.000Z"));
        assert_eq!(ends(&json!([over, runs, later])).as_deref(), Some("2026-12-04"));
        assert_eq!(ends(&json!([runs, other])).as_deref(), Some("2026-12-03"));
        assert_eq!(ends(&json!([over, later])), None);
    }

    #[test]
    fn data_center_says_it_in_a_line() {
        let line = "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=7,rapidViewId=2,state=ACTIVE,\
                    name=Pay, state=CLOSED,endDate=never],startDate=2026-11-20T09:00:00.000+01:00,\
                    endDate=2026-12-04T09:00:00.000+01:00,completeDate=<null>,sequence=7,goal=]";
        assert_eq!(ends(&json!([line])).as_deref(), Some("2026-12-04"));
        assert_eq!(ends(&json!([line.replace("ACTIVE", "FUTURE")])), None);
    }

    #[test]
    fn other_shapes_end_nothing() {
        for odd in [json!(null), json!("active"), json!([null, 7, "[", "]x[,state=", {}]), json!([{"state": "active"}])]
        {
            assert_eq!(end(&odd), None, "{odd}");
        }
        assert_eq!(end(&json!([{"state": "active", "endDate": null}, {"state": 1, "endDate": "soon"}])), None);
    }
}
