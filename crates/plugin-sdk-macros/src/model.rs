//! What the author wrote, understood: a module of functions becomes a list of components.
//!
//! Every mistake is reported at the place in the author's file that has to change, and all of them at once.

use driftless_plugin_api::component::ComponentKind;
use driftless_plugin_api::manifest::is_valid_name;
use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, Expr, FnArg, Ident, Item, ItemFn, ItemMod, LitStr, Pat, Result, ReturnType, Type,
};

use crate::manifest;

/// A module under `#[plugin]`.
pub(crate) struct Plugin {
    /// `#[plugin(name = "…")]`
    name: Option<String>,
    /// `#[plugin(driftless = "…")]`, which versions of the host it works with.
    pub(crate) host_version: Option<String>,
    /// The module without the attributes that are ours.
    pub(crate) module: ItemMod,
    pub(crate) components: Vec<Component>,
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
    /// Where among the inputs the configuration stands.
    pub(crate) config_place: usize,
    pub(crate) output: Type,
    /// Whether it returns a `Result`.
    pub(crate) fallible: bool,
}

/// The configuration that a component takes.
pub(crate) struct Config {
    /// The type, without the `&`.
    pub(crate) r#type: Type,
    pub(crate) by_reference: bool,
}

/// A parameter other than the configuration.
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) r#type: Type,
    /// Whether the type is an `Option`.
    pub(crate) optional: bool,
    /// `#[default(…)]`
    pub(crate) default: Option<Expr>,
}

impl Plugin {
    pub(crate) fn read(arguments: TokenStream, mut module: ItemMod) -> Result<Self> {
        let (mut name, mut host_version) = (None, None);
        let parser = syn::meta::parser(|meta| {
            let place = if meta.path.is_ident("name") {
                &mut name
            } else if meta.path.is_ident("driftless") {
                &mut host_version
            } else {
                return Err(meta.error("expected `name = \"…\"` or `driftless = \"…\"`"));
            };
            *place = Some(meta.value()?.parse::<LitStr>()?);
            Ok(())
        });
        syn::parse::Parser::parse2(parser, arguments)?;
        if let Some(name) = &name
            && !is_valid_name(&name.value())
        {
            return Err(Error::new(
                name.span(),
                "a plugin is called by letters, digits, `-` and `_`, at most 64",
            ));
        }
        let Some((_, items)) = &mut module.content else {
            return Err(Error::new(
                module.span(),
                "`#[plugin]` needs the module's body here: `mod name { … }`",
            ));
        };

        let mut components: Vec<Component> = Vec::new();
        let mut errors: Vec<Error> = Vec::new();
        for item in items.iter_mut() {
            point_derives_here(item);
            let Item::Fn(function) = item else { continue };
            match Component::read(function) {
                Ok(None) => {}
                Ok(Some(component)) => {
                    let taken = |other: &Component| {
                        other.name == component.name && other.kind.execute() == component.kind.execute()
                    };
                    if components.iter().any(taken) {
                        let message = format!("there is a {} `{}` already", component.kind, component.name);
                        errors.push(Error::new(component.function.span(), message));
                    }
                    components.push(component);
                }
                Err(error) => errors.push(error),
            }
        }
        if components.is_empty() && errors.is_empty() {
            let message = "this plugin has no component; mark a function with `#[task]`, `#[facts]`, \
                           `#[template_filter]`, `#[template_function]`, `#[log_source]`, `#[log_parser]`, \
                           `#[log_filter]` or `#[log_output]`";
            errors.push(Error::new(module.ident.span(), message));
        }
        let all_errors = errors.into_iter().reduce(|mut all, error| {
            all.combine(error);
            all
        });
        if let Some(errors) = all_errors {
            return Err(errors);
        }
        let text = |literal: Option<LitStr>| literal.map(|literal| literal.value());
        Ok(Self {
            name: text(name),
            host_version: text(host_version),
            module,
            components,
        })
    }

    pub(crate) fn name(&self) -> String {
        self.name.clone().unwrap_or_else(manifest::package_name)
    }
}

