//! Whether a template uses names that are not built in, and so may be a plugin's.
//!
//! The template engine does not say which filters a template uses, so its text is looked at. Where it cannot be told, the answer is
//! that it may: then plugins are looked at, and nothing else changes.

use minijinja::syntax::SyntaxConfig;

/// The tags of a template: what stands between the delimiters of variables and of blocks.
///
/// Where the text may be read in more than one way, it is one single tag.
pub(crate) fn tags<'s>(source: &'s str, syntax: &SyntaxConfig) -> Vec<&'s str> {
    if syntax.line_statement_prefix().is_some() {
        return vec![source];
    }
    let delimiters = [
        (syntax.variable_delimiters(), false),
        (syntax.block_delimiters(), false),
        (syntax.comment_delimiters(), true),
    ];
    // Where each of them comes next. One that does not come any more is not searched for again, so the text is read through a few times at most.
    let find = |start: &str, from: usize| source.get(from..)?.find(start).map(|at| from + at);
    let mut next = delimiters.map(|((start, _), _)| find(start, 0));
    let mut tags = Vec::new();
    // Of two delimiters that begin at the same place, the longer one counts.
    while let Some((at, ((start, end), is_comment))) = next
        .iter()
        .zip(&delimiters)
        .filter_map(|(at, delimiter)| Some(((*at)?, *delimiter)))
        .min_by_key(|(at, ((start, _), _))| (*at, std::cmp::Reverse(start.len())))
    {
        let inside = &source[at + start.len()..];
        let length = if is_comment { inside.find(end) } else { end_of_tag(inside, end) };
        let length = length.unwrap_or(inside.len());
        let mut behind = at + start.len() + length + end.len();
        if start == syntax.block_delimiters().0 && is_tag(&inside[..length], "raw") {
            // What is raw is no tag, whatever it looks like, and it may look like the beginning of a comment.
            behind = end_of_raw(source, behind, syntax.block_delimiters());
        } else if !is_comment {
            tags.push(&inside[..length]);
        }
        for (next, ((start, _), _)) in next.iter_mut().zip(&delimiters) {
            if next.is_some_and(|at| at < behind) {
                *next = find(start, behind);
            }
        }
    }
    tags
}

/// Whether a tag is one word, perhaps with signs about white space around it.
fn is_tag(inside: &str, word: &str) -> bool {
    inside.trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim() == word
}

/// What is behind the tag that ends raw text.
fn end_of_raw(source: &str, from: usize, (start, end): (&str, &str)) -> usize {
    let mut at = from;
    while let Some(found) = source.get(at..).and_then(|rest| rest.find(start)) {
        let inside = at + found + start.len();
        match source[inside..].find(end) {
            Some(length) if is_tag(&source[inside..inside + length], "endraw") => {
                return inside + length + end.len();
            }
            _ => at = inside,
        }
    }
    source.len()
}

/// Where a tag ends. Delimiters in strings and in brackets are a part of it.
fn end_of_tag(inside: &str, end: &str) -> Option<usize> {
    let (mut depth, mut quote, mut is_escaped) = (0_usize, None, false);
    for (at, character) in inside.char_indices() {
        match (quote, character) {
            _ if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), _) if character == open => quote = None,
            (Some(_), _) => {}
            (None, _) if depth == 0 && inside[at..].starts_with(end) => return Some(at),
            (None, '"' | '\'') => quote = Some(character),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
    }
    None
}

/// Whether a tag or an expression may use a filter that `is_built_in` does not know.
///
/// Looks at whatever stands behind a `|` or the word `filter`, in strings as well.
pub(crate) fn uses_other_filters(source: &str, is_built_in: impl Fn(&str) -> bool) -> bool {
    let is_other = |behind: &str| {
        let (name, behind) = filter_name(behind);
        match name.as_str() {
            "" => false,
            "map" => maps_by_name(behind),
            // They are given the name of a test, and `filter` is one that asks for filters.
            "select" | "reject" | "selectattr" | "rejectattr" => behind.trim_start().starts_with('('),
            name => !is_built_in(name),
        }
    };
    let behind_pipes = source.match_indices('|').any(|(at, _)| is_other(&source[at + 1..]));
    behind_pipes || words(source, "filter").any(|(before, behind)| is_test(before) || is_other(behind))
}

