//! What is sent to a model: made here and nowhere else.

use std::fmt;

use serde_json::Value;

/// Who speaks in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The rules.
    System,
    /// The request.
    User,
    /// What the model answered before.
    Assistant,
}

impl Role {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        }
    }
}

/// One message of a prompt. Only this module's parent can make one.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    role: Role,
    text: String,
}

impl Message {
    pub(super) fn new(role: Role, text: impl Into<String>) -> Self {
        Message { role, text: text.into() }
    }

    /// Who speaks.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// What is said.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The form that an answer has to have. Holds schemas and words of the product only.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    name: &'static str,
    description: &'static str,
    schema: Value,
}

impl Shape {
    pub(super) fn new(name: &'static str, description: &'static str, schema: Value) -> Self {
        Shape { name, description, schema }
    }

    /// Its name: letters and underscores.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name
    }

    /// What it is for, in one sentence.
    #[must_use]
    pub fn description(&self) -> &str {
        self.description
    }

    /// Its JSON Schema.
    #[must_use]
    pub fn schema(&self) -> &Value {
        &self.schema
    }
}

/// Everything that one call shows a model.
#[derive(Clone, PartialEq)]
pub struct Prompt {
    messages: Vec<Message>,
    shape: Option<Shape>,
}

impl Prompt {
    pub(super) fn new(messages: Vec<Message>, shape: Option<Shape>) -> Self {
        Prompt { messages, shape }
    }

    /// The messages, in order.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The form that the answer has to have, if any.
    #[must_use]
    pub fn shape(&self) -> Option<&Shape> {
        self.shape.as_ref()
    }

    /// A prompt for tests of what carries prompts.
    #[cfg(test)]
    pub(crate) fn sample(texts: &[(Role, &str)], schema: Option<Value>) -> Self {
        let messages = texts.iter().map(|(role, text)| Message::new(*role, *text)).collect();
        Prompt::new(messages, schema.map(|schema| Shape::new("answer", "The answer.", schema)))
    }
}

impl fmt::Debug for Message {
    /// Only its length: a prompt may hold what nobody else should read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({} bytes)", self.role.as_str(), self.text.len())
    }
}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = self.shape.as_ref().map(|shape| shape.name);
        f.debug_struct("Prompt").field("messages", &self.messages).field("shape", &shape).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_does_not_tell_its_text_when_it_is_printed() {
        let prompt = Prompt::sample(&[(Role::User, "hidden words")], None);
        assert_eq!(format!("{prompt:?}"), "Prompt { messages: [user(12 bytes)], shape: None }");
    }
}
