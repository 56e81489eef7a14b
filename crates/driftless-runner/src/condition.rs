//! `when`: whether a task is run.

use driftless_plugin_api::hint::{Expected, hint};
use driftless_templates::Templates;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::file::TaskStep;

/// What has to be true, each with what it is called: one condition, or each of a list.
pub(crate) fn conditions(step: &TaskStep) -> impl Iterator<Item = (String, &Value)> {
    let (conditions, is_list): (&[Value], bool) = match &step.when {
        None => (&[], false),
        Some(Value::Array(conditions)) if !conditions.is_empty() => (conditions, true),
        Some(condition) => (std::slice::from_ref(condition), false),
    };
    conditions.iter().enumerate().map(move |(number, condition)| {
        let what = if is_list { format!("when[{number}]") } else { "when".to_owned() };
        (what, condition)
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
    for (what, condition) in conditions(step) {
        if !is_true(templates, condition, vars, &what)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What can be said of a condition without the variables that it uses.
pub(crate) fn check(templates: &Templates, condition: &Value, what: &str) -> Result<()> {
    match condition {
        Value::Bool(_) => Ok(()),
        Value::String(expression) => {
            templates.check_expression(expression).map_err(|error| match braces(expression) {
                Some(why) => wrong(what, why),
                None => error.at(what).into(),
            })
        }
        other => Err(neither(what, other)),
    }
}

fn is_true(templates: &Templates, condition: &Value, vars: &Map<String, Value>, what: &str) -> Result<bool> {
    let value = match condition {
        Value::String(expression) => match templates.evaluate(expression, vars) {
            Ok(value) => value,
            Err(error) => {
                let meant = hint(Expected::Boolean, condition).or_else(|| braces(expression));
                return Err(match meant {
                    Some(why) => wrong(what, why),
                    None => error.at(what).into(),
                });
            }
        },
        other => other.clone(),
    };
    match value {
        Value::Bool(is_true) => Ok(is_true),
        other => Err(neither(what, &other)),
    }
}

fn wrong(what: &str, why: String) -> Error {
    Error::File { what: format!("`{what}`"), why }
}

fn neither(what: &str, value: &Value) -> Error {
    wrong(what, format!("it is {value}, which is neither true nor false"))
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
