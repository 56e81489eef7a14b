//! From bytes to a [`ValidatedPlugin`], which is the only thing that can be compiled.

use wasmparser::Validator;
use wasmparser::types::Types;

use crate::abi::{File, Offer};
use crate::code;
use crate::error::{ValidationError, Violation};
use crate::info::PluginFile;
use crate::policy::{Rules, features};
use crate::scan::broken;
use crate::validated::ValidatedPlugin;

/// Checks a file, by the rules of a host that allows nothing beyond what every host offers.
///
/// # Errors
///
/// Everything that is wrong with it, as far as it can be read.
pub fn validate(bytes: &[u8]) -> Result<ValidatedPlugin, ValidationError> {
    PluginFile::inspect(bytes).validate(Rules::default())
}

impl PluginFile {
    /// Checks the file. What [`inspect`](crate::inspect) found out is not found out again.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, as far as it can be read.
    pub fn validate(&self, rules: Rules) -> Result<ValidatedPlugin, ValidationError> {
        let scan = self.scan();
        let mut violations: Vec<Violation> = scan.defect.clone().into_iter().collect();
        violations.extend(code::measure(scan, self.bytes()).err());
        let mut types = None;
        // Cheap checks before expensive ones: what is too much to compile is too much to validate.
        if violations.is_empty() {
            match Validator::new_with_features(features()).validate_all(self.bytes()) {
                Ok(known) => types = Some(known),
                Err(error) => violations.push(broken(&error)),
            }
        }
        let requested = match self.info().permissions() {
            Ok(requested) => Some(requested),
            Err(violation) => {
                violations.push(violation.clone());
                None
            }
        };
        let file = File { scan, types: types.as_ref().map(Types::as_ref) };
        let contract = self.intended_abi().contract();
        contract.check_imports(&file, Offer { requested, allow_wasi: rules.allow_wasi }, &mut violations);
        if scan.defect.is_none() {
            contract.check_exports(&file, &mut violations);
        }
        if violations.is_empty() {
            return Ok(ValidatedPlugin::vouched(self, rules));
        }
        violations.sort_by_key(|violation| violation.offset);
        Err(ValidationError { violations })
    }
}
