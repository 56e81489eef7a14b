//! As much of a type as can be seen without the compiler.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Type};

/// What matters about the type of an input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParameterKind {
    /// `&str`
    Str,
    /// `Option<&str>`
    OptionalStr,
    /// Any other `Option`.
    Optional,
    /// Everything else.
    Other,
}

impl ParameterKind {
    /// Looks at a type.
    pub(crate) fn of(r#type: &Type) -> Self {
        match r#type {
            Type::Reference(reference)
                if reference.mutability.is_none() && is_called_str(&reference.elem) =>
            {
                Self::Str
            }
            Type::Path(path) => match path.path.segments.last() {
                Some(last) if last.ident == "Option" => match inner(&last.arguments).map(Self::of) {
                    Some(Self::Str) => Self::OptionalStr,
                    _ => Self::Optional,
                },
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

/// Whether a type mentions a lifetime, or a reference that leaves its out.
pub(crate) fn borrows(r#type: &Type) -> bool {
    any_borrows(r#type.to_token_stream())
}

/// The type that a function returns where all goes well: that in a `Result`.
pub(crate) fn success(r#type: &Type) -> &Type {
    match r#type {
        Type::Path(path) => match path.path.segments.last() {
            Some(last) if last.ident == "Result" => inner(&last.arguments).unwrap_or(r#type),
            _ => r#type,
        },
        _ => r#type,
    }
}

/// Whether a type becomes something else in JSON than an object, whatever its value is.
pub(crate) fn is_no_object(r#type: &Type) -> bool {
    const NAMES: [&str; 24] = [
        "String",
        "str",
        "char",
        "bool",
        "u8",
        "u16",
        "u32",
        "u64",
        "u128",
        "usize",
        "i8",
        "i16",
        "i32",
        "i64",
        "i128",
        "isize",
        "f32",
        "f64",
        "Vec",
        "VecDeque",
        "LinkedList",
        "HashSet",
        "BTreeSet",
        "PathBuf",
    ];
    match r#type {
        Type::Array(_) | Type::Slice(_) | Type::Tuple(_) => true,
        Type::Paren(inner) => is_no_object(&inner.elem),
        Type::Group(inner) => is_no_object(&inner.elem),
        Type::Reference(reference) => is_no_object(&reference.elem),
        Type::Path(path) => {
            path.path.segments.last().is_some_and(|last| NAMES.iter().any(|name| last.ident == name))
        }
        _ => false,
    }
}

fn any_borrows(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match token {
            TokenTree::Group(group) => any_borrows(group.stream()),
            TokenTree::Punct(sign) if sign.as_char() == '\'' => {
                !matches!(tokens.peek(), Some(TokenTree::Ident(name)) if name == "static")
            }
            // With a lifetime behind it, that one is looked at next.
            TokenTree::Punct(sign) if sign.as_char() == '&' => {
                !matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'')
            }
            _ => false,
        };
        if found {
            return true;
        }
    }
    false
}

fn is_called_str(r#type: &Type) -> bool {
    matches!(r#type, Type::Path(path) if path.path.is_ident("str"))
}

/// `T` of `<T>`
fn inner(arguments: &PathArguments) -> Option<&Type> {
    match arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            GenericArgument::Type(inner) => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn text_and_options_are_recognised() {
        assert!(ParameterKind::of(&parse_quote!(&str)) == ParameterKind::Str);
        assert!(ParameterKind::of(&parse_quote!(&'a str)) == ParameterKind::Str);
        assert!(ParameterKind::of(&parse_quote!(std::option::Option<&str>)) == ParameterKind::OptionalStr);
        assert!(ParameterKind::of(&parse_quote!(Option<String>)) == ParameterKind::Optional);
        assert!(ParameterKind::of(&parse_quote!(&mut str)) == ParameterKind::Other);
        assert!(ParameterKind::of(&parse_quote!(Vec<&str>)) == ParameterKind::Other);
    }

    #[test]
    fn what_is_no_object_is_seen_by_its_name() {
        assert!(is_no_object(&parse_quote!(&'static str)));
        assert!(is_no_object(&parse_quote!(std::vec::Vec<Host>)));
        assert!(is_no_object(&parse_quote!(())));
        assert!(is_no_object(success(&parse_quote!(plugin_sdk::Result<[u8; 4], Error>))));
        assert!(!is_no_object(&parse_quote!(Strings)));
        assert!(!is_no_object(success(&parse_quote!(Result<HashMap<String, u8>>))));
        assert!(!is_no_object(success(&parse_quote!(Answer))));
    }

    #[test]
    fn what_borrows_is_seen_anywhere_in_a_type() {
        assert!(borrows(&parse_quote!(Entry<'_>)));
        assert!(borrows(&parse_quote!(Vec<(u32, &[u8])>)));
        assert!(borrows(&parse_quote!(&'a str)));
        assert!(!borrows(&parse_quote!(Cow<'static, str>)));
        assert!(!borrows(&parse_quote!(HashMap<String, Vec<u8>>)));
    }
}
