//! The modules of a crate, as far as it has to be known which file mentions which other.
//!
//! `syn` reads the items of a file. Paths are looked for in the tokens of an item, so that those in the arguments of a macro are found as well.
//! What is compiled for tests alone (`#[cfg(test)]`) is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, Meta, UseTree, Visibility};

/// A module, by its path from the root of the crate: `["logs", "worker"]`.
pub(super) type Name = Vec<String>;

/// All modules that a file of a crate leads to.
#[derive(Debug, Default)]
pub(super) struct Modules(BTreeMap<Name, Module>);

#[derive(Debug, Default)]
struct Module {
    /// Where it stands. An inline module stands in the file of the module around it.
    file: PathBuf,
    /// The module that the file as a whole is.
    whole: Name,
    /// Names of the items that it defines, submodules left out.
    items: BTreeSet<String>,
    /// Names that it brings in by `use`, and what they stand for.
    imports: BTreeMap<String, Mention>,
    /// The modules of which it brings in everything.
    globs: Vec<Mention>,
    /// Every path in it, those of its `use`s included.
    mentions: Vec<Mention>,
}

/// A path as it is written, and where.
#[derive(Clone, Debug)]
struct Mention {
    path: Vec<String>,
    line: usize,
    /// Whether it only gives the item another path, by `pub use`.
    is_export: bool,
}

/// That a file mentions an item of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrow {
    pub(super) from: PathBuf,
    pub(super) to: PathBuf,
    /// Where, and by which path.
    pub(super) line: usize,
    pub(super) path: String,
}

/// What a path leads to.
enum Target {
    Module(Name),
    /// An item of this module.
    Item(Name),
}

