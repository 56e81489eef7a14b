//! Tables without borders. On a terminal, what does not fit is wrapped within its column.

use std::io::{self, Write};

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

use crate::terminal::{STRONG, Terminal};

/// A column: its heading, how wide it is at least, and on which side its cells stand.
pub(crate) struct Column(pub(crate) &'static str, pub(crate) u16, pub(crate) CellAlignment);

/// What stands between two columns.
const GAP: u16 = 2;

/// Prints rows under their headings.
pub(crate) fn print(
    terminal: &Terminal,
    columns: &[Column],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> io::Result<()> {
    let text = render(columns, rows, terminal.width());
    let (headings, rows) = text.split_once('\n').unwrap_or((&text, ""));
    let mut out = terminal.out();
    writeln!(out, "{STRONG}{headings}{STRONG:#}")?;
    if rows.is_empty() { Ok(()) } else { writeln!(out, "{rows}") }
}

fn render(
    columns: &[Column],
    rows: impl IntoIterator<Item = Vec<String>>,
    terminal_width: Option<u16>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(columns.iter().map(|Column(heading, ..)| *heading));
    table.add_rows(rows);
    if let Some(width) = terminal_width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    for (column, Column(_, width, alignment)) in table.column_iter_mut().zip(columns) {
        column.set_padding((0, GAP)).set_cell_alignment(*alignment);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width + GAP)));
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column("NAME", 4, CellAlignment::Left),
        Column("SIZE", 6, CellAlignment::Right),
        Column("DESCRIPTION", 11, CellAlignment::Left),
    ];

    fn rows() -> Vec<Vec<String>> {
        let row = |name: &str, size: &str, description: &str| {
            vec![name.to_owned(), size.to_owned(), description.to_owned()]
        };
        vec![row("漢字", "7", "one two three four"), row("long-name", "-", "")]
    }

    #[test]
    fn columns_are_as_wide_as_they_have_to_be() {
        assert_eq!(
            render(&COLUMNS, rows(), None),
            "NAME         SIZE  DESCRIPTION\n漢字            7  one two three four\nlong-name       -"
        );
    }

    #[test]
    fn a_cell_is_wrapped_within_its_column() {
        assert_eq!(
            render(&COLUMNS, rows(), Some(34)),
            "NAME         SIZE  DESCRIPTION\n漢字            7  one two\n                   three four\nlong-name       -"
        );
    }
}
