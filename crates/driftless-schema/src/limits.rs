//! How large a schema may be, and how much work a check with it.
//!
//! Each is well above what configurations of real programs need. The largest schemas that are known, those of container orchestrators and of editors'
//! settings, describe whole programs; a component of a plugin is a part of one.

/// The levels on which schemas, and lists and objects in them, stand in each other.
pub const MAX_DEPTH: usize = 64;

/// The bytes of a schema: of its names, texts and numbers, with their punctuation.
pub const MAX_SCHEMA_BYTES: usize = 256 << 10;

/// The schemas in a schema, itself included. One is compiled to about a kilobyte.
pub const MAX_SCHEMAS: usize = 5_000;

/// The names in lists of properties that have to be there: `required`, `dependentRequired`.
pub const MAX_REQUIRED_NAMES: usize = 10_000;

/// The bytes of the name of a property or a definition. It is repeated in the place of everything beneath it.
pub const MAX_NAME_BYTES: usize = 256;

/// The values in all lists `enum` together.
pub const MAX_ENUM_VALUES: usize = 10_000;

/// The keywords `unevaluatedProperties` and `unevaluatedItems`. Each looks at everything beside it once more.
pub const MAX_UNEVALUATED: usize = 16;

/// The different patterns.
pub const MAX_PATTERNS: usize = 200;

/// The bytes of a pattern as it is written.
pub const MAX_PATTERN_BYTES: usize = 1_000;

/// The bytes of memory of one compiled pattern. Matching takes time in proportion to it. `^[a-z][a-z0-9_-]{0,62}$` has 10 KiB.
pub const MAX_COMPILED_PATTERN_BYTES: usize = 256 << 10;

/// The bytes of memory of all compiled patterns of a schema.
pub const MAX_COMPILED_PATTERNS_BYTES: usize = 2 << 20;

/// The defaults that are filled into one configuration.
pub const MAX_DEFAULTS: usize = 10_000;

/// The bytes of all defaults that are filled into one configuration.
pub const MAX_DEFAULT_BYTES: usize = 256 << 10;

/// The steps that checking one configuration takes: looking at a value with a keyword is one.
pub const MAX_STEPS: usize = 300_000;

/// The steps that filling in defaults takes, each branch that is tried included.
pub const MAX_FILLING_STEPS: usize = 1_000_000;

/// The steps up to which every violation of a configuration is looked for. Beyond, the first one has to do: each takes memory.
pub const MAX_STEPS_FOR_ALL_VIOLATIONS: usize = 100_000;

/// The violations that are told of one configuration.
pub const MAX_VIOLATIONS: usize = 100;

/// The bytes of one violation.
pub const MAX_VIOLATION_BYTES: usize = 500;