/// The filters that a tag uses, each with where its name begins in the tag. What stands in strings is none, and neither is what `map` is given.
pub(crate) fn used_filters(tag: &str) -> Vec<(usize, String)> {
    let outside = without_strings(tag);
    let is_block = first_word(&outside) == "filter";
    let block = is_block.then(|| outside.find("filter").unwrap_or_default() + "filter".len());
    let behind_pipes = outside.match_indices('|').map(|(at, _)| at + 1);
    let uses = block.into_iter().chain(behind_pipes).filter_map(|behind| {
        let from = &outside[behind..];
        let blank = from.len() - from.trim_start().len();
        let (name, _) = filter_name(from);
        (!name.is_empty()).then_some((behind + blank, name))
    });
    uses.collect()
}

/// The tests that a tag uses, `defined` of `x is not defined`, each with where its name begins in the tag.
pub(crate) fn used_tests(tag: &str) -> Vec<(usize, String)> {
    let outside = without_strings(tag);
    let tests = words(&outside, "is").filter(|(before, _)| !before.trim_end().ends_with('.'));
    let tests = tests.filter_map(|(_, behind)| {
        let behind = behind.trim_start();
        let without_not = behind.strip_prefix("not").filter(|rest| !rest.starts_with(is_part_of_name));
        let behind = without_not.unwrap_or(behind).trim_start();
        let (name, _) = filter_name(behind);
        let is_name = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
        is_name.then_some((outside.len() - behind.len(), name))
    });
    tests.collect()
}

/// A tag in which blanks stand for what is in strings, each byte for one.
fn without_strings(tag: &str) -> String {
    let (mut quote, mut is_escaped) = (None, false);
    let mut outside = String::with_capacity(tag.len());
    for character in tag.chars() {
        let is_outside = quote.is_none();
        match (quote, character) {
            _ if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), _) if character == open => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            _ => {}
        }
        match is_outside && quote.is_none() {
            true => outside.push(character),
            false => outside.extend(std::iter::repeat_n(' ', character.len_utf8())),
        }
    }
    outside
}

/// The word with which a tag begins, behind a sign about white space.
fn first_word(tag: &str) -> &str {
    let tag = tag.trim_start_matches(['-', '+']).trim_start();
    &tag[..tag.find(|character| !is_part_of_name(character)).unwrap_or(tag.len())]
}

/// The names that a tag calls: `f` of `f(1)`, `plugin` of `plugin.f(1)` and of `plugin['f'](1)`.
///
/// What stands in strings counts as well, and a name behind which something is looked up by `[…]`.
pub(crate) fn called_names(tag: &str) -> impl Iterator<Item = &str> {
    let mut rest = tag;
    std::iter::from_fn(move || {
        while let Some(start) = rest.find(is_part_of_name) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|character| !is_part_of_name(character)).unwrap_or(from.len());
            let (name, mut behind) = from.split_at(end);
            // An attribute of something is no name of its own.
            let is_attribute = before.trim_end().ends_with('.');
            rest = behind;
            while let Some(attribute) = behind.trim_start().strip_prefix('.') {
                behind = attribute.trim_start().trim_start_matches(is_part_of_name);
            }
            if !is_attribute && behind.trim_start().starts_with(['(', '[']) {
                return Some(name);
            }
        }
        None
    })
}

/// Whether a tag is about other templates: it includes, imports or extends one.
pub(crate) fn uses_templates(tag: &str) -> bool {
    ["include", "import", "extends"].iter().any(|word| words(tag, word).next().is_some())
}