impl Modules {
    /// Reads the file that is the root of a crate, and all that it leads to.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut modules = Self::default();
        let folder = root.parent().unwrap_or(Path::new("")).to_owned();
        modules.read_file(&Vec::new(), root, &folder)?;
        Ok(modules)
    }

    /// Every arrow from one file to another, the first mention of each.
    ///
    /// That a module exports what its submodules have is none: who uses it has an arrow to where it is defined.
    pub(super) fn arrows(&self) -> Vec<Arrow> {
        let mut arrows: BTreeMap<(&Path, &Path), (usize, String)> = BTreeMap::new();
        for (name, module) in &self.0 {
            let mentions = module.mentions.iter().filter_map(|mention| {
                // A path to a module is no arrow: what is used of the module is.
                match self.resolve(name, &mention.path, &mut BTreeSet::new())? {
                    Target::Item(of) => Some((of, mention, "")),
                    Target::Module(_) => None,
                }
            });
            let globs = module.globs.iter().filter_map(|glob| {
                match self.resolve(name, &glob.path, &mut BTreeSet::new())? {
                    Target::Module(of) => Some((of, glob, "::*")),
                    Target::Item(_) => None,
                }
            });
            for (of, mention, ending) in mentions.chain(globs) {
                let to = &self.0[&of].file;
                if *to == module.file || (mention.is_export && of.starts_with(&module.whole)) {
                    continue;
                }
                arrows
                    .entry((&module.file, to))
                    .or_insert_with(|| (mention.line, mention.path.join("::") + ending));
            }
        }
        let arrow = |((from, to), (line, path)): ((&Path, &Path), _)| Arrow {
            from: from.to_owned(),
            to: to.to_owned(),
            line,
            path,
        };
        arrows.into_iter().map(arrow).collect()
    }

    /// What a path in a module leads to. `None` for what is outside of the crate. What was `tried` already leads in a circle.
    fn resolve(
        &self,
        from: &Name,
        path: &[String],
        tried: &mut BTreeSet<(Name, Vec<String>)>,
    ) -> Option<Target> {
        if !tried.insert((from.clone(), path.to_vec())) {
            return None;
        }
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.walk(Vec::new(), rest, tried),
            "self" => self.walk(from.clone(), rest, tried),
            "super" => {
                let mut above = from.clone();
                above.pop()?;
                // `super::super::x`
                if rest.first().is_some_and(|next| next == "super") {
                    return self.resolve(&above, rest, tried);
                }
                self.walk(above, rest, tried)
            }
            _ if self.has(from, first) => self.walk(from.clone(), path, tried),
            _ => None,
        }
    }

    /// Whether a name means something in a module by itself.
    fn has(&self, module: &Name, name: &str) -> bool {
        let Some(here) = self.0.get(module) else { return false };
        here.items.contains(name)
            || here.imports.contains_key(name)
            || self.0.contains_key(&child(module, name))
    }

    /// Follows a path from a module downwards, through what the modules on the way bring in from elsewhere.
    fn walk(
        &self,
        mut module: Name,
        path: &[String],
        tried: &mut BTreeSet<(Name, Vec<String>)>,
    ) -> Option<Target> {
        let mut path = path;
        while let Some((next, rest)) = path.split_first() {
            let below = child(&module, next);
            let here = self.0.get(&module)?;
            if self.0.contains_key(&below) {
                (module, path) = (below, rest);
            } else if here.items.contains(next) {
                return Some(Target::Item(module));
            } else if let Some(import) = here.imports.get(next) {
                match self.resolve(&module, &import.path, tried)? {
                    Target::Module(name) => (module, path) = (name, rest),
                    item => return Some(item),
                }
            } else {
                let found = here.globs.iter().find_map(|glob| {
                    let Target::Module(of) = self.resolve(&module, &glob.path, tried)? else { return None };
                    let is_there = self.has(&of, next);
                    is_there.then(|| self.walk(of, path, tried)).flatten()
                });
                // Else a macro made it, here.
                return Some(found.unwrap_or(Target::Item(module)));
            }
        }
        Some(Target::Module(module))
    }

    /// The modules that stand in files of their own, each with its file.
    pub(super) fn files(&self) -> BTreeMap<&Path, &Name> {
        self.0.values().map(|module| (module.file.as_path(), &module.whole)).collect()
    }

    /// Reads a file that is a module. Files of its submodules are in `folder`.
    fn read_file(&mut self, name: &Name, file: &Path, folder: &Path) -> Result<()> {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let parsed = syn::parse_file(&text).with_context(|| file.display().to_string())?;
        self.read_items(name.clone(), name, file, folder, parsed.items)
    }

    fn read_items(
        &mut self,
        name: Name,
        whole: &Name,
        file: &Path,
        folder: &Path,
        items: Vec<Item>,
    ) -> Result<()> {
        let mut module = Module { file: file.to_owned(), whole: whole.clone(), ..Module::default() };
        for item in items {
            if is_for_tests(attributes(&item)) {
                continue;
            }
            match item {
                Item::Mod(below) => {
                    let short = below.ident.to_string();
                    let below_name = child(&name, &short);
                    match below.content {
                        Some((_, items)) => {
                            self.read_items(below_name, whole, file, &folder.join(&short), items)?
                        }
                        None => {
                            let (file, inner) = place(&short, &below.attrs, file, folder)?;
                            self.read_file(&below_name, &file, &inner)?;
                        }
                    }
                }
                Item::Use(item) => {
                    let is_export = !matches!(item.vis, Visibility::Inherited);
                    module.read_use(&item.tree, Vec::new(), is_export);
                }
                item => {
                    module.items.extend(defined(&item));
                    module.read_tokens(item.to_token_stream());
                }
            }
        }
        self.0.insert(name, module);
        Ok(())
    }
}

