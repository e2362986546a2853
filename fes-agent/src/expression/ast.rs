//! The syntax tree that is checked and evaluated. It holds no type of the parser.

use super::function::Function;
use super::value::Val;
use std::sync::Arc;

/// Where a node stands: characters of the source from 0, the end not included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    /// The span of both.
    pub(super) fn and(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// One node of the tree.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) kind: Kind,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Kind {
    Literal(Val),
    /// A name that the scope gives.
    Name(Arc<str>),
    /// A name that an enclosing `map`, `filter` and the like gives, by its place.
    Local(usize),
    List(Vec<Element>),
    Object(Vec<Entry>),
    Field {
        of: Box<Node>,
        name: Arc<str>,
        optional: bool,
    },
    Index {
        of: Box<Node>,
        index: Box<Node>,
        optional: bool,
    },
    Has {
        of: Box<Node>,
        name: Arc<str>,
    },
    Not(Box<Node>),
    Negate(Box<Node>),
    Binary(Binary, Box<[Node; 2]>),
    And(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    If(Box<[Node; 3]>),
    Each(Box<Each>),
    Call {
        function: Function,
        args: Vec<Node>,
    },
    /// A costly node that no enclosing loop changes: its value is kept.
    Kept(usize, Box<Node>),
}

/// An element of a list.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) value: Node,
    /// Left out when it is an empty optional.
    pub(super) optional: bool,
}

/// An entry of an object.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Node,
    pub(super) value: Node,
    /// Left out when its value is an empty optional.
    pub(super) optional: bool,
}

/// An operator between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
}

impl Binary {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Binary::Add => "+",
            Binary::Subtract => "-",
            Binary::Multiply => "*",
            Binary::Divide => "/",
            Binary::Remainder => "%",
            Binary::Equal => "==",
            Binary::NotEqual => "!=",
            Binary::Less => "<",
            Binary::LessOrEqual => "<=",
            Binary::Greater => ">",
            Binary::GreaterOrEqual => ">=",
            Binary::In => "in",
        }
    }
}

/// Something done for each item of a list, or each key of an object.
#[derive(Debug)]
pub(super) struct Each {
    pub(super) what: What,
    pub(super) over: Node,
    /// The condition of a `map` with three arguments.
    pub(super) only: Option<Node>,
    pub(super) body: Node,
}

/// What is done for each item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Filter,
    Map,
    All,
    Exists,
    ExistsOne,
    SortBy,
}

impl What {
    pub(super) const NAMES: [(&'static str, What); 7] = [
        ("filter", What::Filter),
        ("map", What::Map),
        ("all", What::All),
        ("exists", What::Exists),
        ("exists_one", What::ExistsOne),
        ("existsOne", What::ExistsOne),
        ("sortBy", What::SortBy),
    ];

    pub(super) fn named(name: &str) -> Option<What> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, what)| *what)
    }
}