impl Component {
    /// Reads a function, and takes our attributes off it. `None` for a function that has none.
    fn read(function: &mut ItemFn) -> Result<Option<Self>> {
        let mut marks = function
            .attrs
            .extract_if(.., |attribute| kind_of(attribute).is_some());
        let Some(mark) = marks.next() else { return Ok(None) };
        if let Some(second) = marks.next() {
            return Err(Error::new(
                second.span(),
                "a function is one component: it has one such attribute",
            ));
        }
        drop(marks);
        let kind = kind_of(&mark).expect("it was chosen for its kind");
        let (name, r#type) = read_mark(&mark, kind)?;
        let name = name.unwrap_or_else(|| function.sig.ident.to_string());

        let signature = &mut function.sig;
        if let Some(asyncness) = &signature.asyncness {
            return Err(Error::new(
                asyncness.span(),
                "a component is not `async`: there is nothing to wait for in the sandbox",
            ));
        }
        if !signature
            .generics
            .params
            .iter()
            .all(|param| matches!(param, syn::GenericParam::Lifetime(_)))
        {
            return Err(Error::new(
                signature.generics.span(),
                "a component cannot be generic over types",
            ));
        }
        let (config, config_place, inputs) =
            read_parameters(kind, &mut signature.inputs, signature.ident.span())?;
        let output = match &signature.output {
            ReturnType::Default => syn::parse_quote!(()),
            ReturnType::Type(_, output) => (**output).clone(),
        };
        Ok(Some(Self {
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
            config,
            inputs,
            config_place,
            fallible: last_segment_is(&output, "Result"),
            output,
        }))
    }
}

fn kind_of(attribute: &Attribute) -> Option<ComponentKind> {
    let name = &attribute.path().segments.last()?.ident;
    let kinds = [
        ("task", ComponentKind::Task),
        ("facts", ComponentKind::FactsCollector),
        ("template_filter", ComponentKind::TemplateFilter),
        ("template_function", ComponentKind::TemplateFunction),
        ("log_source", ComponentKind::LogSource),
        ("log_parser", ComponentKind::LogParser),
        ("log_filter", ComponentKind::LogFilter),
        ("log_output", ComponentKind::LogOutput),
    ];
    kinds
        .into_iter()
        .find_map(|(word, kind)| (name == word).then_some(kind))
}

/// `#[task(name = "…", type = "…")]`
fn read_mark(mark: &Attribute, kind: ComponentKind) -> Result<(Option<String>, Option<String>)> {
    let (mut name, mut r#type) = (None, None);
    if !matches!(mark.meta, syn::Meta::Path(_)) {
        mark.parse_nested_meta(|meta| {
            if meta.path.is_ident("name") {
                let literal: LitStr = meta.value()?.parse()?;
                if !is_valid_name(&literal.value()) {
                    let message = "a component is called by letters, digits, `-` and `_`, at most 64";
                    return Err(Error::new(literal.span(), message));
                }
                name = Some(literal.value());
            } else if meta.path.is_ident("type") && kind == ComponentKind::Task {
                let literal: LitStr = meta.value()?.parse()?;
                if !["apply", "facts", "logs"].contains(&literal.value().as_str()) {
                    return Err(Error::new(
                        literal.span(),
                        "a task is of type `apply`, `facts` or `logs`",
                    ));
                }
                r#type = Some(literal.value());
            } else if kind == ComponentKind::Task {
                return Err(meta.error("expected `name = \"…\"` or `type = \"…\"`"));
            } else {
                return Err(meta.error("expected `name = \"…\"`"));
            }
            Ok(())
        })?;
    }
    let r#type = match kind {
        ComponentKind::Task => Some(r#type.unwrap_or_else(|| "apply".to_owned())),
        ComponentKind::TemplateFilter => Some("filter".to_owned()),
        ComponentKind::TemplateFunction => Some("function".to_owned()),
        _ => None,
    };
    Ok((name, r#type))
}

type Parameters = syn::punctuated::Punctuated<FnArg, syn::Token![,]>;

/// Tells the configuration from the other parameters, and takes our attributes off them.
fn read_parameters(
    kind: ComponentKind,
    parameters: &mut Parameters,
    function: Span,
) -> Result<(Option<Config>, usize, Vec<Input>)> {
    let count = parameters.len();
    let is_template = matches!(
        kind,
        ComponentKind::TemplateFilter | ComponentKind::TemplateFunction
    );
    // How many parameters come after the configuration, and how they are called in a message.
    let (after, shape) = match kind {
        ComponentKind::LogParser => (1, "fn(config, line: &str)` or `fn(line: &str)"),
        ComponentKind::LogFilter | ComponentKind::LogOutput => (1, "fn(config, entry)` or `fn(entry)"),
        _ => (0, "fn(config)` or `fn()"),
    };
    if !is_template && (count < after || count > after + 1) {
        return Err(Error::new(function, format!("a {kind} is `{shape}`")));
    }
    let (mut config, mut config_place, mut inputs) = (None, 0, Vec::new());
    for (place, parameter) in parameters.iter_mut().enumerate() {
        let span = parameter.span();
        let FnArg::Typed(parameter) = parameter else {
            return Err(Error::new(
                span,
                "a component is a plain function, without `self`",
            ));
        };
        let marked = parameter
            .attrs
            .extract_if(.., |attribute| attribute.path().is_ident("config"))
            .count()
            > 0;
        let defaults: Vec<_> = parameter
            .attrs
            .extract_if(.., |a| a.path().is_ident("default"))
            .collect();
        let is_config = if is_template {
            marked
        } else {
            count == after + 1 && place == 0
        };
        if marked && !is_template {
            return Err(Error::new(
                span,
                "only template extensions mark their configuration; here it is the first parameter",
            ));
        }
        if is_config {
            if config.is_some() {
                return Err(Error::new(span, "there is one configuration"));
            }
            let (by_reference, r#type) = match &*parameter.ty {
                Type::Reference(reference) => (true, (*reference.elem).clone()),
                other => (false, other.clone()),
            };
            if by_reference && kind == ComponentKind::LogSource {
                return Err(Error::new(
                    span,
                    "a log source owns its configuration, since its iterator outlives the call",
                ));
            }
            config = Some(Config { r#type, by_reference });
            config_place = place;
            continue;
        }
        let default = match defaults.as_slice() {
            [] => None,
            [default] if is_template => Some(default.parse_args::<Expr>()?),
            [default, ..] => {
                return Err(Error::new(
                    default.span(),
                    "only an argument of a template can have a default",
                ));
            }
        };
        let name = match &*parameter.pat {
            Pat::Ident(pattern) => pattern.ident.to_string().trim_start_matches('_').to_owned(),
            other if is_template => {
                return Err(Error::new(other.span(), "an argument of a template needs a name"));
            }
            _ => String::new(),
        };
        let r#type = (*parameter.ty).clone();
        inputs.push(Input {
            name,
            optional: last_segment_is(&r#type, "Option"),
            r#type,
            default,
        });
    }
    if kind == ComponentKind::TemplateFilter && inputs.is_empty() {
        return Err(Error::new(
            function,
            "a template filter takes the value that it is applied to: `fn(value, …)`",
        ));
    }
    Ok((config, config_place, inputs))
}

fn last_segment_is(r#type: &Type, name: &str) -> bool {
    match r#type {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|segment| segment.ident == name),
        _ => false,
    }
}

/// The first paragraph of the doc comment, as one line.
fn description(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes {
        let syn::Meta::NameValue(meta) = &attribute.meta else {
            continue;
        };
        let Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        }) = &meta.value
        else {
            continue;
        };
        if meta.path.is_ident("doc") {
            lines.extend(text.value().lines().map(|line| line.trim().to_owned()));
        }
    }
    let paragraph = lines
        .iter()
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty());
    paragraph.map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// Lets `#[derive(Deserialize, JsonSchema)]` find serde and schemars in the SDK, so that a plugin needs no other dependency.
fn point_derives_here(item: &mut Item) {
    let attributes = match item {
        Item::Struct(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        _ => return,
    };
    let mut derived = Vec::new();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("derive"))
    {
        let _ = attribute.parse_nested_meta(|meta| {
            derived.extend(meta.path.segments.last().map(|segment| segment.ident.to_string()));
            Ok(())
        });
    }
    let says_crate = |attribute: &Attribute, helper: &str| {
        let mut says = false;
        if attribute.path().is_ident(helper) {
            let _ = attribute.parse_nested_meta(|meta| {
                says |= meta.path.is_ident("crate");
                // Reads over a value, whatever it is.
                if let Ok(value) = meta.value() {
                    value.parse::<Expr>()?;
                }
                Ok(())
            });
        }
        says
    };
    let derives = |names: &[&str]| derived.iter().any(|name| names.contains(&name.as_str()));
    if derives(&["Serialize", "Deserialize"]) && !attributes.iter().any(|a| says_crate(a, "serde")) {
        attributes.push(syn::parse_quote!(#[serde(crate = "::plugin_sdk::serde")]));
    }
    if derives(&["JsonSchema"]) && !attributes.iter().any(|a| says_crate(a, "schemars")) {
        attributes.push(syn::parse_quote!(#[schemars(crate = "::plugin_sdk::schemars")]));
    }
}
