//! The sections of a module or component: reading them, leaving some out, adding one.
//!
//! Modules and components are eight bytes followed by sections of one shape: a number, a length, that many bytes. A component's core modules and
//! components are sections whose bytes are a whole file again. What is written here is validated like any other file.

use thiserror::Error;

/// The numbers of the sections that matter here.
const CUSTOM: u8 = 0;
const CORE_EXPORTS: u8 = 7;
const NESTED_MODULE: u8 = 1;
const NESTED_COMPONENT: u8 = 4;
const COMPONENT_EXPORTS: u8 = 11;

/// The bytes before the first section: four that say WebAssembly, four of which the third tells modules and components apart.
const HEADER: usize = 8;

/// Bytes that are no WebAssembly.
#[derive(Debug, Error)]
#[error("its sections cannot be read")]
pub(crate) struct Unreadable;

/// What a shrunk file leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// The names of functions, which the message of a trap has.
    Keep,
    /// All that is only for people and tools.
    Drop,
}

/// Leaves out the custom sections that are not needed to run or to inspect a plugin, from nested modules as well.
pub(crate) fn shrink(bytes: &[u8], names: Names) -> Result<Vec<u8>, Unreadable> {
    rewrite(bytes, &|name| {
        let of_names = matches!(name, "name" | "component-name");
        let of_tools = matches!(
            name,
            "producers" | "target_features" | "sourceMappingURL" | "external_debug_info" | "build_id"
        ) || name.starts_with(".debug_")
            || name.starts_with("reloc.");
        !of_tools && (names == Names::Keep || !of_names)
    })
}

/// Takes every custom section of a name out of a file, but not out of what is nested in it. Returns the file without and what they held.
pub(crate) fn take<'a>(bytes: &'a [u8], wanted: &str) -> Result<(Vec<u8>, Vec<&'a [u8]>), Unreadable> {
    let (mut rest, mut taken) = (header(bytes)?.to_vec(), Vec::new());
    for section in sections(bytes)? {
        let section = section?;
        match section.custom() {
            Some((name, data)) if name == wanted => taken.push(data),
            _ => section.write(section.content, &mut rest),
        }
    }
    Ok((rest, taken))
}

/// Adds a custom section at the end.
pub(crate) fn append(bytes: &mut Vec<u8>, name: &str, data: &[u8]) {
    let mut content = Vec::with_capacity(data.len() + name.len() + 5);
    write_number(name.len(), &mut content);
    content.extend_from_slice(name.as_bytes());
    content.extend_from_slice(data);
    Section { id: CUSTOM, content: &content }.write(&content, bytes);
}

/// Gives an export of a component another name.
pub(crate) fn rename_export(bytes: &[u8], from: &str, to: &str) -> Result<Vec<u8>, Unreadable> {
    let with_length = |name: &str| {
        let mut bytes = Vec::new();
        write_number(name.len(), &mut bytes);
        bytes.extend_from_slice(name.as_bytes());
        bytes
    };
    let (from, to) = (with_length(from), with_length(to));
    let mut renamed = header(bytes)?.to_vec();
    for section in sections(bytes)? {
        let section = section?;
        let found = section.content.windows(from.len()).position(|window| window == from);
        match found.filter(|_| section.id == COMPONENT_EXPORTS) {
            Some(at) => {
                let (before, behind) = (&section.content[..at], &section.content[at + from.len()..]);
                section.write(&[before, &to, behind].concat(), &mut renamed);
            }
            None => section.write(section.content, &mut renamed),
        }
    }
    Ok(renamed)
}

/// Whether it is a component, rather than a core module.
pub(crate) fn is_component(bytes: &[u8]) -> bool {
    bytes.get(6) == Some(&1)
}

