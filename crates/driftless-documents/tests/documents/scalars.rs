//! The table of the book: scalars as people type them, and what they are in each format. A case is a line of the table.

use driftless_documents::{Format, parse_setting, read};
use serde_json::{Map, Value};

const PAGE: &str = include_str!("../../../../docs/src/documents.md");

/// The columns behind what is typed.
const COLUMNS: [&str; 5] = ["YAML", "JSON", "TOML", "`--set`", "`--set-string`"];

/// What a scalar becomes, as the table has it.
fn becomes(column: &str, typed: &str) -> String {
    let read = |format, text: String| {
        let mut map: Map<String, Value> = read(format, &text).ok()?;
        map.remove("x")
    };
    let value = match column {
        "YAML" => read(Format::Yaml, format!("x: {typed}\n")),
        "JSON" => read(Format::Json, format!("{{\"x\": {typed}}}")),
        "TOML" => read(Format::Toml, format!("x = {typed}\n")),
        "`--set`" => parse_setting(typed).ok(),
        _ => Some(typed.into()),
    };
    value.map_or_else(|| "refused".to_owned(), |value| format!("`{value}`"))
}

#[test]
fn every_scalar_is_what_the_book_says() {
    let rows = PAGE.lines().skip_while(|line| !line.starts_with("| as typed |"));
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    let header: Vec<&str> = cells(rows[0]);
    assert_eq!(header[1..], COLUMNS);
    assert!(rows.len() > 60, "the table has {} lines", rows.len());
    let mut wrong = Vec::new();
    for row in &rows[2..] {
        let typed = cells(row)[0].trim_matches('`');
        let line = COLUMNS
            .iter()
            .fold(format!("| `{typed}` |"), |line, column| format!("{line} {} |", becomes(column, typed)));
        if line != *row {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "these lines of docs/src/documents.md would be true:\n{}", wrong.join("\n"));
}

fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}
