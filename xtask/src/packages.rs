//! `cargo xtask packages`: the tests of the SDKs in JavaScript and Python, and of the examples in these languages.

use anyhow::Result;

use crate::run::{command, root, run};
use crate::toolchains;

/// Runs them all. They need no plugin, and no host.
pub(crate) fn check() -> Result<()> {
    if toolchains::node("the tests in JavaScript and TypeScript")? {
        let folder = |name: &str| root().join(name);
        run(command("node").arg("--test").current_dir(folder("packages/javascript")))?;
        let typescript = folder("examples/typescript-template-extension");
        toolchains::install_packages(&typescript)?;
        // The types of the SDK, with the compiler that the example has.
        let compiler = typescript.join("node_modules/typescript/bin/tsc");
        for project in ["packages/javascript", "packages/javascript/types"] {
            run(command("node").arg(&compiler).arg("-p").arg(project))?;
        }
        for example in ["examples/javascript-custom-task", "examples/typescript-template-extension"] {
            toolchains::install_packages(&folder(example))?;
            run(toolchains::npm().arg("test").current_dir(folder(example)))?;
        }
    }
    if toolchains::python("the tests in Python")? {
        let sdk = root().join("packages/python/src");
        for folder in ["packages/python", "examples/python-facts-collector"] {
            let folder = root().join(folder);
            let path = std::env::join_paths([sdk.clone(), folder.join("src")])?;
            let mut tests = command("python3");
            tests.args(["-B", "-m", "unittest", "discover", "-s", "tests"]);
            run(tests.env("PYTHONPATH", path).current_dir(folder))?;
        }
    }
    Ok(())
}