/// Whether a core module has a custom section of this name.
pub(crate) fn has_custom(bytes: &[u8], wanted: &str) -> Result<bool, Unreadable> {
    for section in sections(bytes)? {
        if section?.custom().is_some_and(|(name, _)| name == wanted) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The names of what a core module exports.
pub(crate) fn core_exports(bytes: &[u8]) -> Result<Vec<&str>, Unreadable> {
    let mut names = Vec::new();
    for section in sections(bytes)? {
        let Section { id: CORE_EXPORTS, mut content } = section? else { continue };
        for _ in 0..number(&mut content)? {
            names.push(text(&mut content)?);
            // What kind of thing it is, and its number.
            split(&mut content, 1)?;
            number(&mut content)?;
        }
    }
    Ok(names)
}

struct Section<'a> {
    id: u8,
    content: &'a [u8],
}

impl<'a> Section<'a> {
    /// The name and the data of a custom section.
    fn custom(&self) -> Option<(&'a str, &'a [u8])> {
        let mut content = self.content;
        let name = (self.id == CUSTOM).then(|| text(&mut content).ok())??;
        Some((name, content))
    }

    fn write(&self, content: &[u8], to: &mut Vec<u8>) {
        to.push(self.id);
        write_number(content.len(), to);
        to.extend_from_slice(content);
    }
}

fn rewrite(bytes: &[u8], keep: &dyn Fn(&str) -> bool) -> Result<Vec<u8>, Unreadable> {
    let mut rewritten = header(bytes)?.to_vec();
    let component = is_component(bytes);
    for section in sections(bytes)? {
        let section = section?;
        if section.custom().is_some_and(|(name, _)| !keep(name)) {
            continue;
        }
        if component && matches!(section.id, NESTED_MODULE | NESTED_COMPONENT) {
            section.write(&rewrite(section.content, keep)?, &mut rewritten);
        } else {
            section.write(section.content, &mut rewritten);
        }
    }
    Ok(rewritten)
}

fn header(bytes: &[u8]) -> Result<&[u8], Unreadable> {
    bytes.get(..HEADER).filter(|header| header.starts_with(b"\0asm")).ok_or(Unreadable)
}

fn sections(bytes: &[u8]) -> Result<impl Iterator<Item = Result<Section<'_>, Unreadable>>, Unreadable> {
    header(bytes)?;
    let mut rest = &bytes[HEADER..];
    Ok(std::iter::from_fn(move || {
        let (id, behind) = rest.split_first()?;
        rest = behind;
        let section = number(&mut rest).and_then(|length| split(&mut rest, length));
        if section.is_err() {
            rest = &[];
        }
        Some(section.map(|content| Section { id: *id, content }))
    }))
}

fn text<'a>(from: &mut &'a [u8]) -> Result<&'a str, Unreadable> {
    let length = number(from)?;
    std::str::from_utf8(split(from, length)?).map_err(|_| Unreadable)
}

fn split<'a>(from: &mut &'a [u8], length: usize) -> Result<&'a [u8], Unreadable> {
    let (first, rest) = from.split_at_checked(length).ok_or(Unreadable)?;
    *from = rest;
    Ok(first)
}

/// An unsigned LEB128 number of at most 32 bits.
fn number(from: &mut &[u8]) -> Result<usize, Unreadable> {
    let mut value = 0u64;
    for shift in (0..35).step_by(7) {
        let byte = split(from, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return u32::try_from(value).map(|value| value as usize).map_err(|_| Unreadable);
        }
    }
    Err(Unreadable)
}

fn write_number(mut value: usize, to: &mut Vec<u8>) {
    while value >= 0x80 {
        to.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nested_shrinks_as_well() {
        let mut module = wat::parse_str(r#"(module $inner (func $f (export "f")))"#).unwrap();
        append(&mut module, "producers", &[1; 200]);
        append(&mut module, "kept", b"x");
        let mut component = wat::parse_str("(component)").unwrap();
        Section { id: NESTED_MODULE, content: &module }.write(&module, &mut component);
        append(&mut component, "manifest", b"{}");

        let shrunk = shrink(&component, Names::Drop).unwrap();
        let has = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        assert!(has(&component, b"producers") && !has(&shrunk, b"producers"));
        assert!(has(&component, b"inner") && !has(&shrunk, b"inner"));
        assert!(has(&shrunk, b"kept") && has(&shrunk, b"manifest"));
        assert!(has(&shrink(&component, Names::Keep).unwrap(), b"inner"));
        assert_eq!(shrink(&shrunk, Names::Drop).unwrap(), shrunk);
    }

    #[test]
    fn a_section_is_taken_and_put_back() {
        let mut module =
            wat::parse_str(r#"(module (func (export "execute-task")) (memory (export "memory") 1))"#)
                .unwrap();
        let before = module.clone();
        append(&mut module, "manifest", b"{}");
        let (rest, taken) = take(&module, "manifest").unwrap();
        assert_eq!((rest, taken), (before, vec![&b"{}"[..]]));
        assert_eq!(core_exports(&module).unwrap(), ["execute-task", "memory"]);
        assert!(has_custom(&module, "manifest").unwrap());
        assert!(!is_component(&module));
    }

    #[test]
    fn what_is_cut_off_is_unreadable() {
        let module = wat::parse_str(r#"(module (func (export "f")))"#).unwrap();
        for length in 0..module.len() {
            // Whatever is left is read or refused.
            let _ = core_exports(&module[..length]);
            let _ = shrink(&module[..length], Names::Drop);
        }
        assert!(shrink(&module[..module.len() - 1], Names::Drop).is_err());
        assert!(shrink(b"\0asm", Names::Drop).is_err());
        assert!(shrink(b"hello world", Names::Drop).is_err());
    }
}
