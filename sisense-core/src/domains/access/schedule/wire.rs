//! How schedules look on the wire: the forms of a body that servers are known to take, and a
//! reader for the forms in which they answer.

use serde_json::{Map, Value, json};

use super::{BuildSchedule, BuildType, Day, ScheduleKind};

/// The bodies for a schedule, best first. A server that refuses one with 400 has changed nothing,
/// so the next may be tried.
pub(super) fn bodies(schedule: &BuildSchedule) -> Vec<Value> {
    let build_type = schedule.build_type.unwrap_or_default().wire();
    if schedule.kind == ScheduleKind::Interval {
        return vec![json!({
            "scheduleType": "Interval",
            "buildType": build_type,
            "intervalSeconds": schedule.interval_seconds,
        })];
    }
    let (hour, minute) = (schedule.hour.unwrap_or_default(), schedule.minute.unwrap_or_default());
    let days: Vec<String> = schedule.days.iter().map(|day| day.wire()).collect();
    let numbers: Vec<String> = Day::WEEK
        .iter()
        .enumerate()
        .filter(|(_, day)| schedule.days.contains(day))
        .map(|(number, _)| number.to_string())
        .collect();
    let cron = format!("{minute} {hour} * * {}", numbers.join(","));
    let common = json!({
        "buildType": build_type, "daysOfWeek": days, "hour": hour, "minute": minute,
    });
    let with = |members: &[(&str, &str)]| {
        let mut body = common.clone();
        for (key, value) in members {
            body[*key] = json!(value);
        }
        body
    };
    let (kind, cron) = (("scheduleType", "DaysOfWeek"), ("cronString", cron.as_str()));
    vec![with(&[kind, cron]), with(&[cron]), with(&[kind])]
}

/// Members that this client reads. All others are kept as they are.
const KNOWN: [&str; 8] = [
    "scheduleType",
    "type",
    "buildType",
    "intervalSeconds",
    "daysOfWeek",
    "hour",
    "minute",
    "cronString",
];

/// Read the answer to "which schedule": `None` for every form of nothing.
pub(super) fn read(body: &Value) -> Option<BuildSchedule> {
    let map = match body {
        Value::Array(items) => return items.first().and_then(read),
        Value::Object(map) if map.values().any(|value| !value.is_null()) => map,
        _ => return None,
    };
    let word = |keys: &[&str]| keys.iter().find_map(|key| map.get(*key)?.as_str());
    let kind = word(&["scheduleType", "type"]).unwrap_or_default().to_lowercase();
    let interval_seconds = number(map.get("intervalSeconds"));
    let build_word = word(&["buildType"]);
    let build_type = build_word.and_then(BuildType::read);
    let cron = word(&["cronString", "cron"]).and_then(read_cron);
    let told = map.get("daysOfWeek").or_else(|| map.get("days")).and_then(read_days);
    let mut schedule = BuildSchedule {
        kind: ScheduleKind::Other,
        build_type,
        days: Vec::new(),
        hour: None,
        minute: None,
        interval_seconds: None,
        more: others(map),
    };
    if build_type.is_none()
        && let Some(unknown) = build_word
    {
        schedule.more.insert("buildType".to_owned(), unknown.into());
    }
    let (cron_minute, cron_hour, cron_days) =
        cron.map_or((None, None, None), |(m, h, days)| (Some(m), Some(h), Some(days)));
    if kind == "interval" || (told.is_none() && cron_days.is_none() && interval_seconds.is_some()) {
        schedule.kind = ScheduleKind::Interval;
        schedule.interval_seconds = interval_seconds;
    } else if let Some(days) = told.or(cron_days) {
        schedule.kind = ScheduleKind::Weekly;
        schedule.days = days;
        schedule.hour = small(map.get("hour")).or(cron_hour);
        schedule.minute = small(map.get("minute")).or(cron_minute);
    }
    Some(schedule)
}

