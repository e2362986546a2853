//! Reads the documentation of an operation: summary, sections and markers.

use crate::registry::model::{Effect, Risk, Scope};

/// Longest first line: it is a tool's description.
const SUMMARY: usize = 80;

/// What the documentation of an operation says.
#[derive(Debug, PartialEq)]
pub struct Docs {
    pub summary: String,
    pub description: String,
    pub ask: Vec<String>,
    pub effect: Effect,
    pub scope: Scope,
    pub risk: Risk,
    pub idempotent: bool,
    pub streams: bool,
    pub aliases: Vec<String>,
}

/// Whether documentation holds a marker, so that its method means to be an operation.
pub fn is_marked(lines: &[String]) -> bool {
    lines.iter().any(|line| line.trim().starts_with("<!-- @"))
}

/// Read documentation. Problems come with the number of their line, from 0.
pub fn read(lines: &[String]) -> Result<Docs, Vec<(usize, String)>> {
    let mut problems = Vec::new();
    let mut markers = Markers::default();
    let mut kept = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        if line.trim().starts_with("<!--") {
            if let Err(message) = markers.read(line.trim()) {
                problems.push((number, message));
            }
            kept.push(String::new());
        } else {
            kept.push(line.clone());
        }
    }
    problems.extend(markers.missing().map(|message| (0, message)));
    let summary = kept.first().map(|line| line.trim().to_owned()).unwrap_or_default();
    let length = summary.chars().count();
    if length == 0 || summary.starts_with('#') {
        problems.push((0, "the first line is no sentence; say what the operation does".into()));
    } else if length > SUMMARY {
        problems.push((
            0,
            format!("the first line has {length} characters; shorten it to {SUMMARY} or fewer"),
        ));
    } else if kept.get(1).is_some_and(|line| !line.trim().is_empty()) {
        problems.push((1, "the first line runs on; put an empty line after it".into()));
    }
    let sections = Sections::split(&kept);
    if sections.errors.is_none() {
        problems.push((0, "the section `# Errors` is missing; say when it fails".into()));
    }
    let ask = match sections.ask {
        None => {
            problems.push((
                0,
                "the section `# Ask` is missing; add two to six lines `- …` as a person asks"
                    .into(),
            ));
            Vec::new()
        }
        Some(number) => {
            let ask = bullets(&sections.asked);
            if !(2..=6).contains(&ask.len()) {
                let many = ask.len();
                problems.push((
                    number,
                    format!("the section `# Ask` has {many} lines `- …`; give two to six"),
                ));
            }
            ask
        }
    };
    let (Some(effect), Some(scope), Some(risk)) = (markers.effect, markers.scope, markers.risk)
    else {
        return Err(problems);
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Docs {
        summary,
        description: unwrap(&sections.rest),
        ask,
        effect,
        scope,
        risk,
        idempotent: markers.idempotent,
        streams: markers.streams,
        aliases: markers.aliases,
    })
}

/// First paragraph of a documentation, in one line.
pub fn first_paragraph(lines: &[String]) -> String {
    let first: Vec<String> =
        lines.iter().take_while(|line| !line.trim().is_empty()).cloned().collect();
    unwrap(&first)
}

#[derive(Default)]
struct Markers {
    effect: Option<Effect>,
    scope: Option<Scope>,
    risk: Option<Risk>,
    idempotent: bool,
    streams: bool,
    aliases: Vec<String>,
}

impl Markers {
    fn read(&mut self, line: &str) -> Result<(), String> {
        let inner = line
            .strip_prefix("<!--")
            .and_then(|rest| rest.strip_suffix("-->"))
            .and_then(|rest| rest.trim().strip_prefix('@'))
            .ok_or_else(|| format!("this is no marker: {line}; write `<!-- @name value -->`"))?;
        let (name, value) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
        let value = value.trim();
        match name {
            "effect" => set(&mut self.effect, name, value, Effect::parse, Effect::WORDS),
            "scope" => set(&mut self.scope, name, value, Scope::parse, Scope::WORDS),
            "risk" => set(&mut self.risk, name, value, Risk::parse, Risk::WORDS),
            "idempotent" => flag(&mut self.idempotent, name, value),
            "streams" => flag(&mut self.streams, name, value),
            "alias" => self.alias(value),
            _ => Err(format!(
                "unknown marker `@{name}`; known are effect, scope, risk, idempotent, streams, alias"
            )),
        }
    }

