//! The attributes that make a function of the author's a hook: `#[before_task]` and its like.

use driftless_plugin_api::function::Function;
use syn::{Attribute, FnArg, Ident, ItemFn, Meta, ReturnType, Type, parse_quote_spanned};

use crate::mistakes::Mistakes;
use crate::parameter_kind::borrows;

/// What the attributes are called, by the function of the protocol that they serve.
pub(crate) const WORDS: [(&str, Function); 5] = [
    ("initialize", Function::Initialize),
    ("shutdown", Function::Shutdown),
    ("before_task", Function::BeforeTask),
    ("after_task", Function::AfterTask),
    ("on_task_failure", Function::OnTaskFailure),
];

/// A function that is called around tasks.
pub(crate) struct Hook {
    pub(crate) served: Function,
    pub(crate) function: Ident,
    pub(crate) cfgs: Vec<Attribute>,
    /// What it takes: as much as it wants of what there is, from the left.
    pub(crate) inputs: Vec<Type>,
    pub(crate) output: Type,
}

impl Hook {
    /// The function of the protocol that an attribute stands for, if it is one of ours.
    pub(crate) fn served_by(attribute: &Attribute) -> Option<Function> {
        let name = &attribute.path().segments.last()?.ident;
        WORDS.into_iter().find_map(|(word, function)| (name == word).then_some(function))
    }

    /// Reads a function under one of our attributes. `others` are the hooks above it.
    pub(crate) fn read(
        mark: &Attribute,
        function: &ItemFn,
        others: &[Self],
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let served = Self::served_by(mark)?;
        let signature = &function.sig;
        if !matches!(mark.meta, Meta::Path(_)) {
            mistakes.add(mark, "this attribute has no arguments");
        }
        if let Some(asyncness) = &signature.asyncness {
            mistakes.add(asyncness, "a hook is not `async`: there is nothing to wait for in the sandbox");
        }
        if let Some(unsafety) = &signature.unsafety {
            mistakes.add(unsafety, "a hook is not `unsafe`: the host calls it");
        }
        if others.iter().any(|other| other.served == served) {
            mistakes.add(&signature.ident, format!("there is a hook `{served}` already"));
        }
        let told = what_it_is_told(served);
        if signature.inputs.len() > told.len() {
            let takes = match told {
                [] => "nothing".to_owned(),
                [one] => format!("{one}, or nothing"),
                several => format!("{}, or less of it", several.join(", ")),
            };
            mistakes.add(&signature.ident, format!("a hook `{served}` takes {takes}"));
        }
        let mut inputs = Vec::new();
        for parameter in &signature.inputs {
            match parameter {
                FnArg::Receiver(receiver) => {
                    mistakes.add(receiver, "a hook is a plain function, without `self`")
                }
                FnArg::Typed(parameter) if borrows(&parameter.ty) => {
                    mistakes.add(
                        &parameter.ty,
                        "what a hook is told it takes by value, and owns: no lifetime, no `&`",
                    );
                }
                FnArg::Typed(parameter) => inputs.push((*parameter.ty).clone()),
            }
        }
        let output = match &signature.output {
            ReturnType::Default => parse_quote_spanned!(signature.ident.span()=> ()),
            ReturnType::Type(_, output) => (**output).clone(),
        };
        let cfgs =
            function.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect();
        Some(Self { served, function: signature.ident.clone(), cfgs, inputs, output })
    }
}

/// What a hook is told, in words for people and for its mistakes.
pub(crate) const fn what_it_is_told(served: Function) -> &'static [&'static str] {
    match served {
        Function::Initialize => &["configuration"],
        Function::BeforeTask => &["context"],
        Function::AfterTask => &["context", "outcome"],
        Function::OnTaskFailure => &["context", "error"],
        _ => &[],
    }
}
