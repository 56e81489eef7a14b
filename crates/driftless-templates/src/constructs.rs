//! What begins in a template and does not end.
//!
//! The template engine tells where it noticed, which may be the end of the file. What a person needs is where the construct began.

use std::ops::Range;

use minijinja::syntax::SyntaxConfig;

/// Something that begins and does not end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unended {
    /// Where it begins, in bytes.
    pub(crate) place: Range<usize>,
    /// What it is, and what is missing.
    pub(crate) message: String,
    /// Whether it is a block, which other tags stand in.
    pub(crate) is_block: bool,
}

/// The blocks that have an end: `raw` is no block of this kind, since nothing in it is one.
const BLOCKS: [&str; 9] = ["if", "for", "block", "macro", "call", "filter", "autoescape", "with", "set"];

/// What does not end in a template, if something does not. Delimiters, strings and brackets go before blocks.
///
/// Where lines are statements, nothing can be told.
pub(crate) fn unended(source: &str, syntax: &SyntaxConfig) -> Option<Unended> {
    if syntax.line_statement_prefix().is_some() {
        return None;
    }
    let mut open: Vec<Block<'_>> = Vec::new();
    let mut delimiters = Delimiters::new(source, syntax);
    let mut at = 0;
    while let Some((start, kind)) = delimiters.next_from(at) {
        let (begin, end) = kind.delimiters(syntax);
        let inside = start + begin.len();
        if kind == Kind::Comment {
            let Some(length) = source[inside..].find(end) else {
                return Some(missing(start..inside, format!("the comment that begins here has no `{end}`")));
            };
            at = inside + length + end.len();
            continue;
        }
        let length = match end_of_tag(&source[inside..], end) {
            Ok(length) => length,
            Err(Open::Tag) => {
                return Some(missing(start..inside, format!("`{begin}` begins here and has no `{end}`")));
            }
            Err(inner) => return Some(inner.moved(inside)),
        };
        at = inside + length + end.len();
        if kind == Kind::Variable {
            continue;
        }
        let tag = source[inside..inside + length].trim_start_matches(['-', '+']);
        let word = first_word(tag);
        if word == "raw" {
            match end_of_raw(source, at, syntax) {
                Some(behind) => at = behind,
                None => return Some(block_without_end(start..at, word)),
            }
        } else if let Some(ended) = word.strip_prefix("end") {
            match open.pop() {
                Some(block) if block.word == ended => {}
                Some(block) => return Some(block_without_end(block.place, block.word)),
                None => return None,
            }
        } else if BLOCKS.contains(&word) && !(word == "set" && assigns(tag)) {
            open.push(Block { word, place: start..at });
        }
    }
    open.pop().map(|block| block_without_end(block.place, block.word))
}

/// What does not end in an expression that stands by itself: a string or a bracket.
pub(crate) fn unended_in_expression(expression: &str) -> Option<Unended> {
    // No expression has this character, so it is read to its end.
    match end_of_tag(expression, "\0") {
        Ok(_) | Err(Open::Tag) => None,
        Err(inner) => Some(inner.moved(0)),
    }
}

/// A block that has begun.
struct Block<'s> {
    word: &'s str,
    place: Range<usize>,
}

fn missing(place: Range<usize>, message: String) -> Unended {
    Unended { place, message, is_block: false }
}

fn block_without_end(place: Range<usize>, word: &str) -> Unended {
    let message = format!("the `{word}` that begins here has no `end{word}`");
    Unended { place, message, is_block: true }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Variable,
    Block,
    Comment,
}

impl Kind {
    fn delimiters(self, syntax: &SyntaxConfig) -> (&str, &str) {
        match self {
            Self::Variable => syntax.variable_delimiters(),
            Self::Block => syntax.block_delimiters(),
            Self::Comment => syntax.comment_delimiters(),
        }
    }
}

