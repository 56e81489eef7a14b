//! How deep the parts of a template stand in each other.
//!
//! The template engine reads an expression by recursion and bounds that for brackets and blocks only. A chain of operators, of attributes, of filters
//! or of `elif` is nested as well, and 20,000 links of one end the stack. So links are counted before the engine sees them.

/// The links of chains in each other: operators, attributes, filters, in all brackets around a place together.
const MAX_LINKS: usize = 500;

/// The branches `elif` of all conditions around a place together.
const MAX_BRANCHES: usize = 500;

/// Whether the tags of a template, in order, are nested no deeper than the engine can bear. The error says what is too much.
pub(crate) fn check<'a>(tags: impl IntoIterator<Item = &'a str>) -> Result<(), String> {
    // For each condition that is open, the branches of those around it and its own.
    let mut branches = vec![0_usize];
    for tag in tags {
        if links(tag) > MAX_LINKS {
            return Err(format!(
                "an expression has more than {MAX_LINKS} operators, attributes and filters in a row"
            ));
        }
        let word = tag.trim_start_matches(['-', '+']).trim_start();
        let around = branches.last().copied().unwrap_or(0);
        match word.split(|character: char| !character.is_alphanumeric()).next() {
            Some("if") => branches.push(around),
            Some("endif") if branches.len() > 1 => drop(branches.pop()),
            Some("elif") => {
                if around == MAX_BRANCHES {
                    return Err(format!("a condition has more than {MAX_BRANCHES} branches `elif`"));
                }
                *branches.last_mut().unwrap_or(&mut 0) = around + 1;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The most links that stand in each other in a tag, estimated from above: words and signs are counted, and a comma begins anew.
fn links(tag: &str) -> usize {
    let (mut quote, mut is_escaped, mut in_word) = (None, false, false);
    // Where the count stood at the beginning of each bracket that is open.
    let mut open: Vec<usize> = Vec::new();
    let (mut count, mut most) = (0_usize, 0_usize);
    for character in tag.chars() {
        let is_word = character.is_alphanumeric() || character == '_';
        match (quote, character) {
            _ if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(start), _) if character == start => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => {
                quote = Some(character);
                count += 1;
            }
            (None, '(' | '[' | '{') => {
                open.push(count);
                count += 1;
            }
            (None, ')' | ']' | '}') => count = open.pop().map_or(count, |before| before + 1),
            // What stands between commas stands beside what is before them.
            (None, ',') => count = open.last().copied().unwrap_or(0),
            (None, _) if is_word => count += usize::from(!in_word),
            (None, _) if character.is_whitespace() => {}
            (None, _) => count += 1,
        }
        in_word = is_word && quote.is_none();
        most = most.max(count);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_counted_from_above() {
        for (tag, expected) in [
            ("", 0),
            ("a", 1),
            (" a.b | c ", 5),
            ("not not 1", 3),
            ("[1, 2, 3]", 2),
            ("a([b + c, d], e) + 1", 6),
            ("'a + b + c \\' + d'", 1),
            ("((((1))))", 5),
        ] {
            assert_eq!(links(tag), expected, "{tag}");
        }
    }

    #[test]
    fn long_lists_are_flat() {
        let list = format!("[{}]", "{'name': 'a', 'port': 80}, ".repeat(10_000));
        assert!(check([list.as_str()]).is_ok());
        assert!(check(std::iter::repeat_n("a.b + c", 100_000)).is_ok());
        let conditions = ["if a", "elif b", "else", "endif"];
        assert!(check(std::iter::repeat_n(conditions, 10_000).flatten()).is_ok());
    }

    #[test]
    fn each_bound_is_one() {
        let chain = "not ".repeat(MAX_LINKS - 1) + "1";
        assert!(check([chain.as_str()]).is_ok());
        assert!(
            check([format!("not {chain}").as_str()])
                .unwrap_err()
                .starts_with("an expression has more than 500")
        );
        let many = |number| std::iter::once("if a").chain(std::iter::repeat_n("- elif b", number));
        assert!(check(many(MAX_BRANCHES)).is_ok());
        assert_eq!(
            check(many(MAX_BRANCHES + 1)).unwrap_err(),
            "a condition has more than 500 branches `elif`"
        );
        // Those around count as well.
        let nested = many(300).chain(many(300));
        assert!(check(nested).is_err());
    }
}