/// The name of a filter, which may have several parts with a dot and white space between them, and what is behind it.
fn filter_name(source: &str) -> (String, &str) {
    let mut name = String::new();
    let mut rest = source.trim_start();
    loop {
        let end = rest.find(|character: char| !is_part_of_name(character)).unwrap_or(rest.len());
        if end == 0 {
            return (name, rest);
        }
        name.push_str(&rest[..end]);
        rest = &rest[end..];
        match rest.trim_start().strip_prefix('.') {
            Some(behind) => {
                name.push('.');
                rest = behind.trim_start();
            }
            None => return (name, rest),
        }
    }
}

/// Whether `map` is given the name of a filter, which may come from anywhere, rather than that of an attribute.
fn maps_by_name(behind: &str) -> bool {
    let arguments = behind.trim_start().strip_prefix('(').unwrap_or_default().trim_start();
    !arguments.starts_with("attribute")
}

/// Whether `filter` behind this is the test of that name: `'slugify' is filter`.
fn is_test(before: &str) -> bool {
    let before = before.trim_end();
    ["is", "not"]
        .iter()
        .any(|word| before.strip_suffix(word).is_some_and(|before| !before.ends_with(is_part_of_name)))
}

/// Where a word stands by itself: what is before it, and what is behind it.
fn words<'a>(source: &'a str, word: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    source.match_indices(word).filter_map(move |(at, _)| {
        let (before, behind) = (&source[..at], &source[at + word.len()..]);
        let is_alone = !before.ends_with(is_part_of_name) && !behind.starts_with(is_part_of_name);
        is_alone.then_some((before, behind))
    })
}

