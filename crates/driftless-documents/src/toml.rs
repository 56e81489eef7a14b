//! TOML. The crate `toml` reads it, with the place and the spelling of everything.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use crate::error::DocumentError;
use crate::limits::{Budget, MAX_VALUES, check_depth, too_deep, too_many_values};
use crate::node::{Content, Entry, Key, Node, check_keys};
use crate::scalar;

/// Reads a document.
pub(crate) fn parse(text: &str) -> Result<Node<'_>, DocumentError> {
    check_length(text)?;
    let table = DeTable::parse(text).map_err(|error| {
        let place = error.span().unwrap_or(0..0);
        match error.message() {
            "recursion limit" | "cannot recurse further; max recursion depth met" => too_deep(place),
            message => DocumentError::at(message, place),
        }
    })?;
    map(&mut Budget::default(), 0..0, table.into_inner(), 1)
}

/// The parser keeps all values before they can be counted, so tokens are counted first. No value has less than two: in a list, itself and a comma.
fn check_length(text: &str) -> Result<(), DocumentError> {
    let is_silent = |kind| matches!(kind, TokenKind::Whitespace | TokenKind::Newline | TokenKind::Comment);
    let mut tokens = Source::new(text).lex().filter(|token| !is_silent(token.kind()));
    match tokens.nth(2 * MAX_VALUES) {
        None => Ok(()),
        Some(token) => Err(too_many_values(token.span().start()..token.span().end())),
    }
}

fn node<'t>(
    budget: &mut Budget,
    value: Spanned<DeValue<'t>>,
    depth: usize,
) -> Result<Node<'t>, DocumentError> {
    let place = value.span();
    let wrong = |why: String| DocumentError::at(why, place.clone());
    let content = match value.into_inner() {
        DeValue::Table(table) => return map(budget, place, table, depth + 1),
        DeValue::Array(items) => {
            check_depth(depth + 1, &place)?;
            let items = items.into_iter().map(|item| node(budget, item, depth + 1));
            Content::List(items.collect::<Result<_, _>>()?)
        }
        DeValue::String(text) => Content::Text(text),
        DeValue::Boolean(is_true) => Content::Bool(is_true),
        // Nothing else knows dates.
        DeValue::Datetime(date) => Content::Text(date.to_string().into()),
        DeValue::Integer(number) => Content::Number(integer(&number).map_err(wrong)?),
        DeValue::Float(number) => {
            let written = number.as_str();
            if written.contains("inf") || written.contains("nan") {
                return Err(wrong(scalar::not_finite(written)));
            }
            Content::Number(scalar::float(written).map_err(wrong)?)
        }
    };
    budget.values(1, &place)?;
    if let Content::Text(text) = &content {
        budget.text(text.len(), &place)?;
    }
    Ok(Node { place, content })
}

fn integer(number: &DeInteger<'_>) -> Result<serde_json::Number, String> {
    scalar::integer(&number.to_string(), number.as_str(), number.radix())
}

/// A table, with its keys in the order in which they are written.
fn map<'t>(
    budget: &mut Budget,
    place: Range<usize>,
    table: DeTable<'t>,
    depth: usize,
) -> Result<Node<'t>, DocumentError> {
    check_depth(depth, &place)?;
    budget.values(1, &place)?;
    let mut entries = Vec::with_capacity(table.len());
    for (key, value) in table {
        let place = key.span();
        let text = key.into_inner();
        budget.text(text.len(), &place)?;
        let value = node(budget, value, depth)?;
        entries.push(Entry { key: Key { place, text }, value });
    }
    entries.sort_by_key(|entry| entry.key.place.start);
    check_keys(&entries)?;
    Ok(Node { place, content: Content::Map(entries) })
}
