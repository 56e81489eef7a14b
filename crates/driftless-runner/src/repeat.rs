//! `loop`: a task that is run once for each item of a list.

use std::collections::BTreeSet;

use driftless_documents::ValuePath;
use driftless_templates::Templates;
use serde_json::{Map, Value};

use crate::condition::expression_variables;
use crate::error::{Error, Result};
use crate::file::TaskStep;

/// How often a task is run by its loop at most.
pub const MAX_LOOP_ITEMS: usize = 10_000;

/// The items of a task's loop; `None` where it has none.
pub(crate) fn items(
    templates: &Templates,
    step: &TaskStep,
    vars: &Map<String, Value>,
) -> Result<Option<Vec<Value>>> {
    let made = match &step.r#loop {
        None => return Ok(None),
        Some(Value::String(expression)) if !expression.contains("{{") => templates.evaluate(expression, vars),
        Some(other) => templates.fill(other, vars),
    };
    let items = match made.map_err(|error| Error::from(error).in_value(of_loop()))? {
        Value::Array(items) => items,
        other => return Err(no_list(&other)),
    };
    if items.len() > MAX_LOOP_ITEMS {
        return Err(wrong(format!("it has {} items, and {MAX_LOOP_ITEMS} are the most", items.len())));
    }
    Ok(Some(items))
}

/// What can be said of a loop without the variables that it uses.
pub(crate) fn check(templates: &Templates, made_of: &Value, variables: &BTreeSet<String>) -> Result<()> {
    match made_of {
        Value::String(expression) if !expression.contains("{{") => {
            let checked = templates.check_expression(expression, variables);
            checked.map_err(|error| Error::from(error).in_value(of_loop()))
        }
        Value::String(_) | Value::Array(_) => Ok(()),
        other => Err(no_list(other)),
    }
}

/// The variables that a loop uses.
pub(crate) fn variables(templates: &Templates, step: &TaskStep) -> Vec<String> {
    match &step.r#loop {
        None => Vec::new(),
        Some(expression @ Value::String(text)) if !text.contains("{{") => {
            expression_variables(templates, expression)
        }
        Some(other) => templates.variables(other),
    }
}

/// Puts the item and its number into the variables of its run.
pub(crate) fn set_item(step: &TaskStep, vars: &mut Map<String, Value>, index: usize, item: &Value) {
    vars.insert(step.loop_control.loop_var.clone(), item.clone());
    if let Some(name) = &step.loop_control.index_var {
        vars.insert(name.clone(), index.into());
    }
}

/// Whether one of these variables is different for each item.
pub(crate) fn are_of_the_loop(step: &TaskStep, variables: &[String]) -> bool {
    let control = &step.loop_control;
    variables.iter().any(|used| *used == control.loop_var || Some(used) == control.index_var.as_ref())
}

fn no_list(value: &Value) -> Error {
    wrong(match value {
        Value::Object(_) => {
            "it is a mapping, and a list is expected; `| items` makes a list of pairs of one".to_owned()
        }
        Value::String(_) => "it is text, and a list is expected; `| split(',')` makes one of text".to_owned(),
        Value::Null => "it is nothing, and a list is expected; write `[]` for none".to_owned(),
        Value::Number(number) => {
            format!("it is the number {number}, and a list is expected; `range({number})` makes one")
        }
        Value::Bool(_) | Value::Array(_) => "a list is expected, or an expression that makes one".to_owned(),
    })
}

fn of_loop() -> ValuePath {
    ValuePath::default().with("loop")
}

fn wrong(why: String) -> Error {
    Error::File { path: of_loop(), what: "`loop`".to_owned(), why }
}
