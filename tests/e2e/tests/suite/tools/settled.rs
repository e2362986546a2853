//! Comparing answers of different runs.

use serde_json::Value;

/// Ids, times and the like differ from run to run; all else of an answer is the same.
pub fn settled(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .filter(|(key, _)| !is_volatile(key))
                .map(|(key, inner)| (key.clone(), settled(inner)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(settled).collect()),
        other => other.clone(),
    }
}

fn is_volatile(key: &str) -> bool {
    ["created", "started", "completed", "last_updated", "last_build_time", "last_modified"]
        .contains(&key)
}

/// The first place where two answers are not the same.
pub fn difference(left: &Value, right: &Value, path: &str) -> Option<String> {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
            a.iter().find_map(|(key, inner)| {
                difference(inner, b.get(key).unwrap_or(&Value::Null), &format!("{path}.{key}"))
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(at, (a, b))| difference(a, b, &format!("{path}[{at}]"))),
        _ if left == right => None,
        _ => {
            let short = |value: &Value| value.to_string().chars().take(120).collect::<String>();
            Some(format!("{path}: {} became {}", short(left), short(right)))
        }
    }
}
