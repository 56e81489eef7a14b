//! The types of functions that go in or out of a module.

use wasmparser::{FuncType, RefType, ValType};

/// A type of a value that the host takes or gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `f64`
    F64,
    /// `externref`
    ExternRef,
    /// Any other, which no function of the host has.
    Other,
}

impl ValueType {
    /// The parameters and results of a function.
    pub(crate) fn of_function(function: &FuncType) -> (Vec<Self>, Vec<Self>) {
        let all = |types: &[ValType]| types.iter().copied().map(Self::of).collect();
        (all(function.params()), all(function.results()))
    }

    fn of(r#type: ValType) -> Self {
        match r#type {
            ValType::I32 => Self::I32,
            ValType::I64 => Self::I64,
            ValType::F64 => Self::F64,
            ValType::Ref(RefType::EXTERNREF) => Self::ExternRef,
            _ => Self::Other,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F64 => "f64",
            Self::ExternRef => "externref",
            Self::Other => "another type",
        }
    }
}

/// A function that the host offers to modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostFunction {
    /// What it is called.
    pub name: &'static str,
    /// What it takes.
    pub parameters: &'static [ValueType],
    /// What it gives back.
    pub results: &'static [ValueType],
}

impl HostFunction {
    /// Whether a function of this type can be linked to it.
    pub(crate) fn fits(&self, found: &FuncType) -> bool {
        let (parameters, results) = ValueType::of_function(found);
        parameters == self.parameters && results == self.results
    }
}

/// `(i32, i32) -> (i64)`
impl std::fmt::Display for HostFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list =
            |types: &[ValueType]| types.iter().map(|r#type| r#type.name()).collect::<Vec<_>>().join(", ");
        write!(f, "({}) -> ({})", list(self.parameters), list(self.results))
    }
}

/// A function's type as people write it: `(i32, i32) -> (i64)`.
pub(crate) fn written(function: &FuncType) -> String {
    let list = |types: &[ValType]| types.iter().map(ValType::to_string).collect::<Vec<_>>().join(", ");
    format!("({}) -> ({})", list(function.params()), list(function.results()))
}
