//! Which columns of a model a piece of SQL touches.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::lex::{SqlText, Token};
use crate::documents::resolve::{ColumnKey, ModelIndex};

/// Words that are no alias after a table and no column by themselves.
const WORDS: [&str; 46] = [
    "all",
    "and",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "cross",
    "desc",
    "distinct",
    "else",
    "end",
    "except",
    "exists",
    "from",
    "full",
    "group",
    "having",
    "in",
    "inner",
    "intersect",
    "into",
    "is",
    "join",
    "left",
    "like",
    "limit",
    "not",
    "null",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "right",
    "select",
    "set",
    "then",
    "top",
    "union",
    "using",
    "when",
    "where",
    "with",
];

/// What a piece of SQL touches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::documents) struct Touched {
    /// Columns that it names.
    pub needed: BTreeSet<ColumnKey>,
    /// Columns that it may name; nobody can tell.
    pub doubted: BTreeSet<ColumnKey>,
}

/// The columns that a piece of SQL touches. `own` is the table of a custom column.
pub(in crate::documents) fn touched(sql: &str, index: &ModelIndex, own: Option<usize>) -> Touched {
    let text = SqlText::read(sql);
    let mut found = Touched::default();
    if text.is_broken() {
        found.doubted = guess(sql, index, own);
        return found;
    }
    let scope = Scope::read(&text, index, own);
    let chains = chains(&text.tokens);
    let mut star_over_all = false;
    for chain in chains.iter().filter(|chain| !scope.targets.contains(&chain.start)) {
        scope.columns(chain, index, &mut found.needed);
        if chain.star {
            let tables = scope.qualified(chain.parts.last().map_or("", String::as_str), index);
            found.needed.extend(tables.iter().flat_map(|table| index.columns_of(*table)));
        }
    }
    if has_bare_star(&text.tokens) {
        star_over_all = true;
        found.needed.extend(scope.sources.iter().flat_map(|table| index.columns_of(*table)));
    }
    if scope.unresolved {
        let named: HashSet<String> = chains
            .iter()
            .filter_map(|chain| chain.parts.last())
            .map(|n| n.to_lowercase())
            .collect();
        found.doubted.extend(index.all().filter(|key| {
            star_over_all || named.contains(&index.column_name(*key).to_lowercase())
        }));
    }
    found.doubted.retain(|key| !found.needed.contains(key));
    found
}

/// The tables that a query reads from.
pub(super) fn tables(text: &SqlText, index: &ModelIndex) -> BTreeSet<usize> {
    Scope::read(text, index, None).sources
}

/// What a text that cannot be read may touch: every column whose name, or whose table's name, is
/// somewhere in it.
fn guess(sql: &str, index: &ModelIndex, own: Option<usize>) -> BTreeSet<ColumnKey> {
    let lower = sql.to_lowercase();
    let tables: BTreeSet<usize> = index
        .table_names()
        .iter()
        .enumerate()
        .filter(|(_, name)| holds_word(&lower, &name.to_lowercase()))
        .map(|(table, _)| table)
        .collect();
    let anything = tables.is_empty() && own.is_none() && lower.contains('*');
    index
        .all()
        .filter(|key| {
            let name = index.column_name(*key).to_lowercase();
            anything || tables.contains(&key.table) || holds_word(&lower, &name)
        })
        .collect()
}

/// Whether a name is in a text, not as a part of a longer word.
fn holds_word(text: &str, name: &str) -> bool {
    let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            ends(text[..at].chars().next_back()) && ends(text[at + name.len()..].chars().next())
        })
}

/// Names with dots between them, such as `[Commerce].[Cost]` or `c.*`.
struct Chain {
    start: usize,
    parts: Vec<String>,
    star: bool,
    quoted: bool,
    next: usize,
}

fn chain_at(tokens: &[Token], start: usize) -> Option<Chain> {
    let Token::Name { text, quoted } = tokens.get(start)? else { return None };
    let mut chain =
        Chain { start, parts: vec![text.clone()], star: false, quoted: *quoted, next: start + 1 };
    while tokens.get(chain.next).is_some_and(|token| token.is_symbol('.')) {
        match tokens.get(chain.next + 1) {
            Some(Token::Name { text, .. }) => chain.parts.push(text.clone()),
            Some(Token::Symbol('*')) => chain.star = true,
            _ => break,
        }
        chain.next += 2;
    }
    Some(chain)
}

/// All chains but keywords and names of functions.
fn chains(tokens: &[Token]) -> Vec<Chain> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some(chain) = chain_at(tokens, at) else {
            at += 1;
            continue;
        };
        at = chain.next;
        let call = tokens.get(at).is_some_and(|token| token.is_symbol('('));
        let plain = !chain.quoted && chain.parts.len() == 1;
        if !(plain && (call || is_keyword(&chain.parts[0]))) || chain.star {
            found.push(chain);
        }
    }
    found
}

