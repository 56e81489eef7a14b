//! What the author wrote, understood: a module of functions becomes a list of components.

use driftless_plugin_api::component::ComponentKind;
use driftless_plugin_api::manifest::{Permission, is_valid_name};
use proc_macro2::{Ident, TokenStream};
use syn::{
    Attribute, Error, Expr, ExprLit, GenericParam, Item, ItemFn, ItemMod, ItemUse, Lit, Meta, Result,
    ReturnType, Type, UseTree, parse_quote, parse_quote_spanned,
};

use crate::arguments::{Arguments, NAMES};
use crate::component_attribute::{ComponentAttribute, WORDS};
use crate::hook::{self, Hook};
use crate::mistakes::Mistakes;
use crate::parameter_kind::{is_no_object, success};
use crate::parameters::{Config, Input, NOT_GENERIC, Parameters};
use crate::standard_library::{self, VainUse};
use crate::{derives, package};

/// A module under `#[plugin]`.
pub(crate) struct Plugin {
    /// What the plugin is called.
    pub(crate) name: String,
    /// `#[plugin(driftless = "…")]`, which versions of the host it works with.
    pub(crate) host_version: Option<String>,
    /// `#[plugin(files("…"))]` and its like: what it asks for.
    pub(crate) permissions: Vec<Permission>,
    /// The module without the attributes that are ours.
    pub(crate) module: ItemMod,
    pub(crate) components: Vec<Component>,
    pub(crate) hooks: Vec<Hook>,
    /// Uses of the standard library that bring nothing in a plugin.
    pub(crate) vain: Vec<VainUse>,
}

/// A function that is marked as a component.
pub(crate) struct Component {
    pub(crate) kind: ComponentKind,
    pub(crate) name: String,
    /// `#[task(type = "…")]`
    pub(crate) r#type: Option<String>,
    pub(crate) description: String,
    pub(crate) function: Ident,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) config: Option<Config>,
    /// What else the function takes, in order.
    pub(crate) inputs: Vec<Input>,
    pub(crate) output: Type,
}

