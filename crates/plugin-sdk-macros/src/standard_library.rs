//! What of the standard library does nothing in a plugin, found where the author wrote it.
//!
//! Only paths are seen, as they are written: `std::fs::read`, `use std::{fs, io}`. What a library does, the SDK explains when it fails.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Item;

/// A use of the standard library that brings nothing in a plugin.
pub(crate) struct VainUse {
    /// Where it is written.
    pub(crate) span: Span,
    /// What happens.
    pub(crate) what: &'static str,
    /// What to use instead.
    pub(crate) instead: &'static str,
    /// Whether it is so for every target, or only for `wasm32-unknown-unknown`.
    pub(crate) everywhere: bool,
}

/// A path in `std`, and what is said about it.
struct Rule {
    path: &'static [&'static str],
    what: &'static str,
    instead: &'static str,
    everywhere: bool,
}

const fn rule(path: &'static [&'static str], what: &'static str, instead: &'static str) -> Rule {
    Rule { path, what, instead, everywhere: true }
}

const NO_FILES: &str = "`std::fs` finds no file in a plugin";
const FS: &str = "use `fs` of `plugin_sdk::prelude`, and ask for the files with `#[plugin(files(\"…\"))]`";
const NO_NETWORK: &str = "`std::net` reaches nothing from a plugin";
const HTTP: &str =
    "use `http` of `plugin_sdk::prelude`, and ask for the hosts with `#[plugin(network(\"…\"))]`";
const NO_VARIABLES: &str = "`std::env` has no variables in a plugin";
const ENV: &str =
    "use `env` of `plugin_sdk::prelude`, and ask for the variables with `#[plugin(environment(\"…\"))]`";
const NO_PROGRAMS: &str = "`std::process` starts no program from a plugin";
const PROCESS: &str =
    "use `process` of `plugin_sdk::prelude`, and ask for the programs with `#[plugin(commands(\"…\"))]`";
const NO_END: &str = "a plugin that ends itself says nothing to its user";
const BAIL: &str = "return an error, for example with `bail!(\"…\")`";
const NO_THREADS: &str = "a plugin has one thread";
const ONE_AFTER_THE_OTHER: &str = "do one after the other";
const NO_WAITING: &str = "a plugin does not wait";
const RETURN: &str =
    "return, and let the host call again (the next call of a log source, or the next run of a task)";
const NO_INPUT: &str = "a plugin has no standard input";
const CONFIGURATION: &str = "take what is needed from the configuration";
const NO_CLOCK: &str = "there is no `std::time` with this target";
const TIMESTAMP: &str = "use `plugin_sdk::timestamp()`, or compile for wasm32-wasip1";

/// The first that fits says what is wrong.
const RULES: [Rule; 17] = [
    rule(&["fs"], NO_FILES, FS),
    rule(&["net", "TcpStream"], NO_NETWORK, HTTP),
    rule(&["net", "TcpListener"], NO_NETWORK, HTTP),
    rule(&["net", "UdpSocket"], NO_NETWORK, HTTP),
    rule(&["net", "ToSocketAddrs"], NO_NETWORK, HTTP),
    rule(&["env", "var"], NO_VARIABLES, ENV),
    rule(&["env", "var_os"], NO_VARIABLES, ENV),
    rule(&["env", "vars"], NO_VARIABLES, ENV),
    rule(&["process", "Command"], NO_PROGRAMS, PROCESS),
    rule(&["process", "exit"], NO_END, BAIL),
    rule(&["process", "abort"], NO_END, BAIL),
    rule(&["thread", "spawn"], NO_THREADS, ONE_AFTER_THE_OTHER),
    rule(&["thread", "scope"], NO_THREADS, ONE_AFTER_THE_OTHER),
    rule(&["thread", "sleep"], NO_WAITING, RETURN),
    rule(&["io", "stdin"], NO_INPUT, CONFIGURATION),
    Rule { path: &["time", "Instant"], what: NO_CLOCK, instead: TIMESTAMP, everywhere: false },
    Rule { path: &["time", "SystemTime"], what: NO_CLOCK, instead: TIMESTAMP, everywhere: false },
];

/// Modules that are of no use for anything else: to import one is to want what does not work.
const MODULES: [(&str, &str, &str); 3] =
    [("env", NO_VARIABLES, ENV), ("net", NO_NETWORK, HTTP), ("process", NO_PROGRAMS, PROCESS)];

/// Macros that print, which goes nowhere with `wasm32-unknown-unknown`.
const PRINTING: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];

/// Looks through the items of a plugin, without what is compiled under a condition: in tests, for example, it works.
pub(crate) fn vain_uses(items: &[Item]) -> Vec<VainUse> {
    let mut found = Vec::new();
    for item in items {
        look_through(&tokens_of(item.to_token_stream()), &mut found);
    }
    found
}

fn look_through(tokens: &[TokenTree], found: &mut Vec<VainUse>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Punct(_) if is_condition(tokens, at) => {
                at = end_of_item(tokens, at + 2);
                continue;
            }
            TokenTree::Ident(name) if name == "std" && !follows_path(tokens, at) => {
                at = path(tokens, at + 1, &mut Vec::new(), found);
                continue;
            }
            TokenTree::Ident(name)
                if is_punct(tokens.get(at + 1), '!') && PRINTING.iter().any(|printing| name == printing) =>
            {
                found.push(VainUse {
                    span: name.span(),
                    what: "what is printed goes nowhere with this target",
                    instead: "use `log::info!` of `plugin_sdk::prelude`, or compile for wasm32-wasip1",
                    everywhere: false,
                });
            }
            TokenTree::Group(group) => look_through(&tokens_of(group.stream()), found),
            _ => {}
        }
        at += 1;
    }
}

