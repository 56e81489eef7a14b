//! Patterns of a schema: how large each is once it is compiled.

use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

use crate::limits::{
    MAX_COMPILED_PATTERN_BYTES, MAX_COMPILED_PATTERNS_BYTES, MAX_PATTERN_BYTES, MAX_PATTERNS,
};

/// The patterns of a schema, by how they are written.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    by_text: HashMap<String, Compiled>,
    compiled_bytes: usize,
}

#[derive(Debug)]
struct Compiled {
    regex: Regex,
    bytes: usize,
}

/// The sizes that are tried, the smallest first: a compiled pattern does not say how large it is.
const SIZES: [usize; 5] = [1 << 10, 4 << 10, 16 << 10, 64 << 10, MAX_COMPILED_PATTERN_BYTES];

impl Patterns {
    /// Adds a pattern. One that is there already counts once.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(crate) fn add(&mut self, pattern: &str) -> Result<(), String> {
        if self.by_text.contains_key(pattern) {
            return Ok(());
        }
        if pattern.len() > MAX_PATTERN_BYTES {
            return Err(format!("the pattern has more than {MAX_PATTERN_BYTES} bytes"));
        }
        if self.by_text.len() == MAX_PATTERNS {
            return Err(format!("there are more than {MAX_PATTERNS} different patterns"));
        }
        let compiled = compile(pattern)?;
        self.compiled_bytes += compiled.bytes;
        if self.compiled_bytes > MAX_COMPILED_PATTERNS_BYTES {
            return Err(format!(
                "all patterns together need more than {MAX_COMPILED_PATTERNS_BYTES} bytes of memory"
            ));
        }
        self.by_text.insert(pattern.to_owned(), compiled);
        Ok(())
    }

    /// Whether a pattern of the schema matches somewhere in a text.
    pub(crate) fn is_match(&self, pattern: &str, text: &str) -> bool {
        self.by_text.get(pattern).is_some_and(|compiled| compiled.regex.is_match(text))
    }

    /// The steps that it takes to match a text with a pattern: in the worst case as many for each byte as the pattern has states, which most patterns
    /// are far from.
    pub(crate) fn steps(&self, pattern: &str, text: &str) -> usize {
        let kib = self.by_text.get(pattern).map_or(1, |compiled| compiled.bytes >> 10);
        1 + text.len().saturating_mul(kib * kib) / 4096
    }
}

fn compile(pattern: &str) -> Result<Compiled, String> {
    // As the library that checks with it reads it.
    let translated = jsonschema_regex::to_rust_regex(pattern)
        .map_err(|()| "it is no pattern that can be matched in linear time".to_owned())?;
    for bytes in SIZES {
        match RegexBuilder::new(&translated).size_limit(bytes).dfa_size_limit(bytes).build() {
            Ok(regex) => return Ok(Compiled { regex, bytes }),
            Err(regex::Error::CompiledTooBig(_)) => {}
            Err(error) => {
                // The last line of what it says is the reason; the others show the pattern.
                let error = error.to_string();
                let why = error.lines().last().unwrap_or_default().trim();
                let why = why.strip_prefix("error: ").unwrap_or(why);
                return Err(format!("it is no pattern that can be matched in linear time: {why}"));
            }
        }
    }
    Err(format!("the pattern needs more than {MAX_COMPILED_PATTERN_BYTES} bytes of memory"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_every_day_are_small() {
        for pattern in [
            "^/",
            "^[a-z][a-z0-9_-]{0,62}$",
            r"^\d{4}-\d{2}-\d{2}$",
            r"^(\d{1,3}\.){3}\d{1,3}(/\d{1,2})?$",
            r"^[^\s@]+@[^\s@]+\.[^\s@]+$",
            r"^\w[\w.-]{0,253}\w$",
            "^(?:[a-f0-9]{64}|sha256:[a-f0-9]{64})$",
        ] {
            let compiled = compile(pattern).unwrap();
            assert!(compiled.bytes <= 64 << 10, "{pattern}: {}", compiled.bytes);
        }
        // The letters of all scripts are a lot of states, once.
        assert!(compile(r"^\p{L}[\p{L}\p{N} ]*$").is_ok());
    }

    #[test]
    fn what_takes_more_than_linear_time_is_refused() {
        for pattern in [r"(a)\1", "(?=a)b", "(?<!a)b", "(", "[a", "a{2,1}"] {
            assert!(Patterns::default().add(pattern).unwrap_err().contains("linear time"), "{pattern}");
        }
    }

    #[test]
    fn each_bound_is_one() {
        let refused = |patterns: &mut Patterns, pattern: &str| patterns.add(pattern).unwrap_err();
        let mut patterns = Patterns::default();
        assert!(patterns.add(&"a".repeat(MAX_PATTERN_BYTES)).is_ok());
        assert_eq!(
            refused(&mut patterns, &"a".repeat(MAX_PATTERN_BYTES + 1)),
            "the pattern has more than 1000 bytes"
        );
        assert_eq!(
            refused(&mut patterns, r"\p{L}{45}"),
            "the pattern needs more than 262144 bytes of memory"
        );

        for number in 1..MAX_PATTERNS {
            patterns.add(&format!("^{number}$")).unwrap();
        }
        assert!(patterns.add("^1$").is_ok(), "that one is there");
        assert_eq!(refused(&mut patterns, "^more$"), "there are more than 200 different patterns");

        let mut patterns = Patterns::default();
        let error = (0..100).find_map(|number| patterns.add(&format!(r"\p{{L}}{{4}}{number}")).err());
        assert_eq!(error.unwrap(), "all patterns together need more than 2097152 bytes of memory");
    }
}