impl Module {
    /// Takes what a `use` says.
    fn read_use(&mut self, tree: &UseTree, mut path: Vec<String>, is_export: bool) {
        match tree {
            UseTree::Path(step) => {
                path.push(step.ident.to_string());
                self.read_use(&step.tree, path, is_export);
            }
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.read_use(tree, path.clone(), is_export));
            }
            UseTree::Glob(glob) => {
                let line = glob.star_token.spans[0].start().line;
                self.globs.push(Mention { path, line, is_export });
            }
            UseTree::Name(leaf) => self.import(path, &leaf.ident, &leaf.ident, is_export),
            UseTree::Rename(leaf) => self.import(path, &leaf.ident, &leaf.rename, is_export),
        }
    }

    fn import(&mut self, mut path: Vec<String>, leaf: &syn::Ident, name: &syn::Ident, is_export: bool) {
        let line = leaf.span().start().line;
        let mut name = name.to_string();
        if leaf == "self" {
            // `use a::b::{self}` brings in `b`.
            if name == "self" {
                name = path.last().cloned().unwrap_or_default();
            }
        } else {
            path.push(leaf.to_string());
        }
        let mention = Mention { path, line, is_export };
        self.mentions.push(mention.clone());
        if name != "_" {
            self.imports.insert(name, mention);
        }
    }

    /// Looks for paths of two names and more. A single name comes from the module itself, or from a `use`.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        // Whether what comes next cannot begin a path, behind `.` or `::`.
        let mut inside = false;
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(first) if !inside => {
                    let line = first.span().start().line;
                    let mut path = vec![first.to_string()];
                    while is_double_colon(tokens.peek()) {
                        tokens.next();
                        tokens.next();
                        match tokens.peek() {
                            Some(TokenTree::Ident(next)) => path.push(next.to_string()),
                            // A `use` within a function.
                            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                                self.read_group(&path, line, group.stream());
                            }
                            // Generics.
                            _ => break,
                        }
                        tokens.next();
                    }
                    if path.len() > 1 {
                        self.mentions.push(Mention { path, line, is_export: false });
                    }
                }
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    if let Some(TokenTree::Group(group)) = tokens.peek()
                        && is_test_attribute(&group.stream())
                    {
                        // Up to the end of the field, statement or function that it stands before.
                        tokens.find(|token| match token {
                            TokenTree::Punct(punct) => matches!(punct.as_char(), ';' | ','),
                            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                            _ => false,
                        });
                    }
                    inside = false;
                    continue;
                }
                TokenTree::Punct(punct) => {
                    inside = punct.as_char() == '.';
                    continue;
                }
                TokenTree::Group(group) => self.read_tokens(group.stream()),
                TokenTree::Ident(_) | TokenTree::Literal(_) => {}
            }
            inside = false;
        }
    }

    /// Takes the names in `path::{…}`.
    fn read_group(&mut self, path: &[String], line: usize, tokens: TokenStream) {
        if let Ok(tree) =
            syn::parse2::<UseTree>(TokenTree::Group(proc_macro2::Group::new(Delimiter::Brace, tokens)).into())
        {
            // What it brings in holds for a function alone.
            let mut inner = Self::default();
            inner.read_use(&tree, path.to_vec(), false);
            self.mentions.extend(inner.mentions);
            self.globs.extend(inner.globs.into_iter().map(|glob| Mention { line, ..glob }));
        }
    }
}

fn child(module: &Name, name: &str) -> Name {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

/// Whether a token is the first half of `::`.
fn is_double_colon(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
}

/// Where a module is that is declared by `mod name;`, and where the files of its own submodules are.
fn place(name: &str, attributes: &[Attribute], file: &Path, folder: &Path) -> Result<(PathBuf, PathBuf)> {
    let named = attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(value) if value.path.is_ident("path") => match &value.value {
            syn::Expr::Lit(literal) => match &literal.lit {
                syn::Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    if let Some(path) = named {
        let file = file.parent().unwrap_or(Path::new("")).join(path);
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        return Ok((file, folder));
    }
    let below = folder.join(name);
    for file in [folder.join(format!("{name}.rs")), below.join("mod.rs")] {
        if file.is_file() {
            return Ok((file, below));
        }
    }
    bail!("{}: there is no file of the module {name}", file.display());
}

/// The names that an item defines in its module.
fn defined(item: &Item) -> Vec<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::Macro(item) => match &item.ident {
            Some(name) => name,
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    vec![name.to_string()]
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| is_test_attribute(&attribute.meta.to_token_stream()))
}

/// `test`, `cfg(test)`, `cfg(all(test, …))`.
fn is_test_attribute(tokens: &TokenStream) -> bool {
    let text: String = tokens.to_string().split_whitespace().collect();
    text == "test" || text == "cfg(test)" || text.starts_with("cfg(all(test,")
}