/// Whether `#[cfg(…)]` or `#[test]` begins here.
fn is_condition(tokens: &[TokenTree], at: usize) -> bool {
    let Some(TokenTree::Group(group)) = tokens.get(at + 1) else { return false };
    let first = group.stream().into_iter().next();
    is_punct(tokens.get(at), '#')
        && group.delimiter() == Delimiter::Bracket
        && matches!(first, Some(TokenTree::Ident(name)) if name == "cfg" || name == "test")
}

/// Where an item or a statement is over that goes on here: behind its body, or behind its end.
fn end_of_item(tokens: &[TokenTree], from: usize) -> usize {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(Some(token), ';'),
    };
    let length = tokens.iter().skip(from).position(is_end);
    length.map_or(tokens.len(), |length| from + length + 1)
}

/// Whether the name is a part of another path: `other::std`.
fn follows_path(tokens: &[TokenTree], at: usize) -> bool {
    at >= 3 && is_punct(tokens.get(at - 1), ':') && matches!(tokens.get(at - 3), Some(TokenTree::Ident(_)))
}

/// Follows `::name` as far as it goes, and into `::{…}`. Returns where the path is over.
fn path(tokens: &[TokenTree], mut at: usize, names: &mut Vec<String>, found: &mut Vec<VainUse>) -> usize {
    let depth = names.len();
    let mut last = None;
    while is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':') {
        match tokens.get(at + 2) {
            Some(TokenTree::Ident(name)) => {
                names.push(name.to_string());
                last = Some(name.span());
                at += 3;
                if let Some(rule) = RULES.iter().find(|rule| names == rule.path) {
                    let Rule { what, instead, everywhere, .. } = *rule;
                    found.push(VainUse { span: name.span(), what, instead, everywhere });
                    // What is in it was told.
                    last = None;
                    names.push(String::new());
                }
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inside = tokens_of(group.stream());
                for part in inside.split(|token| is_punct(Some(token), ',')) {
                    branch(part, names, found);
                }
                last = None;
                at += 3;
            }
            _ => break,
        }
    }
    // `use std::env;`
    if let Some(span) = last
        && let Some((_, what, instead)) = MODULES.iter().find(|(module, ..)| *names == [*module])
    {
        found.push(VainUse { span, what, instead, everywhere: true });
    }
    names.truncate(depth);
    at
}

/// One part of a `use std::{…}`: a path without `::` in front.
fn branch(part: &[TokenTree], names: &mut Vec<String>, found: &mut Vec<VainUse>) {
    let Some(TokenTree::Ident(first)) = part.first() else { return };
    let colon = |spacing| TokenTree::Punct(proc_macro2::Punct::new(':', spacing));
    let mut whole = vec![colon(proc_macro2::Spacing::Joint), colon(proc_macro2::Spacing::Alone)];
    if first != "self" {
        whole.extend(part.iter().cloned());
        path(&whole, 0, names, found);
    } else if let Some((_, what, instead)) = MODULES.iter().find(|(module, ..)| *names == [*module]) {
        found.push(VainUse { span: first.span(), what, instead, everywhere: true });
    }
}

fn tokens_of(stream: TokenStream) -> Vec<TokenTree> {
    stream.into_iter().collect()
}

fn is_punct(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said about a module with this in it, by the subject.
    fn said(code: &str) -> Vec<&'static str> {
        let file = syn::parse_file(code).unwrap();
        vain_uses(&file.items).into_iter().map(|found| found.what).collect()
    }

    #[test]
    fn paths_are_found_however_they_are_written() {
        for code in [
            "fn f() { let _ = std::fs::read(\"/etc/hosts\"); }",
            "fn f() { if true { ::std::fs::File::open(\"/x\").unwrap(); } }",
            "use std::fs;",
            "use std::{fmt, fs, io};",
            "use std::fs::{self, File};",
            "use std::{collections::{BTreeMap, HashMap}, fs::read_to_string};",
            "mod inner { use std::fs::*; }",
        ] {
            assert_eq!(said(code), [NO_FILES], "{code}");
        }
        assert_eq!(said("use std::env;"), [NO_VARIABLES]);
        assert_eq!(said("use std::{env::{self, consts::OS}};"), [NO_VARIABLES]);
        assert_eq!(said("fn f() { std::process::exit(1) }"), [NO_END]);
        assert_eq!(said("use std::process::{Command, Stdio};"), [NO_PROGRAMS]);
        let inside = "mod inner { #[cfg(test)] fn f() { std::fs::read(\"\"); } #[inline] fn g() { std::process::exit(1) } }";
        assert_eq!(said(inside), [NO_END]);
        assert_eq!(
            said("fn f() { #[cfg(unix)] use std::fs; #[cfg(windows)] { std::fs::read(); } }"),
            [""; 0]
        );
        assert_eq!(said("fn f() { std::thread::sleep(std::time::Duration::ZERO) }"), [NO_WAITING]);
        assert_eq!(said("fn f() { std::time::Instant::now(); println!() }").len(), 2);
    }

    #[test]
    fn what_works_is_let_be() {
        for code in [
            "use std::collections::HashMap;",
            "use std::net::{IpAddr, Ipv4Addr};",
            "use std::env::consts;",
            "use std::time::Duration;",
            "use std::path::Path;",
            "fn f() { fs::read_to_string(\"/etc/hosts\"); crate::std::fs::read(); }",
            "#[cfg(test)] mod tests { use std::fs; }",
            "#[cfg(not(target_family = \"wasm\"))] fn f() { std::process::exit(1) }",
            "use std::io::{Read, Write};",
            "thread_local! { static A: std::cell::Cell<u8> = std::cell::Cell::new(0); }",
        ] {
            assert_eq!(said(code), Vec::<&str>::new(), "{code}");
        }
    }
}
