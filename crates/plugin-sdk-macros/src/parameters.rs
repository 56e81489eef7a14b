//! The parameters of a component's function: its configuration, and what else it takes.

use driftless_plugin_api::component::ComponentKind;
use proc_macro2::Ident;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, FnArg, Pat, PatType, Token, Type};

use crate::mistakes::Mistakes;
use crate::parameter_kind::{ParameterKind, borrows, is_no_object};

/// The parameters, told apart.
#[derive(Default)]
pub(crate) struct Parameters {
    pub(crate) config: Option<Config>,
    /// All others, in order.
    pub(crate) inputs: Vec<Input>,
}

/// The configuration that a component takes.
pub(crate) struct Config {
    /// The type, without the `&`.
    pub(crate) r#type: Type,
    pub(crate) by_reference: bool,
    /// Which parameter it is, counted from 0.
    pub(crate) place: usize,
}

/// A parameter other than the configuration.
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) r#type: Type,
    pub(crate) shape: ParameterKind,
    /// `#[default(…)]`
    pub(crate) default: Option<Expr>,
}

impl Parameters {
    /// Reads the parameters of a function, and takes our attributes off them.
    pub(crate) fn read(
        kind: ComponentKind,
        parameters: &mut Punctuated<FnArg, Token![,]>,
        function: &Ident,
        mistakes: &mut Mistakes,
    ) -> Self {
        // All of them first: what is left on a parameter would be one more error, about an unknown attribute.
        let marks: Vec<Marks> = parameters.iter_mut().map(Marks::take).collect();
        let mut read = Self::default();
        let is_template = matches!(kind, ComponentKind::TemplateFilter | ComponentKind::TemplateFunction);
        let (after, shape) = shape_of(kind);
        let count = parameters.len();
        if !is_template && (count < after || count > after + 1) {
            let takes = format!("a {kind} is {shape}");
            mistakes.add(function, takes);
            return read;
        }
        for (place, (parameter, marks)) in parameters.iter().zip(marks).enumerate() {
            let parameter = match parameter {
                FnArg::Typed(parameter) => parameter,
                FnArg::Receiver(receiver) => {
                    mistakes.add(receiver, "a component is a plain function, without `self`");
                    continue;
                }
            };
            if let Type::ImplTrait(r#type) = &*parameter.ty {
                mistakes.add(r#type, NOT_GENERIC);
                continue;
            }
            if !is_template {
                if let Some(mark) = &marks.config {
                    let message =
                        "only a template extension marks its configuration; here it is the first parameter";
                    mistakes.add(mark, message);
                }
                if let Some(mark) = marks.defaults.first() {
                    let message = "only an argument of a template can have a default here; in a configuration, \
                                   a field has one: `#[serde(default)]`";
                    mistakes.add(mark, message);
                }
            }
            let is_config = match is_template {
                true => marks.config.is_some(),
                false => count == after + 1 && place == 0,
            };
            if is_config {
                read.add_config(kind, parameter, place, mistakes);
            } else {
                read.add_input(kind, parameter, &marks.defaults, mistakes);
            }
        }
        if kind == ComponentKind::TemplateFilter && read.inputs.is_empty() && mistakes.is_empty() {
            mistakes.add(function, "a template filter takes the value that it is applied to: `fn(value, …)`");
        }
        read
    }

    fn add_config(
        &mut self,
        kind: ComponentKind,
        parameter: &PatType,
        place: usize,
        mistakes: &mut Mistakes,
    ) {
        let place_of_type = &parameter.ty;
        if self.config.is_some() {
            mistakes.add(place_of_type, "there is one configuration");
        }
        let (by_reference, r#type) = match &*parameter.ty {
            Type::Reference(reference) => {
                if reference.mutability.is_some() {
                    mistakes.add(place_of_type, "a configuration is read only: take it by `&`, or by value");
                } else if kind == ComponentKind::LogSource {
                    let message =
                        "a log source takes its configuration by value, since its iterator outlives the call";
                    mistakes.add(place_of_type, message);
                }
                (true, (*reference.elem).clone())
            }
            other => (false, other.clone()),
        };
        if borrows(&r#type) {
            let message =
                "a configuration owns its data, so it has no lifetime: a `String` instead of a `&str`";
            mistakes.add(&r#type, message);
        } else if is_no_object(&r#type) {
            let message = "a configuration is an object: take a struct that derives `Deserialize` and `JsonSchema`, with a field for each key";
            mistakes.add(&r#type, message);
        }
        self.config = Some(Config { r#type, by_reference, place });
    }

    fn add_input(
        &mut self,
        kind: ComponentKind,
        parameter: &PatType,
        defaults: &[Attribute],
        mistakes: &mut Mistakes,
    ) {
        let r#type = (*parameter.ty).clone();
        let shape = ParameterKind::of(&r#type);
        let is_str = shape == ParameterKind::Str;
        match kind {
            ComponentKind::LogParser if !is_str => {
                mistakes.add(&r#type, "a line is text: `line: &str`");
            }
            ComponentKind::LogFilter | ComponentKind::LogOutput if is_str => {
                let message = "an entry is an object: take a type that derives `Deserialize`";
                mistakes.add(&r#type, message);
            }
            _ => {}
        }
        let is_value = kind == ComponentKind::TemplateFilter && self.inputs.is_empty();
        let is_argument =
            !is_value && matches!(kind, ComponentKind::TemplateFilter | ComponentKind::TemplateFunction);
        let mut default = None;
        if is_argument {
            if matches!(shape, ParameterKind::Optional | ParameterKind::Other) && borrows(&r#type) {
                let message = "an argument owns its data, for example as a `String`; only `&str` and `Option<&str>` are \
                               borrowed";
                mistakes.add(&r#type, message);
            }
            if let [_, second, ..] = defaults {
                mistakes.add(second, "an argument has one default");
            }
            if let Some(first) = defaults.first() {
                if shape == ParameterKind::OptionalStr {
                    mistakes.add(
                        first,
                        "an `Option` is `None` where nothing is given; with a default, take `&str`",
                    );
                }
                default = mistakes.check(first.parse_args::<Expr>());
            }
        } else if let (true, Some(first)) = (is_value, defaults.first()) {
            mistakes.add(first, "the value that a filter is applied to has no default");
        }
        let name = match &*parameter.pat {
            Pat::Ident(pattern) => plain_name(&pattern.ident.to_string()),
            other if is_argument => {
                mistakes.add(other, "an argument of a template is given by its name, so it needs one");
                String::new()
            }
            _ => String::new(),
        };
        self.inputs.push(Input { name, shape, r#type, default });
    }
}

/// Why a type parameter will not do.
pub(crate) const NOT_GENERIC: &str = "a component is not generic: it works on the types that it names";

/// How many parameters come after the configuration, and how the function is described.
fn shape_of(kind: ComponentKind) -> (usize, &'static str) {
    match kind {
        ComponentKind::LogParser => (1, "`fn(config, line: &str)` or `fn(line: &str)`"),
        ComponentKind::LogFilter | ComponentKind::LogOutput => (1, "`fn(config, entry)` or `fn(entry)`"),
        _ => (0, "`fn(config)` or `fn()`"),
    }
}

/// Our attributes of one parameter.
struct Marks {
    config: Option<Attribute>,
    defaults: Vec<Attribute>,
}

impl Marks {
    fn take(parameter: &mut FnArg) -> Self {
        let attributes = match parameter {
            FnArg::Typed(parameter) => &mut parameter.attrs,
            FnArg::Receiver(receiver) => &mut receiver.attrs,
        };
        let mut take = |name: &str| -> Vec<Attribute> {
            attributes.extract_if(.., |attribute| attribute.path().is_ident(name)).collect()
        };
        Self { config: take("config").into_iter().next(), defaults: take("default") }
    }
}

/// The name under which a template gives an argument: `_` in front says that the function does not use it.
fn plain_name(name: &str) -> String {
    name.strip_prefix("r#").unwrap_or(name).trim_start_matches('_').to_owned()
}
