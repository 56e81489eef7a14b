//! How much there is to do for one instance of a component.
//!
//! A component says how often it makes which of its parts, and each part how often it makes its own: a kilobyte can ask for a billion. The
//! compiler follows each of them, so they are counted before it does, with the same arithmetic and without doing it.

use wasmparser::{
    BinaryReaderError, ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    Instance, Payload,
};

/// The components that are being read, the outermost first.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    open: Vec<Scope>,
}

/// A function between a component and the outside counts as many steps, since it may be a piece of code that the compiler makes.
const CODE: u64 = 100;

/// One component that is being read.
#[derive(Debug, Default)]
struct Scope {
    /// The steps of each component that has an index here.
    components: Vec<u64>,
    /// The steps of this one, as far as it was read.
    steps: u64,
}

/// What a part of a component comes to.
pub(crate) enum Counted {
    /// The steps of the component that is being read, so far.
    Steps(u64),
    /// It takes a component from outside or out of an instance, whose steps cannot be counted.
    Unknown,
}

impl Assembly {
    /// A component begins.
    pub(crate) fn begin(&mut self) {
        self.open.push(Scope::default());
    }

    /// The component that is being read is over, and has an index in the one around it.
    pub(crate) fn end(&mut self) {
        let Some(inner) = self.open.pop() else { return };
        if let Some(around) = self.open.last_mut() {
            around.components.push(inner.steps);
        }
    }

    /// Counts a part of the component that is being read.
    pub(crate) fn count(&mut self, part: &Payload<'_>) -> Result<Counted, BinaryReaderError> {
        let Some((scope, outer)) = self.open.split_last_mut() else { return Ok(Counted::Steps(0)) };
        let one = |length: usize| 1 + length as u64;
        match part {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => scope.add(1),
            Payload::CoreTypeSection(section) => scope.add(section.count().into()),
            Payload::ComponentTypeSection(section) => scope.add(section.count().into()),
            Payload::ComponentCanonicalSection(section) => {
                scope.add(CODE.saturating_mul(section.count().into()));
            }
            Payload::InstanceSection(section) => {
                for instance in section.clone() {
                    scope.add(match instance? {
                        Instance::Instantiate { args, .. } => one(args.len()),
                        Instance::FromExports(exports) => one(exports.len()),
                    });
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section.clone() {
                    scope.add(match instance? {
                        ComponentInstance::FromExports(exports) => one(exports.len()),
                        ComponentInstance::Instantiate { component_index, args } => {
                            one(args.len()).saturating_add(scope.component(component_index))
                        }
                    });
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section.clone() {
                    scope.add(1);
                    match alias? {
                        ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                            let steps = match (count as usize).checked_sub(1) {
                                None => scope.component(index),
                                Some(out) => {
                                    outer.iter().rev().nth(out).map_or(0, |scope| scope.component(index))
                                }
                            };
                            scope.components.push(steps);
                        }
                        ComponentAlias::InstanceExport { kind: ComponentExternalKind::Component, .. } => {
                            return Ok(Counted::Unknown);
                        }
                        _ => {}
                    }
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    scope.add(1);
                    if import?.ty.kind() == ComponentExternalKind::Component {
                        // The host brings no components, and says so where it looks at what is imported.
                        if !outer.is_empty() {
                            return Ok(Counted::Unknown);
                        }
                        scope.components.push(0);
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    scope.add(1);
                    let export = export?;
                    if export.kind == ComponentExternalKind::Component {
                        // Whatever is exported has a further index.
                        scope.components.push(scope.component(export.index));
                    }
                }
            }
            _ => {}
        }
        Ok(Counted::Steps(scope.steps))
    }
}

impl Scope {
    fn add(&mut self, steps: u64) {
        self.steps = self.steps.saturating_add(steps);
    }

    /// The steps of a component. One that there is not has none, and the validator refuses it.
    fn component(&self, index: u32) -> u64 {
        self.components.get(index as usize).copied().unwrap_or(0)
    }
}
