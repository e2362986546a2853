//! The functions of expressions: a fixed table.

/// A function. Its first argument is what it is called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Size,
    StartsWith,
    EndsWith,
    Contains,
    Lower,
    Upper,
    Trim,
    ToText,
    ToInt,
    ToDouble,
    First,
    Last,
    Sum,
    Min,
    Max,
    Sort,
    Reverse,
    Slice,
    Distinct,
    Flatten,
    Join,
    OrValue,
    Or,
    HasValue,
    Value,
}

/// How a function may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `f(x)`
    Global,
    /// `x.f()`
    Member,
    Either,
}

/// A function's name, form, and how many arguments it takes with what it is called on.
struct Known {
    name: &'static str,
    function: Function,
    form: Form,
    least: usize,
    most: usize,
}

const fn known(
    name: &'static str,
    function: Function,
    form: Form,
    least: usize,
    most: usize,
) -> Known {
    Known { name, function, form, least, most }
}

const TABLE: [Known; 27] = [
    known("size", Function::Size, Form::Either, 1, 1),
    known("startsWith", Function::StartsWith, Form::Member, 2, 2),
    known("endsWith", Function::EndsWith, Form::Member, 2, 2),
    known("contains", Function::Contains, Form::Member, 2, 2),
    known("lowerAscii", Function::Lower, Form::Member, 1, 1),
    known("upperAscii", Function::Upper, Form::Member, 1, 1),
    known("lower", Function::Lower, Form::Member, 1, 1),
    known("upper", Function::Upper, Form::Member, 1, 1),
    known("trim", Function::Trim, Form::Member, 1, 1),
    known("string", Function::ToText, Form::Global, 1, 1),
    known("int", Function::ToInt, Form::Global, 1, 1),
    known("double", Function::ToDouble, Form::Global, 1, 1),
    known("first", Function::First, Form::Member, 1, 1),
    known("last", Function::Last, Form::Member, 1, 1),
    known("sum", Function::Sum, Form::Member, 1, 1),
    known("min", Function::Min, Form::Member, 1, 1),
    known("max", Function::Max, Form::Member, 1, 1),
    known("sort", Function::Sort, Form::Member, 1, 1),
    known("reverse", Function::Reverse, Form::Member, 1, 1),
    known("slice", Function::Slice, Form::Member, 3, 3),
    known("distinct", Function::Distinct, Form::Member, 1, 1),
    known("flatten", Function::Flatten, Form::Member, 1, 1),
    known("join", Function::Join, Form::Member, 1, 2),
    known("orValue", Function::OrValue, Form::Member, 2, 2),
    known("or", Function::Or, Form::Member, 2, 2),
    known("hasValue", Function::HasValue, Form::Member, 1, 1),
    known("value", Function::Value, Form::Member, 1, 1),
];

/// What others call it, for a fault that offers the right name.
const OTHER_WORDS: [(&str, &str); 20] = [
    ("any", "exists"),
    ("average", "sum"),
    ("avg", "sum"),
    ("concat", "flatten"),
    ("count", "size"),
    ("every", "all"),
    ("find", "filter"),
    ("float", "double"),
    ("includes", "contains"),
    ("len", "size"),
    ("length", "size"),
    ("number", "int"),
    ("orElse", "orValue"),
    ("select", "map"),
    ("some", "exists"),
    ("str", "string"),
    ("toLowerCase", "lower"),
    ("toUpperCase", "upper"),
    ("unique", "distinct"),
    ("where", "filter"),
];

/// The name of ours that somebody means.
pub(super) fn meant(name: &str) -> &str {
    OTHER_WORDS.iter().find(|(word, _)| *word == name).map_or(name, |(_, ours)| ours)
}

/// Why a call names no function.
pub(super) enum NoFunction {
    /// None has this name.
    Unknown,
    /// It is called in another way; this is how.
    Otherwise(String),
}

impl Function {
    /// The function that a call names. `count` counts what it is called on too.
    pub(super) fn find(name: &str, member: bool, count: usize) -> Result<Function, NoFunction> {
        let known = TABLE.iter().find(|known| known.name == name).ok_or(NoFunction::Unknown)?;
        let form = match known.form {
            Form::Global => !member,
            Form::Member => member,
            Form::Either => true,
        };
        if form && (known.least..=known.most).contains(&count) {
            return Ok(known.function);
        }
        let extra = match known.most - 1 {
            0 => "",
            1 if known.least == 1 => "'text'",
            1 => "x",
            _ => "from, to",
        };
        Err(NoFunction::Otherwise(match known.form {
            Form::Global => format!("it is called as `{name}(x)`"),
            Form::Member | Form::Either => format!("it is called as `x.{name}({extra})`"),
        }))
    }

    /// The name under which it is told.
    pub(super) fn as_str(self) -> &'static str {
        TABLE.iter().find(|known| known.function == self).map_or("", |known| known.name)
    }

    /// The names of all.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        TABLE.iter().map(|known| known.name)
    }

    /// Whether it goes through a whole list, so that its value is worth keeping.
    pub(super) fn is_costly(self) -> bool {
        matches!(
            self,
            Function::Sum
                | Function::Min
                | Function::Max
                | Function::Sort
                | Function::Reverse
                | Function::Slice
                | Function::Distinct
                | Function::Flatten
                | Function::Join
        )
    }
}