impl Plugin {
    /// Reads the arguments of `#[plugin]` and the module below it.
    ///
    /// Where a function is not understood, the mistake is noted and the plugin goes without it: what else is wrong is then
    /// found as well, and nothing that refers to the plugin's exports is an error on top.
    ///
    /// # Errors
    ///
    /// When there is no module to read.
    pub(crate) fn read(arguments: TokenStream, item: Item, mistakes: &mut Mistakes) -> Result<Self> {
        let mut module = match item {
            Item::Mod(module) => module,
            other => {
                let message = "`#[plugin]` stands above a module: `mod name { … }`";
                return Err(Error::new_spanned(other, message));
            }
        };
        let Arguments { name, host_version, permissions } = Arguments::read(arguments, mistakes);
        let place = module.ident.clone();
        let Some((_, items)) = &mut module.content else {
            let message = format!("`#[plugin]` needs the body of the module here: `mod {place} {{ … }}`");
            return Err(Error::new_spanned(module, message));
        };

        let vain = standard_library::vain_uses(items);
        let mut components: Vec<Component> = Vec::new();
        let mut hooks: Vec<Hook> = Vec::new();
        let mut is_marked = false;
        for item in items.iter_mut() {
            derives::point_here(item);
            let function = match item {
                Item::Fn(function) => function,
                Item::Use(import) => {
                    keep_import(import);
                    continue;
                }
                _ => continue,
            };
            let Some((mark, more)) = take_marks(function) else {
                continue;
            };
            is_marked = true;
            let mut own_mistakes = Mistakes::default();
            for second in more {
                let message = "a function is one component or hook: it has one such attribute";
                own_mistakes.add(second, message);
            }
            if Hook::served_by(&mark).is_some() {
                let hook = Hook::read(&mark, function, &hooks, &mut own_mistakes);
                hooks.extend(hook.filter(|_| own_mistakes.is_empty()));
            } else {
                let component = Component::read(&mark, function, &components, &mut own_mistakes);
                components.extend(component.filter(|_| own_mistakes.is_empty()));
            }
            mistakes.append(own_mistakes);
        }
        if !is_marked {
            let words = |words: &[&str]| {
                words.iter().map(|word| format!("`#[{word}]`")).collect::<Vec<_>>().join(", ")
            };
            let kinds = words(&WORDS.map(|(word, _)| word));
            let hooks = words(&hook::WORDS.map(|(word, _)| word));
            let message = format!(
                "this plugin has no component; mark a function with one of {kinds}, or as a hook with one of {hooks}"
            );
            mistakes.add(&place, message);
        }
        if !mistakes.is_empty() {
            // A function that was not understood is not called by anything.
            module.attrs.push(parse_quote!(#[allow(dead_code)]));
        }
        let name = name.unwrap_or_else(package::name);
        if !is_valid_name(&name) {
            let message = format!("the package is called `{name}`, and {NAMES}: `#[plugin(name = \"…\")]`");
            mistakes.add(place, message);
        }
        Ok(Self { name, host_version, permissions, module, components, hooks, vain })
    }
}

/// Keeps the compiler from calling an import of ours unused: where it brings no more than the attributes, they are gone
/// before the compiler looks for a use.
fn keep_import(import: &mut ItemUse) {
    if matches!(&import.tree, UseTree::Path(path) if path.ident == "plugin_sdk") {
        import.attrs.push(parse_quote!(#[allow(unused_imports)]));
    }
}

/// Takes our attributes off a function: the first, and those that are too many.
fn take_marks(function: &mut ItemFn) -> Option<(Attribute, Vec<Attribute>)> {
    let mut marks = function.attrs.extract_if(.., |attribute| {
        ComponentAttribute::kind_of(attribute).is_some() || Hook::served_by(attribute).is_some()
    });
    let first = marks.next()?;
    Some((first, marks.collect()))
}

impl Component {
    /// Reads a function under one of our attributes. `others` are the components above it.
    fn read(
        mark: &Attribute,
        function: &mut ItemFn,
        others: &[Self],
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let kind = ComponentAttribute::kind_of(mark)?;
        let signature = &mut function.sig;
        if let Some(asyncness) = &signature.asyncness {
            let message = "a component is not `async`: there is nothing to wait for in the sandbox";
            mistakes.add(asyncness, message);
        }
        if let Some(unsafety) = &signature.unsafety {
            mistakes.add(unsafety, "a component is not `unsafe`: the host calls it");
        }
        for parameter in &signature.generics.params {
            if !matches!(parameter, GenericParam::Lifetime(_)) {
                mistakes.add(parameter, NOT_GENERIC);
            }
        }
        let parameters = Parameters::read(kind, &mut signature.inputs, &signature.ident, mistakes);
        let output = match &signature.output {
            ReturnType::Default => parse_quote_spanned!(signature.ident.span()=> ()),
            ReturnType::Type(_, output) => (**output).clone(),
        };
        if matches!(kind, ComponentKind::FactsCollector | ComponentKind::LogParser)
            && is_no_object(success(&output))
        {
            let message = format!(
                "a {kind} returns an object: a struct that derives `Serialize`, a map, or a `Value` made with `json!({{…}})`"
            );
            match &signature.output {
                ReturnType::Default => mistakes.add(&signature.ident, message),
                ReturnType::Type(_, output) => mistakes.add(success(output), message),
            }
        }
        let ComponentAttribute { name, name_place, r#type } =
            mistakes.check(ComponentAttribute::read(mark, kind, &signature.ident))?;
        let is_taken = |other: &Self| other.name == name && other.kind.execute() == kind.execute();
        if others.iter().any(is_taken) {
            mistakes.add(name_place, format!("there is a {kind} `{name}` already"));
        }
        Some(Self {
            kind,
            name,
            r#type,
            description: description(&function.attrs),
            function: signature.ident.clone(),
            cfgs: function
                .attrs
                .iter()
                .filter(|attribute| attribute.path().is_ident("cfg"))
                .cloned()
                .collect(),
            config: parameters.config,
            inputs: parameters.inputs,
            output,
        })
    }
}

/// The first paragraph of the doc comment, as one line.
fn description(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes {
        let Meta::NameValue(meta) = &attribute.meta else {
            continue;
        };
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value else {
            continue;
        };
        if meta.path.is_ident("doc") {
            // Not `lines`, which has none for the empty text between two paragraphs.
            lines.extend(text.value().split('\n').map(|line| line.trim().to_owned()));
        }
    }
    let paragraph = lines.iter().skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
    paragraph.map(String::as_str).collect::<Vec<_>>().join(" ")
}