    fn alias(&mut self, value: &str) -> Result<(), String> {
        let word = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if !value.split_once('.').is_some_and(|(domain, name)| word(domain) && word(name)) {
            return Err(format!(
                "this is no id: {value:?}; write `<!-- @alias <domain>.<name> -->`"
            ));
        }
        if self.aliases.iter().any(|known| known == value) {
            return Err(format!("the marker `@alias {value}` is there twice; remove one"));
        }
        self.aliases.push(value.to_owned());
        Ok(())
    }

    fn missing(&self) -> impl Iterator<Item = String> {
        [
            (self.effect.is_none(), "effect", Effect::WORDS),
            (self.scope.is_none(), "scope", Scope::WORDS),
            (self.risk.is_none(), "risk", Risk::WORDS),
        ]
        .into_iter()
        .filter(|(missing, ..)| *missing)
        .map(|(_, name, words)| {
            let words = words.trim().replace(' ', "|");
            format!("the marker `@{name}` is missing; add `<!-- @{name} {words} -->`")
        })
    }
}

fn set<T>(
    slot: &mut Option<T>,
    name: &str,
    value: &str,
    parse: fn(&str) -> Option<T>,
    words: &str,
) -> Result<(), String> {
    if slot.is_some() {
        return Err(format!("the marker `@{name}` is there twice; remove one"));
    }
    let words = words.trim().replace(' ', ", ");
    let parsed = parse(value)
        .ok_or_else(|| format!("`@{name}` cannot be {value:?}; it is one of {words}"))?;
    *slot = Some(parsed);
    Ok(())
}

fn flag(slot: &mut bool, name: &str, value: &str) -> Result<(), String> {
    if !value.is_empty() {
        return Err(format!("the marker `@{name}` takes no value; remove {value:?}"));
    }
    if *slot {
        return Err(format!("the marker `@{name}` is there twice; remove one"));
    }
    *slot = true;
    Ok(())
}

#[derive(Default)]
struct Sections {
    /// Everything but the first line, `# Ask`, examples and code.
    rest: Vec<String>,
    asked: Vec<String>,
    ask: Option<usize>,
    errors: Option<usize>,
}

impl Sections {
    fn split(lines: &[String]) -> Self {
        let mut sections = Sections::default();
        let mut heading = String::new();
        let mut in_code = false;
        for (number, line) in lines.iter().enumerate().skip(1) {
            if line.trim_start().starts_with("```") {
                in_code = !in_code;
                continue;
            }
            if in_code {
                continue;
            }
            if let Some(title) = line.strip_prefix("# ") {
                heading = title.trim().to_lowercase();
                match heading.as_str() {
                    "ask" => sections.ask = Some(number),
                    "errors" => sections.errors = Some(number),
                    _ => {}
                }
            }
            match heading.as_str() {
                "ask" => sections.asked.push(line.clone()),
                "example" | "examples" => {}
                _ => sections.rest.push(line.clone()),
            }
        }
        sections
    }
}

/// The items of a list, each in one line.
fn bullets(lines: &[String]) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for line in lines {
        let text = line.trim();
        if let Some(item) = text.strip_prefix("- ") {
            items.push(item.trim().to_owned());
        } else if !text.is_empty()
            && !text.starts_with('#')
            && let Some(last) = items.last_mut()
        {
            last.push(' ');
            last.push_str(text);
        }
    }
    items
}

/// Markdown with each paragraph in one line, and without links that only rustdoc can follow.
pub fn unwrap(lines: &[String]) -> String {
    let mut out: Vec<String> = Vec::new();
    for line in lines {
        let text = line.trim_end();
        let own_line = text.is_empty() || text.starts_with(['#', '|', '-', '*', '>']);
        let last_open =
            out.last().is_some_and(|last| !last.is_empty() && !last.starts_with(['#', '|']));
        match out.last_mut() {
            Some(last) if !own_line && last_open => {
                last.push(' ');
                last.push_str(text.trim_start());
            }
            _ => {
                let doubled = text.is_empty() && out.last().is_none_or(String::is_empty);
                if !doubled {
                    out.push(text.to_owned());
                }
            }
        }
    }
    unlink(out.join("\n").trim())
}

/// Turn ``[`super::Thing`]`` into `` `Thing` ``.
pub fn unlink(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("[`") {
        let Some(length) = rest[start + 2..].find("`]") else { break };
        let name = &rest[start + 2..start + 2 + length];
        out.push_str(&rest[..start]);
        out.push('`');
        out.push_str(name.rsplit("::").next().unwrap_or(name));
        out.push('`');
        rest = &rest[start + 2 + length + 2..];
        if rest.starts_with('(')
            && let Some(end) = rest.find(')')
        {
            rest = &rest[end + 1..];
        }
    }
    out.push_str(rest);
    out
}
