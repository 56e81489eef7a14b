//! How large a plugin's file, and each part of it, may be.
//!
//! The compiler's time and memory grow with these numbers, so they bound what a hostile file can cost. Each is well above
//! what interpreters compiled to WebAssembly have, which are the largest plugins known. "Known" below are the largest
//! numbers in StarlingMonkey (componentize-js 0.23), CPython (componentize-py 0.25, Pyodide), Ruby 3.4, esbuild, swc, QuickJS, SQLite,
//! PGlite, and, larger than any plugin, DuckDB and FFmpeg, as their packages had them in November 2026.

use driftless_plugin_api::limit::MAX_PLUGIN_BYTES;

/// A limit on the shape of a plugin, checked before a compiler sees a byte of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModuleLimit {
    /// What is counted.
    pub what: &'static str,
    /// How many there may be.
    pub max: u64,
}

macro_rules! module_limits {
    ($($(#[$doc:meta])* $name:ident = $max:expr, $what:literal;)*) => {
        $(
            $(#[$doc])*
            pub const $name: ModuleLimit = ModuleLimit { what: $what, max: $max };
        )*

        /// All of them, which is what a [`PolicyKey`](crate::PolicyKey) is made of.
        pub const ALL: &[ModuleLimit] = &[$($name),*];
    };
}

module_limits! {
    /// Bytes of the file.
    SIZE = MAX_PLUGIN_BYTES, "bytes";
    /// Function types. Known: 4,687.
    TYPES = 10_000, "types";
    /// Parameters of one function type. A call moves each of them. Known: 91, in interpreters 33.
    PARAMETERS = 200, "parameters in one type";
    /// Results of one function type. A call with hundreds of them is kilobytes of machine code. Known: 1; wasm-bindgen makes 4.
    RESULTS = 16, "results in one type";
    /// Imports. The host offers fewer than ten, WASI a few dozen.
    IMPORTS = 1_000, "imports";
    /// Imports of one module inside a component, which are the exports of its other modules.
    INNER_IMPORTS = 10_000, "imports of one module";
    /// Functions. Known: 62,171, in interpreters 19,852.
    FUNCTIONS = 100_000, "functions";
    /// Tables. Modules made by wasm-bindgen have two.
    TABLES = 4, "tables";
    /// Tables of all modules of a component together.
    ALL_TABLES = 16, "tables in all modules";
    /// Memories.
    MEMORIES = 1, "memories";
    /// Memories of all modules of a component together. Known: 1, which the others import.
    ALL_MEMORIES = 4, "memories in all modules";
    /// Globals.
    GLOBALS = 10_000, "globals";
    /// Exports.
    EXPORTS = 10_000, "exports";
    /// Segments of elements.
    ELEMENT_SEGMENTS = 10_000, "element segments";
    /// Segments of data.
    DATA_SEGMENTS = 10_000, "data segments";
    /// Custom sections.
    CUSTOM_SECTIONS = 1_000, "custom sections";
    /// Bytes of the code of all functions together. The compiler takes up to 7 s for a mebibyte of it, and about 1 s for one that
    /// compilers of languages make. Known: 29 MB, in interpreters 12 MB.
    CODE_BYTES = 32 << 20, "bytes of code";
    /// Bytes of one function. The compiler needs up to 1 KiB of memory for each. Known: 905,582, in interpreters 426,843.
    FUNCTION_BYTES = 1 << 20, "bytes in one function";
    /// Local variables of one function, parameters left out. Known: 612.
    LOCALS = 10_000, "locals in one function";
    /// Local variables of all functions together: a few bytes can declare ten thousand, and each is set to zero. Known: 237,260.
    ALL_LOCALS = 1_000_000, "locals in all functions";
    /// Loops in loops. The compiler is cubic in it: 1,000 take 2 s, and 2,000 take 16 s. Known: 21.
    LOOP_DEPTH = 100, "loops in each other";
    /// Loops in all functions together. Each is looked at by the engine's clock and its fuel, which makes it 140 µs of work even where it is
    /// empty and has three bytes. Known: 59,098.
    LOOPS = 250_000, "loops";
    /// Parameters and results of the blocks of one function. The compiler needs memory for their square: a file of 29 kB with
    /// blocks of 200 takes 18 GB. Known: 1,254.
    BLOCK_VALUES = 5_000, "values taken and given by the blocks of one function";
    /// Work for the compiler in one function, in units of about 10 ns, estimated from its operators and its control flow: each
    /// operator counts by how many points all ways to it have to pass, each branch ten for each local variable, each call a
    /// hundred for each value. Known: 25,000,000.
    FUNCTION_WORK = 100_000_000, "units of estimated work for the compiler in one function";
    /// The same in all functions together. Known: 557,000,000, in interpreters 265,000,000.
    WORK = 2_000_000_000, "units of estimated work for the compiler";
    /// Where branches meet: for each label the square of the branches to it times the variables that were set meanwhile, in all
    /// functions together. At its worst one of them is 200 ns for the register allocator, in real code less than 1 ns.
    /// Known: 682,000,000 in Ruby, 253,000,000 in CPython, 107,000,000 in StarlingMonkey.
    JOINS = 1_500_000_000, "variables times branches squared where branches meet";
    /// Components in each other. Known: 2.
    COMPONENT_DEPTH = 5, "components in each other";
    /// Components inside a component.
    COMPONENTS = 20, "components in a component";
    /// Core modules of a component. Known: 38, in CPython with its libraries.
    MODULES = 100, "modules in a component";
    /// Instances that a component makes of its modules and components, and of what they export. Known: 111.
    INSTANCES = 500, "instances in a component";
    /// Names that a component gives to what its parts export. Known: 1,490.
    ALIASES = 20_000, "aliases in a component";
    /// Functions that go in or out of a component. Each is a piece of code that the compiler makes of the types.
    CANONICAL_FUNCTIONS = 1_000, "functions between a component and the outside";
    /// What is to be done for one instance of a component: parts to be made, names to be given, and functions to be connected, which count a
    /// hundred each; all as often as the parts are made. Known: 16,000, in CPython with all of WASI.
    STEPS = 200_000, "steps to an instance";
    /// Components that a component takes from outside or out of an instance, to make instances of them: their steps cannot be counted.
    COMPONENTS_HANDED_ON = 0, "components that are handed to components";
    /// Bytes that describe the types of a component.
    TYPE_BYTES = 256 << 10, "bytes of component types";
    /// Bytes of the manifest.
    MANIFEST_BYTES = 1 << 20, "bytes in the manifest";
    /// Levels of lists and objects in the manifest. What it is read into has five.
    MANIFEST_DEPTH = 16, "levels in the manifest";
    /// Bytes of the version of a plugin.
    MANIFEST_VERSION_BYTES = 128, "bytes in the version";
    /// Bytes of a range of versions: of Driftless, of a dependency, of Rust.
    MANIFEST_RANGE_BYTES = 256, "bytes in a range of versions";
    /// Bytes of what describes a plugin or a component, and of its authors.
    MANIFEST_DESCRIPTION_BYTES = 4 << 10, "bytes in a description";
    /// Bytes of a URL, of a licence and of the entry point.
    MANIFEST_URL_BYTES = 2 << 10, "bytes in a URL";
    /// Components that a manifest lists.
    MANIFEST_COMPONENTS = 2_000, "components in the manifest";
    /// Plugins that a manifest says it needs.
    MANIFEST_DEPENDENCIES = 200, "dependencies in the manifest";
}