fn is_keyword(text: &str) -> bool {
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// A star that stands for all columns: after `SELECT`, `DISTINCT`, `ALL`, a comma or `TOP 10`.
/// After a bracket it counts rows, after a name it multiplies.
fn has_bare_star(tokens: &[Token]) -> bool {
    tokens.iter().enumerate().any(|(at, token)| {
        let before = |back: usize| at.checked_sub(back).and_then(|i| tokens.get(i));
        token.is_symbol('*')
            && before(1).is_some_and(|previous| match previous {
                Token::Symbol(symbol) => *symbol == ',',
                Token::Literal => before(2).is_some_and(|top| top.is_word("top")),
                word => ["select", "distinct", "all"].iter().any(|w| word.is_word(w)),
            })
    })
}

/// The tables that are in reach of a piece of SQL.
#[derive(Default)]
struct Scope {
    /// Tables after `FROM` and `JOIN`; of an expression without them, the tables it names.
    sources: BTreeSet<usize>,
    /// Aliases in lower case, with the tables they stand for. Those of sub-selects stand for none:
    /// what is inside is read where it is.
    aliases: HashMap<String, Vec<usize>>,
    /// Where the names after `FROM` and `JOIN` begin. They are tables, not columns.
    targets: HashSet<usize>,
    /// Whether a name after `FROM` or `JOIN` is no table of the model.
    unresolved: bool,
}

impl Scope {
    fn read(text: &SqlText, index: &ModelIndex, own: Option<usize>) -> Self {
        let tokens = &text.tokens;
        let mut scope = Scope::default();
        scope.sources.extend(own);
        for at in 0..tokens.len() {
            // WITH name AS ( … ), and the further names after a comma.
            let (Some(Token::Name { text, .. }), Some(word), Some(open)) =
                (tokens.get(at), tokens.get(at + 1), tokens.get(at + 2))
            else {
                continue;
            };
            if word.is_word("as") && open.is_symbol('(') {
                scope.aliases.insert(text.to_lowercase(), Vec::new());
            }
        }
        let reads = |token: &Token| token.is_word("from") || token.is_word("join");
        for at in (0..tokens.len()).filter(|at| reads(&tokens[*at])) {
            scope.list(tokens, at + 1, index);
        }
        if !tokens.iter().any(reads) {
            for chain in chains(tokens) {
                scope.sources.extend(chain.parts.iter().flat_map(|p| index.tables_named(p)));
            }
        }
        scope
    }

    /// The list after `FROM`: tables or sub-selects, each perhaps with an alias.
    fn list(&mut self, tokens: &[Token], mut at: usize, index: &ModelIndex) {
        loop {
            let (tables, next) = match tokens.get(at) {
                Some(Token::Symbol('(')) => (Vec::new(), closing(tokens, at)),
                _ => {
                    let Some(chain) = chain_at(tokens, at) else { return };
                    self.targets.insert(chain.start);
                    (self.target(&chain, index), chain.next)
                }
            };
            self.sources.extend(&tables);
            at = next;
            if tokens.get(at).is_some_and(|token| token.is_word("as")) {
                at += 1;
            }
            match tokens.get(at) {
                Some(Token::Name { text, quoted }) if *quoted || !is_keyword(text) => {
                    self.aliases.insert(text.to_lowercase(), tables);
                    self.targets.insert(at);
                    at += 1;
                }
                _ => {}
            }
            if !tokens.get(at).is_some_and(|token| token.is_symbol(',')) {
                return;
            }
            at += 1;
        }
    }

    /// The tables that a name after `FROM` stands for. A schema may stand before the table, and a
    /// table's own name may hold dots.
    fn target(&mut self, chain: &Chain, index: &ModelIndex) -> Vec<usize> {
        for first in 0..chain.parts.len() {
            let tables = index.tables_named(&chain.parts[first..].join("."));
            if let Some(table) = tables.first() {
                return vec![*table];
            }
        }
        let derived = chain
            .parts
            .last()
            .is_some_and(|name| self.aliases.get(&name.to_lowercase()).is_some_and(Vec::is_empty));
        self.unresolved |= !derived;
        Vec::new()
    }

    /// The tables that a qualifier stands for: an alias, a table, else all in reach.
    fn qualified(&self, qualifier: &str, index: &ModelIndex) -> Vec<usize> {
        if let Some(tables) = self.aliases.get(&qualifier.to_lowercase()) {
            return tables.clone();
        }
        let tables = index.tables_named(qualifier);
        if tables.is_empty() { self.sources.iter().copied().collect() } else { tables }
    }

    fn columns(&self, chain: &Chain, index: &ModelIndex, needed: &mut BTreeSet<ColumnKey>) {
        let Some((column, qualifiers)) = chain.parts.split_last() else { return };
        if chain.star {
            return;
        }
        needed.extend(index.resolve(&chain.parts.join(".")));
        let tables = match qualifiers.last() {
            Some(qualifier) => self.qualified(qualifier, index),
            None => self.sources.iter().copied().collect(),
        };
        let lower = column.to_lowercase();
        needed.extend(tables.iter().flat_map(|table| index.columns_named(*table, &lower)));
    }
}

/// The token after the bracket that closes the one at `open`.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.is_symbol('(') {
            depth += 1;
        } else if token.is_symbol(')') {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at + 1;
            }
        }
    }
    tokens.len()
}