fn others(map: &Map<String, Value>) -> Map<String, Value> {
    map.iter()
        .filter(|(key, value)| !KNOWN.contains(&key.as_str()) && !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn number(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn small(value: Option<&Value>) -> Option<u32> {
    number(value).and_then(|number| u32::try_from(number).ok())
}

/// Days as names or numbers; a star is every day. One that cannot be read spoils the list.
fn read_days(value: &Value) -> Option<Vec<Day>> {
    let items = value.as_array().filter(|items| !items.is_empty())?;
    let mut days = Vec::new();
    for item in items {
        match item.as_str() {
            Some("*") => days.extend(Day::WEEK),
            Some(word) => {
                let number = || word.trim().parse().ok().and_then(Day::of_number);
                days.push(Day::read(word).or_else(number)?);
            }
            None => days.push(item.as_u64().and_then(Day::of_number)?),
        }
    }
    Some(in_order(days))
}

/// `<minute> <hour> * * <days>`, the only form of cron that means a weekly schedule.
fn read_cron(text: &str) -> Option<(u32, u32, Vec<Day>)> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, "*", "*", days] = parts.as_slice() else { return None };
    let mut found = Vec::new();
    for part in days.split(',') {
        let one =
            |word: &str| Day::read(word).or_else(|| word.parse().ok().and_then(Day::of_number));
        match part.split_once('-') {
            _ if matches!(part, "*" | "?") => found.extend(Day::WEEK),
            Some((from, to)) => {
                let (from, to) = (one(from)?, one(to)?);
                found.extend(Day::WEEK.into_iter().filter(|day| *day >= from && *day <= to));
            }
            None => found.push(one(part)?),
        }
    }
    Some((minute.parse().ok()?, hour.parse().ok()?, in_order(found)))
}

fn in_order(mut days: Vec<Day>) -> Vec<Day> {
    days.sort();
    days.dedup();
    days
}

/// What is kept of the old schedule: all but what changes by itself with every build.
pub(super) fn lasting(body: &Value) -> Value {
    match body {
        Value::Object(map) => {
            let runs = |key: &str| {
                let key = key.to_lowercase();
                ["last", "next"].iter().any(|start| key.starts_with(start))
            };
            map.iter()
                .filter(|(key, _)| !runs(key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(items) => items.first().map_or(Value::Null, lasting),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weekly() -> BuildSchedule {
        BuildSchedule {
            kind: ScheduleKind::Weekly,
            build_type: Some(BuildType::Accumulate),
            days: vec![Day::Sun, Day::Mon],
            hour: Some(3),
            minute: Some(5),
            interval_seconds: None,
            more: Map::new(),
        }
    }

    #[test]
    fn every_form_that_is_sent_is_read_back() {
        for body in bodies(&weekly()) {
            assert!(read(&body).unwrap().is_same(&weekly()), "{body}");
        }
        assert_eq!(bodies(&weekly())[0]["cronString"], "5 3 * * 0,1");
    }

    #[test]
    fn other_spellings_mean_the_same() {
        for body in [
            json!({"scheduleType": "dow", "buildType": "by-table", "daysOfWeek": ["sun", "Monday"],
                   "hour": "3", "minute": 5}),
            json!({"type": "cron", "buildType": "accumulate", "cron": "5 3 * * 0-1"}),
            json!([{"buildType": "ACCUMULATE", "daysOfWeek": [0, 1], "hour": 3, "minute": 5}]),
        ] {
            assert!(read(&body).unwrap().is_same(&weekly()), "{body}");
        }
        let every = json!({"buildType": "full", "daysOfWeek": ["*"], "hour": 0, "minute": 0});
        assert_eq!(read(&every).unwrap().days.len(), 7);
    }

    #[test]
    fn nothing_has_many_forms_and_what_is_not_known_is_kept() {
        for nothing in [json!(null), json!({}), json!([]), json!({"type": null, "day": null})] {
            assert_eq!(read(&nothing), None, "{nothing}");
        }
        let odd = read(&json!({"buildType": "publish", "cron": "0 0 1 * *", "x": 1})).unwrap();
        assert_eq!((odd.kind, odd.build_type), (ScheduleKind::Other, None));
        assert_eq!(odd.more["buildType"], "publish");
        assert_eq!(odd.more["cron"], "0 0 1 * *");
        let volatile = json!({"hour": 1, "lastExecution": "x", "nextBuild": "y"});
        assert_eq!(lasting(&volatile), json!({"hour": 1}));
    }
}