/// Where tags and comments begin.
struct Delimiters<'s> {
    source: &'s str,
    /// What each kind begins with, and where that comes next. One that does not come any more is not searched for again, so the text is read
    /// through a few times at most.
    next: [(Kind, &'s str, Option<usize>); 3],
}

impl<'s> Delimiters<'s> {
    fn new(source: &'s str, syntax: &'s SyntaxConfig) -> Self {
        let next = [Kind::Variable, Kind::Block, Kind::Comment].map(|kind| {
            let (begin, _) = kind.delimiters(syntax);
            (kind, begin, source.find(begin))
        });
        Self { source, next }
    }

    /// The first that begins here or behind this. Of two at the same place, the longer one counts.
    fn next_from(&mut self, from: usize) -> Option<(usize, Kind)> {
        for (_, begin, next) in &mut self.next {
            if next.is_some_and(|at| at < from) {
                *next = self.source.get(from..).and_then(|rest| rest.find(*begin)).map(|at| from + at);
            }
        }
        let found = self.next.iter().filter_map(|(kind, begin, at)| Some(((*at)?, begin.len(), *kind)));
        let first = found.min_by_key(|(at, length, _)| (*at, std::cmp::Reverse(*length)));
        first.map(|(at, _, kind)| (at, kind))
    }
}

/// What is open where a tag should have ended.
enum Open {
    /// Nothing but the tag.
    Tag,
    /// A string that begins here, behind the beginning of the tag.
    String(usize),
    /// A bracket.
    Bracket(usize, char),
}

impl Open {
    fn moved(self, by: usize) -> Unended {
        match self {
            Self::Tag => missing(by..by, "it has no end".to_owned()),
            Self::String(at) => {
                missing(by + at..by + at + 1, "the string that begins here has no end".to_owned())
            }
            Self::Bracket(at, bracket) => {
                let closing = closing(bracket);
                missing(by + at..by + at + 1, format!("`{bracket}` has no `{closing}`"))
            }
        }
    }
}

fn closing(bracket: char) -> char {
    match bracket {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// Where a tag ends, or what in it does not.
fn end_of_tag(inside: &str, end: &str) -> Result<usize, Open> {
    let mut brackets: Vec<(usize, char)> = Vec::new();
    let mut quote: Option<(usize, char)> = None;
    let mut is_escaped = false;
    for (at, character) in inside.char_indices() {
        match (quote, character) {
            _ if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some((_, begin)), _) if character == begin => quote = None,
            (Some(_), _) => {}
            (None, _) if brackets.is_empty() && inside[at..].starts_with(end) => return Ok(at),
            (None, '"' | '\'') => quote = Some((at, character)),
            (None, '(' | '[' | '{') => brackets.push((at, character)),
            (None, ')' | ']' | '}') => match brackets.pop() {
                Some((_, bracket)) if closing(bracket) == character => {}
                Some((at, bracket)) => return Err(Open::Bracket(at, bracket)),
                None => return Err(Open::Tag),
            },
            (None, _) => {}
        }
    }
    match (quote, brackets.pop()) {
        (Some((at, _)), _) => Err(Open::String(at)),
        (None, Some((at, bracket))) => Err(Open::Bracket(at, bracket)),
        (None, None) => Err(Open::Tag),
    }
}

/// The byte behind the end of a raw block, whose contents begin here.
fn end_of_raw(source: &str, from: usize, syntax: &SyntaxConfig) -> Option<usize> {
    let (begin, end) = syntax.block_delimiters();
    source[from..].match_indices(begin).find_map(|(at, _)| {
        let inside = from + at + begin.len();
        let length = source[inside..].find(end)?;
        let tag = source[inside..inside + length].trim_start_matches(['-', '+']);
        (first_word(tag) == "endraw").then_some(inside + length + end.len())
    })
}

/// Whether `set` has its value in the tag, rather than in a block. The arguments of a filter have signs like that, too.
fn assigns(tag: &str) -> bool {
    tag.split(['|', '(']).next().unwrap_or_default().contains('=')
}

fn first_word(tag: &str) -> &str {
    let tag = tag.trim_start();
    let end = tag.find(|character: char| !character.is_alphanumeric() && character != '_');
    &tag[..end.unwrap_or(tag.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Option<(usize, String)> {
        unended(source, &SyntaxConfig::default()).map(|unended| (unended.place.start, unended.message))
    }

    #[test]
    fn what_does_not_end_is_found_where_it_begins() {
        for (source, at, message) in [
            ("a\n{% if x %}\nno end\n", 2, "the `if` that begins here has no `endif`"),
            ("{% for a in b %}{% if c %}{% endif %}", 0, "the `for` that begins here has no `endfor`"),
            ("{% for a in b %}{% if c %}{% endfor %}", 16, "the `if` that begins here has no `endif`"),
            ("{% set x %}abc", 0, "the `set` that begins here has no `endset`"),
            ("{% raw %}{{ x {% if", 0, "the `raw` that begins here has no `endraw`"),
            ("{%- block a -%}", 0, "the `block` that begins here has no `endblock`"),
            ("a {{ x\nb", 2, "`{{` begins here and has no `}}`"),
            ("a {{ x }\nb", 2, "`{{` begins here and has no `}}`"),
            ("{% if x", 0, "`{%` begins here and has no `%}`"),
            ("a {# x\nb", 2, "the comment that begins here has no `#}`"),
            ("{{ 'abc }}\n", 3, "the string that begins here has no end"),
            ("{{ foo( }}", 6, "`(` has no `)`"),
            ("{{ [1, 2 }}", 3, "`[` has no `]`"),
            ("{{ {'a': (1} }}", 9, "`(` has no `)`"),
        ] {
            assert_eq!(found(source), Some((at, message.to_owned())), "{source}");
        }
    }

    #[test]
    fn a_long_template_is_read_in_one_go() {
        // Looked for again at each tag, comments would take minutes.
        assert_eq!(found(&"{% if 1 %}{% endif %}".repeat(50_000)), None);
    }

    #[test]
    fn what_ends_is_not_found() {
        for source in [
            "",
            "{% if a %}{% else %}{% endif %}{% for x in y %}{% endfor %}",
            "{% set x = f(1) %}{% set y %}{% endset %}{% set z | f(a=1) %}{% endset %}",
            "{% raw %}{{ {% if %} {# {% endraw %}{{ x }}",
            "{# {% if %} #}{{ '}}' ~ \"'\" ~ '\\'' }}",
            "{{ {'a': {'b': [1, (2)]}} }}",
            "{% include 'a' %}{% import 'a' as b %}{% do x %}",
            "{% endif %}",
            "}} %} #}",
        ] {
            assert_eq!(found(source), None, "{source}");
        }
    }

    #[test]
    fn an_expression_has_strings_and_brackets() {
        assert_eq!(
            unended_in_expression("a == 'b"),
            Some(missing(5..6, "the string that begins here has no end".to_owned()))
        );
        assert_eq!(unended_in_expression("f(a"), Some(missing(1..2, "`(` has no `)`".to_owned())));
        assert_eq!(unended_in_expression("f(a) =="), None);
        assert_eq!(unended_in_expression("a }"), None);
    }
}
