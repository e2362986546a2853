//! From text to one SELECT.

use sqlparser::ast::{Expr, Query, Statement};
use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::SqlError;

/// Longest query, in bytes.
const LONGEST: usize = 1024 * 1024;

/// Most operators in a query. Each may be one level of nesting.
const MOST_OPERATORS: usize = 400;

/// Names stand bare, in brackets or in double quotes.
#[derive(Debug)]
struct Brackets;

impl Dialect for Brackets {
    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '"' || ch == '['
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_'
    }

    fn supports_boolean_literals(&self) -> bool {
        true
    }
}

/// Reads a query: one SELECT, with or without a semicolon behind it.
pub(super) fn query(sql: &str) -> Result<Query, SqlError> {
    let mut statements = Parser::new(&Brackets)
        .with_tokens_with_locations(tokens(sql)?)
        .parse_statements()
        .map_err(syntax)?;
    let statement = statements.pop();
    match statement {
        _ if !statements.is_empty() => Err(SqlError::NotOne),
        Some(Statement::Query(query)) => Ok(*query),
        Some(_) => Err(SqlError::NotSelect),
        None => Err(SqlError::Syntax("the query is empty".to_owned())),
    }
}

/// Reads an expression, as custom columns hold it.
pub(super) fn expression(sql: &str) -> Result<Expr, SqlError> {
    let mut parser = Parser::new(&Brackets).with_tokens_with_locations(tokens(sql)?);
    let expression = parser.parse_expr().map_err(syntax)?;
    parser.expect_token(&Token::EOF).map_err(syntax)?;
    Ok(expression)
}

fn tokens(sql: &str) -> Result<Vec<TokenWithSpan>, SqlError> {
    if sql.len() > LONGEST {
        return Err(SqlError::TooLarge);
    }
    let tokens = Tokenizer::new(&Brackets, sql).tokenize_with_location().map_err(syntax)?;
    if tokens.iter().filter(|token| nests(&token.token)).count() > MOST_OPERATORS {
        return Err(SqlError::TooLarge);
    }
    Ok(tokens)
}

fn nests(token: &Token) -> bool {
    match token {
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::AND
                | Keyword::OR
                | Keyword::NOT
                | Keyword::UNION
                | Keyword::LIKE
                | Keyword::IS
        ),
        Token::Plus
        | Token::Minus
        | Token::Mul
        | Token::Div
        | Token::Mod
        | Token::Eq
        | Token::Neq
        | Token::Lt
        | Token::Gt
        | Token::LtEq
        | Token::GtEq => true,
        _ => false,
    }
}

fn syntax(error: impl std::fmt::Display) -> SqlError {
    SqlError::Syntax(error.to_string())
}