fn is_part_of_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(source: &str) -> bool {
        let is_built_in = |name: &str| ["upper", "join", "default"].contains(&name);
        tags(source, &SyntaxConfig::default()).iter().any(|tag| uses_other_filters(tag, is_built_in))
    }

    #[test]
    fn a_long_template_is_read_in_one_go() {
        // 100,000 tags and neither blocks nor comments: looked for again at each tag, they would take minutes.
        let source = "{{ 1 }} text ".repeat(100_000);
        assert_eq!(tags(&source, &SyntaxConfig::default()).len(), 100_000);
    }

    #[test]
    fn what_is_given_the_name_of_a_test_may_ask_for_filters() {
        assert!(uses("{{ ['slugify'] | select('filter') | join }}"));
        assert!(uses("{{ items | rejectattr('name', kind) | join }}"));
        assert!(!uses("{{ items | select | join }}"));
    }

    #[test]
    fn a_tag_ends_where_the_engine_ends_it() {
        for (source, expected) in [
            ("", &[][..]),
            ("text | more", &[]),
            ("a {{ b }} c {% d %} e", &[" b ", " d "]),
            ("{{- b -}}", &["- b -"]),
            ("{{ {'a': {'b': 1}} | c }} d", &[" {'a': {'b': 1}} | c "]),
            ("{{ '}}' ~ \"'}}\" ~ '\\'}}' | c }} d", &[" '}}' ~ \"'}}\" ~ '\\'}}' | c "]),
            ("{# {{ a | b }} #}{{ c }}", &[" c "]),
            ("{{ a | b", &[" a | b"]),
        ] {
            assert_eq!(tags(source, &SyntaxConfig::default()), expected, "{source}");
        }
        for (raw, expected) in [
            ("{% raw %}{# {% endraw %}{{ a | b }}{# #}", &[" a | b "][..]),
            ("{%- raw -%}{{ x }}{% raw %}{% if {%- endraw +%}{{ a }}", &[" a "]),
            ("{{ raw }}{% raw %}{{ x }}", &[" raw "]),
            ("raw {{ a }} {% rawly %}", &[" a ", " rawly "]),
        ] {
            assert_eq!(tags(raw, &SyntaxConfig::default()), expected, "{raw}");
        }
        let syntax = SyntaxConfig::builder()
            .variable_delimiters("${", "}")
            .block_delimiters("<%", "%>")
            .comment_delimiters("<#", "#>")
            .build()
            .unwrap();
        assert_eq!(tags("{{ a }} ${ {'b': 1} | c } <% d %>", &syntax), [" {'b': 1} | c ", " d "]);
    }

    #[test]
    fn filters_are_seen_outside_of_strings() {
        for (tag, expected) in [
            (" x | upper ", &[(5, "upper")][..]),
            (" 'a | b' | c.d(1 | e) ", &[(11, "c.d"), (19, "e")]),
            ("- filter slugify | f -", &[(9, "slugify"), (19, "f")]),
            (" set x | f ", &[(9, "f")]),
            (" filters | map('g') ", &[(11, "map")]),
            (" a || b ", &[(6, "b")]),
            (" 'ü|' ~ \"\\\"|\" ", &[]),
        ] {
            let expected: Vec<_> = expected.iter().map(|(at, name)| (*at, (*name).to_owned())).collect();
            assert_eq!(used_filters(tag), expected, "{tag}");
        }
    }

    #[test]
    fn tests_are_seen_outside_of_strings() {
        for (tag, expected) in [
            (" if x is defined and y is not none ", &[(9, "defined"), (30, "none")][..]),
            ("x is divisibleby(3)", &[(5, "divisibleby")]),
            ("'a is b' ~ this.is ", &[]),
            ("x is not", &[]),
            ("island is a.b", &[(10, "a.b")]),
            ("x is notable", &[(5, "notable")]),
        ] {
            let expected: Vec<_> = expected.iter().map(|(at, name)| (*at, (*name).to_owned())).collect();
            assert_eq!(used_tests(tag), expected, "{tag}");
        }
    }

    #[test]
    fn what_is_called_is_seen() {
        for (tag, expected) in [
            ("", &[][..]),
            (" port | default(80) ", &["default"]),
            (" a.b.c | d ~ 'e' ", &[]),
            ("f(g(1), h)", &["f", "g"]),
            ("f\n (1)", &["f"]),
            ("plugin . f (1).g(2) + x.y", &["plugin"]),
            ("plugin['f'](1)", &["plugin"]),
            ("- for ä_1 in f() -", &["f"]),
            ("a b(", &["b"]),
            ("a.", &[]),
            (".a(", &[]),
        ] {
            assert_eq!(called_names(tag).collect::<Vec<_>>(), expected, "{tag}");
        }
    }

    #[test]
    fn other_templates_are_seen() {
        for source in
            ["{% include 'a' %}", "{%- import 'a' as b %}", "{% from a import b %}", "{% extends a %}"]
        {
            assert!(tags(source, &SyntaxConfig::default()).into_iter().any(uses_templates), "{source}");
        }
        assert!(!uses_templates(" included "));
    }

    #[test]
    fn filters_of_plugins_are_seen_wherever_they_stand() {
        for source in [
            "{{ x | slugify }}",
            "{{x|slugify}}",
            "{{ x | upper | slugify(1) }}",
            "{{ x |\n slugify }}",
            "{{ x | a_plugin.upper }}",
            "{{ x | a_plugin\n . upper }}",
            "{% filter slugify %}x{% endfilter %}",
            "{% filter upper | slugify %}x{% endfilter %}",
            "{% set x | slugify %}x{% endset %}",
            "{{ [1] | map('slugify') }}",
            "{{ [1] | map(name) }}",
            "{{ 'slugify' is filter }}",
            "{{ 'slugify' is not filter }}",
        ] {
            assert!(uses(source), "{source}");
        }
    }

    #[test]
    fn what_is_built_in_needs_no_plugin() {
        for source in [
            "",
            "|",
            "a || b",
            "{{ x | upper }} {{ x|join(', ')|default(1) }}",
            "{{ [x] | map(attribute='name') | join }}",
            "{% filter upper %}x{% endfilter %}",
            "{{ filters }} {{ my_filter }}",
            "| a | table |",
            "{{ x }} | {{ x }} | text {# {{ x | slugify }} #}",
        ] {
            assert!(!uses(source), "{source}");
        }
    }
}
