//! The functions that wasm-bindgen puts into every module, for the host to call.

/// An export of wasm-bindgen's own.
pub struct Helper {
    /// What it is called, as long as nothing keeps wasm-bindgen from it: in a module that was stripped before, its helpers are numbered.
    pub(crate) name: &'static str,
    /// How many numbers it may take. It gives back as many as `results`.
    parameters: &'static [usize],
    results: usize,
}

/// Makes room for an argument: `(size, alignment) -> pointer`, without the alignment before 0.2.85.
pub const MALLOC: Helper = Helper { name: "__wbindgen_malloc", parameters: &[2, 1], results: 1 };

/// Takes back the room of a result: `(pointer, size, alignment)`, without the alignment before 0.2.85.
pub const FREE: Helper = Helper { name: "__wbindgen_free", parameters: &[3, 2], results: 0 };

/// Moves the guest's own stack pointer, to make room for a result that is returned through memory.
pub const STACK: Helper = Helper { name: "__wbindgen_add_to_stack_pointer", parameters: &[1], results: 1 };

/// How the helpers of a stripped module are called, with a number behind it.
pub(crate) const NUMBERED: &str = "__wbindgen_export";

impl Helper {
    /// Finds it among exported functions, given by their names and by how many numbers they take and give back. The name decides; without it, the type does.
    pub fn find<'a>(
        &self,
        exports: impl Iterator<Item = (&'a str, usize, usize)> + Clone,
    ) -> Option<&'a str> {
        let fits = |parameters: usize, results: usize| {
            results == self.results && self.parameters.contains(&parameters)
        };
        let named = |(name, parameters, results): (&'a str, usize, usize)| {
            (name == self.name && fits(parameters, results)).then_some(name)
        };
        let numbered = |(name, parameters, results): (&'a str, usize, usize)| {
            let number = name.strip_prefix(NUMBERED)?;
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
            // The stack pointer's helper has the type that `malloc` had once; it keeps its name.
            (is_number && fits(parameters, results) && parameters == self.parameters[0]).then_some(name)
        };
        exports.clone().find_map(named).or_else(|| exports.clone().find_map(numbered))
    }
}

/// Prepares an instance.
pub const START: &str = "__wbindgen_start";
