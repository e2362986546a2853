//! What a person wants a schedule to be: checked before anything is sent, and told in words.

use serde_json::Map;

use super::{BuildSchedule, BuildType, CreateScheduleBuild, Day, ScheduleKind};
use crate::error::{Error, Result};

/// Check the arguments: exactly one way of telling the times, and within bounds.
pub(super) fn read(params: &CreateScheduleBuild) -> Result<BuildSchedule> {
    let steps = [
        (params.interval_days, 86_400_u64),
        (params.interval_hours, 3_600),
        (params.interval_minutes, 60),
    ];
    let seconds: u64 =
        steps.iter().map(|(count, length)| u64::from(count.unwrap_or_default()) * length).sum();
    let named = params.days.as_ref().is_some_and(|days| !days.is_empty());
    let weekly = named || params.hour.is_some() || params.minute.is_some();
    let schedule = |kind| BuildSchedule {
        kind,
        build_type: Some(params.build_type),
        days: Vec::new(),
        hour: None,
        minute: None,
        interval_seconds: None,
        more: Map::new(),
    };
    match (weekly, seconds) {
        (true, 1..) => Err(Error::invalid("both days with a time and an interval are given")
            .with_next_step("give either days and hour, or an interval")),
        (false, 1..) => Ok(BuildSchedule {
            interval_seconds: Some(seconds),
            ..schedule(ScheduleKind::Interval)
        }),
        (false, 0) => Err(Error::invalid("no times are given").with_next_step(
            "give days and hour, or an interval of at least one minute, such as interval_hours",
        )),
        (true, 0) => {
            let days = days(params.days.as_deref().unwrap_or_default())?;
            let hour = params.hour.ok_or_else(|| {
                Error::invalid("the hour is missing").with_next_step("give an hour from 0 to 23")
            })?;
            let minute = params.minute.unwrap_or_default();
            bound("hour", hour, 23)?;
            bound("minute", minute, 59)?;
            Ok(BuildSchedule {
                days,
                hour: Some(hour),
                minute: Some(minute),
                ..schedule(ScheduleKind::Weekly)
            })
        }
    }
}

fn bound(what: &str, value: u32, most: u32) -> Result<()> {
    if value > most {
        return Err(Error::invalid(format!("the {what} is out of bounds: {value}"))
            .with_next_step(format!("give a number from 0 to {most}")));
    }
    Ok(())
}

/// Days in the order of the week, each once. All that are no days are named together.
fn days(words: &[String]) -> Result<Vec<Day>> {
    let next = "give days like MON or Monday, or [\"*\"] for every day";
    if words.is_empty() {
        return Err(Error::invalid("no day is given").with_next_step(next));
    }
    if words.iter().any(|word| word.trim() == "*") {
        return Ok(Day::WEEK.to_vec());
    }
    let wrong: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| Day::read(word).is_none()).collect();
    if !wrong.is_empty() {
        return Err(Error::invalid(format!("these are no days of the week: {}", wrong.join(", ")))
            .with_next_step(next));
    }
    let mut days: Vec<Day> = words.iter().filter_map(|word| Day::read(word)).collect();
    days.sort();
    days.dedup();
    Ok(days)
}

/// A schedule as a person would say it.
pub(super) fn in_words(schedule: &BuildSchedule) -> String {
    let how = match schedule.build_type {
        Some(BuildType::Accumulate) => ", table by table",
        Some(BuildType::Full) => ", replacing all data",
        Some(BuildType::SchemaChanges) => ", only what changed in the schema",
        None => "",
    };
    let when = match (schedule.kind, schedule.interval_seconds, schedule.hour, schedule.minute) {
        (ScheduleKind::Interval, Some(seconds), ..) => format!("every {}", span(seconds)),
        (ScheduleKind::Weekly, _, Some(hour), Some(minute)) => {
            format!("every {} at {hour:02}:{minute:02} UTC", week(&schedule.days))
        }
        _ => "at times that cannot be read".to_owned(),
    };
    format!("{when}{how}")
}

fn week(days: &[Day]) -> String {
    if days.len() == Day::WEEK.len() {
        return "day".to_owned();
    }
    let names: Vec<&str> = days.iter().map(|day| day.name()).collect();
    match names.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        Some((last, _)) => (*last).to_owned(),
        None => "no day".to_owned(),
    }
}

fn span(seconds: u64) -> String {
    let parts = [
        (seconds / 86_400, "day"),
        (seconds % 86_400 / 3_600, "hour"),
        (seconds % 3_600 / 60, "minute"),
        (seconds % 60, "second"),
    ];
    let words: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn weekly(days: &[&str], hour: u32) -> CreateScheduleBuild {
        CreateScheduleBuild {
            days: Some(days.iter().map(|day| (*day).to_owned()).collect()),
            hour: Some(hour),
            ..CreateScheduleBuild::default()
        }
    }

    #[test]
    fn schedules_are_told_in_words() {
        let words = |params: &CreateScheduleBuild| in_words(&read(params).unwrap());
        assert_eq!(
            words(&weekly(&["friday", "MON", "mon"], 3)),
            "every Monday and Friday at 03:00 UTC, table by table"
        );
        assert_eq!(words(&weekly(&["*"], 23)), "every day at 23:00 UTC, table by table");
        let full = CreateScheduleBuild {
            build_type: BuildType::Full,
            interval_days: Some(1),
            interval_hours: Some(26),
            interval_minutes: Some(30),
            ..CreateScheduleBuild::default()
        };
        assert_eq!(words(&full), "every 2 days 2 hours 30 minutes, replacing all data");
    }

    #[test]
    fn zeroes_of_the_other_way_do_no_harm() {
        let params = CreateScheduleBuild { interval_days: Some(0), ..weekly(&["Sunday"], 0) };
        assert_eq!(read(&params).unwrap().kind, ScheduleKind::Weekly);
    }

    #[test]
    fn times_that_cannot_be_are_refused() {
        let interval = |minutes| CreateScheduleBuild {
            interval_minutes: Some(minutes),
            ..CreateScheduleBuild::default()
        };
        for wrong in [
            CreateScheduleBuild::default(),
            interval(0),
            CreateScheduleBuild { hour: Some(3), ..interval(5) },
            CreateScheduleBuild { hour: Some(3), ..CreateScheduleBuild::default() },
            CreateScheduleBuild { hour: None, ..weekly(&["MON"], 3) },
            CreateScheduleBuild { minute: Some(60), ..weekly(&["MON"], 3) },
            weekly(&["MON"], 24),
            weekly(&[], 3),
        ] {
            assert_eq!(read(&wrong).unwrap_err().kind(), ErrorKind::InvalidInput, "{wrong:?}");
        }
        let error = read(&weekly(&["Mo", "TUE", "Someday"], 3)).unwrap_err();
        assert!(error.to_string().contains("Mo, Someday"), "{error}");
    }
}
