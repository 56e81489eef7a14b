//! `when`: whether a task is run.

use std::collections::BTreeSet;

use driftless_documents::ValuePath;
use driftless_plugin_api::hint::{Expected, hint};
use driftless_templates::{Templates, check_variable_name};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::file::TaskStep;

/// What has to be true, each with the way to it: one condition, or each of a list.
pub(crate) fn conditions(step: &TaskStep) -> impl Iterator<Item = (ValuePath, &Value)> {
    let (conditions, is_list): (&[Value], bool) = match &step.when {
        None => (&[], false),
        Some(Value::Array(conditions)) if !conditions.is_empty() => (conditions, true),
        Some(condition) => (std::slice::from_ref(condition), false),
    };
    conditions.iter().enumerate().map(move |(number, condition)| {
        let path = ValuePath::default().with("when");
        (if is_list { path.with(number) } else { path }, condition)
    })
}

/// The variables that the conditions of a task use.
pub(crate) fn variables(templates: &Templates, step: &TaskStep) -> Vec<String> {
    conditions(step).flat_map(|(_, condition)| expression_variables(templates, condition)).collect()
}

/// The variables that an expression uses.
pub(crate) fn expression_variables(templates: &Templates, expression: &Value) -> Vec<String> {
    match expression {
        Value::String(text) => templates.variables(&Value::String(format!("{{{{ {text} }}}}"))),
        _ => Vec::new(),
    }
}

/// Whether all conditions are true. Those behind one that is false are not looked at.
pub(crate) fn is_wanted(templates: &Templates, step: &TaskStep, vars: &Map<String, Value>) -> Result<bool> {
    for (path, condition) in conditions(step) {
        if !is_true(templates, condition, vars, &path)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What can be said of a condition without the variables that it uses.
pub(crate) fn check(
    templates: &Templates,
    condition: &Value,
    path: &ValuePath,
    variables: &BTreeSet<String>,
) -> Result<()> {
    match condition {
        Value::Bool(_) => Ok(()),
        Value::String(expression) => {
            if let Some(why) = hint(Expected::Boolean, condition).filter(|_| is_word(expression, variables)) {
                return Err(wrong(path, why));
            }
            templates.check_expression(expression, variables).map_err(|error| match braces(expression) {
                Some(why) => wrong(path, why),
                None => Error::from(error).in_value(path.clone()),
            })
        }
        other => Err(neither(path, other)),
    }
}

fn is_true(
    templates: &Templates,
    condition: &Value,
    vars: &Map<String, Value>,
    path: &ValuePath,
) -> Result<bool> {
    let value = match condition {
        Value::String(expression) => match templates.evaluate(expression, vars) {
            Ok(value) => value,
            Err(error) => {
                let meant = hint(Expected::Boolean, condition).or_else(|| braces(expression));
                return Err(match meant {
                    Some(why) => wrong(path, why),
                    None => Error::from(error).in_value(path.clone()),
                });
            }
        },
        other => other.clone(),
    };
    match value {
        Value::Bool(is_true) => Ok(is_true),
        other => Err(neither(path, &other)),
    }
}

/// Whether an expression is one word that is no variable, such as `no`.
fn is_word(expression: &str, variables: &BTreeSet<String>) -> bool {
    let word = expression.trim();
    check_variable_name(word).is_ok() && !variables.contains(word)
}

fn wrong(path: &ValuePath, why: String) -> Error {
    Error::File { path: path.clone(), what: format!("`{path}`"), why }
}

fn neither(path: &ValuePath, value: &Value) -> Error {
    wrong(path, format!("it is {value}, which is neither true nor false"))
}

/// What to write instead of an expression with braces around it, or around its variables.
fn braces(expression: &str) -> Option<String> {
    if !expression.contains("{{") {
        return None;
    }
    let inside = expression.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    Some(match inside.filter(|inside| !inside.contains("{{")) {
        Some(inside) => format!("it is an expression already; write `{}`, without the braces", inside.trim()),
        None => "it is an expression already; write its variables without braces around them".to_owned(),
    })
}
