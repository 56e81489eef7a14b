//! What a template imports another one as.
//!
//! The template engine takes any expression behind `as`, and panics at one that is no name. So it is looked at before the engine sees it.

/// What the engine takes for values, where names stand.
const VALUES: [&str; 6] = ["true", "True", "false", "False", "none", "None"];

/// Whether the tags of a template import others as names. The error says what does not.
pub(crate) fn check<'a>(tags: impl IntoIterator<Item = &'a str>) -> Result<(), String> {
    for tag in tags {
        if let Some(alias) = alias(tag)
            && (!is_name(alias) || VALUES.contains(&alias))
        {
            return Err("behind `as` in `import … as …` stands what is imported, which is a name".to_owned());
        }
    }
    Ok(())
}

/// What stands behind the first `as` of a tag that imports a template as a whole.
fn alias(tag: &str) -> Option<&str> {
    let tag = tag.trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim();
    let rest = tag.strip_prefix("import").filter(|rest| !rest.starts_with(is_of_word))?;
    let (mut quote, mut is_escaped, mut word) = (None, false, 0);
    for (at, character) in rest.char_indices() {
        let is_as = quote.is_none() && !is_of_word(character) && &rest[word..at] == "as";
        if is_as {
            let alias = rest[at..].trim();
            let without =
                ["with context", "without context"].iter().find_map(|marker| alias.strip_suffix(marker));
            return Some(without.map_or(alias, str::trim_end));
        }
        if !is_of_word(character) {
            word = at + character.len_utf8();
        }
        match (quote, character) {
            _ if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(start), _) if character == start => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            _ => {}
        }
    }
    None
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| !first.is_numeric()) && text.chars().all(is_of_word)
}

fn is_of_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_imported_as_a_name() {
        for tag in [
            "import 'a' as b",
            "- import \"x as y\" as _b1 -",
            "import a[0] ~ '.j2' as größe",
            "import 'a' as b with context",
            "import 'a' as b  without context ",
            // The engine says what is wrong with these.
            "import 'a'",
            "import 'it\\'s as 1'",
            "import 'a' as",
            "import",
            "from 'a' import b as c",
            "imported as 1",
            " import as b",
        ] {
            assert_eq!(check([tag]), Ok(()), "{tag}");
        }
        for tag in [
            "import 'a' as b | first",
            "import 'a'as(b)",
            "import 'a' as 1",
            "+import 'a' as true",
            "import 'a' as b.c",
            "import 'a' as b is as c",
            "import 'as' as 'as b'",
            "import 'a' as b with",
        ] {
            assert!(check([tag]).is_err(), "{tag}");
        }
    }
}
