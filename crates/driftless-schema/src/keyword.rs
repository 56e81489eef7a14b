//! The keywords that a schema may have, and what stands behind each.

/// What stands behind a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A schema.
    Schema,
    /// Schemas, one after the other.
    Schemas,
    /// Schemas of which a value is held against each: branches.
    Branches,
    /// Schemas by the names of properties.
    ByName,
    /// Schemas by patterns for the names of properties.
    ByPattern,
    /// Names of properties.
    Names,
    /// Names of properties by names of properties.
    NamesByName,
    /// Values.
    Values,
    /// Any value.
    Value,
    /// The value that is filled in.
    Default,
    /// A number.
    Number,
    /// A number above 0.
    PositiveNumber,
    /// A whole number, not below 0.
    Count,
    /// `true` or `false`.
    Flag,
    /// A type, or several.
    Types,
    /// A pattern.
    Pattern,
    /// Where another schema of the same document is.
    Reference,
    /// The schemas that are referred to, by name.
    Definitions,
    /// The dialect.
    Dialect,
    /// Words for people and for tools. They are let be, whatever they are.
    Annotation,
}

/// The dialect that schemas are read in.
pub(crate) const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Every keyword that a schema may have beside those that begin with [`OWN`].
const KEYWORDS: &[(&str, Shape)] = &[
    ("$schema", Shape::Dialect),
    ("$ref", Shape::Reference),
    ("$defs", Shape::Definitions),
    ("type", Shape::Types),
    ("enum", Shape::Values),
    ("const", Shape::Value),
    ("default", Shape::Default),
    ("allOf", Shape::Schemas),
    ("anyOf", Shape::Branches),
    ("oneOf", Shape::Branches),
    ("not", Shape::Schema),
    ("if", Shape::Schema),
    ("then", Shape::Schema),
    ("else", Shape::Schema),
    ("properties", Shape::ByName),
    ("patternProperties", Shape::ByPattern),
    ("additionalProperties", Shape::Schema),
    ("unevaluatedProperties", Shape::Schema),
    ("propertyNames", Shape::Schema),
    ("dependentSchemas", Shape::ByName),
    ("dependentRequired", Shape::NamesByName),
    ("required", Shape::Names),
    ("minProperties", Shape::Count),
    ("maxProperties", Shape::Count),
    ("prefixItems", Shape::Schemas),
    ("items", Shape::Schema),
    ("unevaluatedItems", Shape::Schema),
    ("contains", Shape::Schema),
    ("minContains", Shape::Count),
    ("maxContains", Shape::Count),
    ("minItems", Shape::Count),
    ("maxItems", Shape::Count),
    ("uniqueItems", Shape::Flag),
    ("minimum", Shape::Number),
    ("maximum", Shape::Number),
    ("exclusiveMinimum", Shape::Number),
    ("exclusiveMaximum", Shape::Number),
    ("multipleOf", Shape::PositiveNumber),
    ("minLength", Shape::Count),
    ("maxLength", Shape::Count),
    ("pattern", Shape::Pattern),
    ("title", Shape::Annotation),
    ("description", Shape::Annotation),
    ("$comment", Shape::Annotation),
    ("examples", Shape::Annotation),
    ("example", Shape::Annotation),
    ("deprecated", Shape::Annotation),
    ("readOnly", Shape::Annotation),
    ("writeOnly", Shape::Annotation),
    // Annotations in this dialect as well, which are not asserted.
    ("format", Shape::Annotation),
    ("contentMediaType", Shape::Annotation),
    ("contentEncoding", Shape::Annotation),
    ("contentSchema", Shape::Annotation),
    // Of OpenAPI; tools write it beside a `oneOf` that says the same.
    ("discriminator", Shape::Annotation),
];

/// What keywords of an author's own begin with: annotations.
const OWN: &str = "x-";

/// What stands behind a keyword. `None` where a schema may not have it.
pub(crate) fn shape(keyword: &str) -> Option<Shape> {
    if keyword.starts_with(OWN) {
        return Some(Shape::Annotation);
    }
    KEYWORDS.iter().find(|(known, _)| *known == keyword).map(|(_, shape)| *shape)
}

/// What to do about a keyword that a schema may not have.
pub(crate) fn advice(keyword: &str) -> String {
    let instead = match keyword {
        "definitions" => "write `$defs`",
        "dependencies" => "write `dependentRequired` or `dependentSchemas`",
        "additionalItems" => "write `prefixItems` for the first items and `items` for the others",
        "nullable" => "write `\"type\": [\"…\", \"null\"]`",
        "id" | "$id" | "$anchor" | "$dynamicAnchor" | "$recursiveAnchor" | "$dynamicRef"
        | "$recursiveRef" | "$vocabulary" => "a schema is one document; write `\"$ref\": \"#/$defs/NAME\"`",
        // What is longer is no slip.
        other if other.len() > 32 => return format!("keywords of your own begin with `{OWN}`"),
        other => {
            let near = KEYWORDS.iter().map(|(known, _)| (strsim::osa_distance(other, known), *known)).min();
            return match near {
                Some((distance, known)) if distance <= 2 => format!("did you mean `{known}`?"),
                _ => format!("keywords of your own begin with `{OWN}`"),
            };
        }
    };
    instead.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_that_are_not_known_get_advice() {
        assert_eq!(shape("requried"), None);
        assert_eq!(advice("requried"), "did you mean `required`?");
        assert_eq!(advice("definitions"), "write `$defs`");
        assert_eq!(advice("frobnicate"), "keywords of your own begin with `x-`");
        assert!(advice("$id").starts_with("a schema is one document"));
        // A name of any length is not held against others.
        assert_eq!(shape(&"a".repeat(300)), None);
    }

    #[test]
    fn annotations_are_let_be() {
        for keyword in ["title", "format", "x-order", "discriminator", "contentSchema"] {
            assert_eq!(shape(keyword), Some(Shape::Annotation), "{keyword}");
        }
    }
}
