//! When a build runs: "every Monday at 6:00", "daily at 2 am", "every 2 hours".

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value, json};

/// The days as the operation names them, with the words that mean them.
const DAYS: [(&str, &[&str]); 7] = [
    ("SUN", &["sunday", "sundays", "sun"]),
    ("MON", &["monday", "mondays", "mon"]),
    ("TUE", &["tuesday", "tuesdays", "tue", "tues"]),
    ("WED", &["wednesday", "wednesdays", "wed"]),
    ("THU", &["thursday", "thursdays", "thu", "thurs"]),
    ("FRI", &["friday", "fridays", "fri"]),
    ("SAT", &["saturday", "saturdays", "sat"]),
];

static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:(?:at|@)\s*)?(\d{1,2}):(\d{2})\s*(am|pm)?\b|\b(\d{1,2})\s*(am|pm)\b|\bat\s+(\d{1,2})\b|\b(midnight|noon)\b",
    )
    .ok()
});

static INTERVAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:every|each)\s+(?:(\d{1,4})\s+)?(minute|hour|day)s?\b").ok()
});

/// The parameters that a text gives: days with a time, or an interval. Nothing when it gives none,
/// or gives days without a time: then the time has to be asked for.
pub(super) fn when(text: &str) -> Option<Map<String, Value>> {
    let lower = text.to_lowercase();
    let days = days(&lower);
    let time = time(&lower);
    match (days, time, interval(&lower)) {
        (Some(days), Some((hour, minute)), _) => Some(Map::from_iter([
            ("days".to_owned(), json!(days)),
            ("hour".to_owned(), json!(hour)),
            ("minute".to_owned(), json!(minute)),
        ])),
        (None, None, Some((key, n))) => Some(Map::from_iter([(key.to_owned(), json!(n))])),
        _ => None,
    }
}

/// Whether a text is about days or intervals at all.
pub(super) fn mentions_days(text: &str) -> bool {
    days(&text.to_lowercase()).is_some()
}

fn words(lower: &str) -> Vec<&str> {
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

fn days(lower: &str) -> Option<Vec<&'static str>> {
    let words = words(lower);
    let has = |all: &[&str]| words.iter().any(|word| all.contains(word));
    if has(&["weekday", "weekdays", "workday", "workdays"]) {
        return Some(vec!["MON", "TUE", "WED", "THU", "FRI"]);
    }
    if has(&["weekend", "weekends"]) {
        return Some(vec!["SUN", "SAT"]);
    }
    let named: Vec<&str> =
        DAYS.iter().filter(|(_, words)| has(words)).map(|(day, _)| *day).collect();
    if !named.is_empty() {
        return Some(named);
    }
    let daily = has(&["daily", "nightly"])
        || lower.contains("every day")
        || lower.contains("every night")
        || lower.contains("each day")
        || lower.contains("every morning");
    daily.then(|| vec!["*"])
}

fn time(lower: &str) -> Option<(u64, u64)> {
    let found = TIME.as_ref()?.captures(lower)?;
    let number = |n: usize| found.get(n).and_then(|m| m.as_str().parse::<u64>().ok());
    let half = found.get(3).or(found.get(5)).map(|m| m.as_str());
    let (hour, minute) = match found.get(7).map(|m| m.as_str()) {
        Some("midnight") => (0, 0),
        Some(_) => (12, 0),
        None => (number(1).or(number(4)).or(number(6))?, number(2).unwrap_or(0)),
    };
    let hour = match (half, hour) {
        (Some(_), 13..) => return None,
        (Some("am"), 12) => 0,
        (Some("pm"), hour) if hour < 12 => hour + 12,
        (_, hour) => hour,
    };
    (hour < 24 && minute < 60).then_some((hour, minute))
}

fn interval(lower: &str) -> Option<(&'static str, u64)> {
    let found = INTERVAL.as_ref()?.captures(lower)?;
    let n = match found.get(1) {
        Some(number) => number.as_str().parse().ok()?,
        None => 1,
    };
    let key = match found.get(2)?.as_str() {
        "minute" => "interval_minutes",
        "hour" => "interval_hours",
        _ => "interval_days",
    };
    (n > 0).then_some((key, n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn reads_days_with_a_time_and_intervals() {
        for (text, wanted) in [
            ("every Monday at 6:00", json!({"days": ["MON"], "hour": 6, "minute": 0})),
            ("daily at 2 am", json!({"days": ["*"], "hour": 2, "minute": 0})),
            (
                "on weekdays at 18:30",
                json!({"days": ["MON", "TUE", "WED", "THU", "FRI"], "hour": 18, "minute": 30}),
            ),
            ("every Sat and Sun at 12pm", json!({"days": ["SUN", "SAT"], "hour": 12, "minute": 0})),
            ("every night at midnight", json!({"days": ["*"], "hour": 0, "minute": 0})),
            ("every 2 hours", json!({"interval_hours": 2})),
            ("each hour", json!({"interval_hours": 1})),
            ("every 3 days", json!({"interval_days": 3})),
            ("every day at 7", json!({"days": ["*"], "hour": 7, "minute": 0})),
        ] {
            assert_eq!(when(text).map(Value::Object), Some(wanted), "{text}");
        }
    }

    #[test]
    fn half_a_time_is_none() {
        for text in ["every Monday", "at 6:00", "at 25:00 every Monday", "soon", "13 pm daily"] {
            assert_eq!(when(text), None, "{text}");
        }
    }
}
