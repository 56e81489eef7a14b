//! Measures the code of functions, before a compiler has to do anything about it.

use wasmparser::{BinaryReader, CodeSectionReader, FunctionBody};

use crate::error::Violation;
use crate::limits;
use crate::scan::{Code, Scan, Stop, claim};
use crate::workload;

/// A function of so few bytes is not measured where there is little code. The worst function of this size that was found, 680 empty
/// loops, is 0.1 s for the compiler.
const SMALL_FUNCTION_BYTES: usize = 2 << 10;

/// Counts in the code of all modules, up to the first limit that is passed. Code that cannot be read is left out: it is not valid, and the
/// validator of the format says why.
///
/// `bytes` are those that were scanned.
pub(crate) fn measure(scan: &Scan, bytes: &[u8]) -> Result<(), Violation> {
    let mut total = Total::default();
    for code in &scan.code {
        let end = code.range.end.min(bytes.len());
        let section = bytes.get(code.range.start..end).unwrap_or_default();
        let bodies = CodeSectionReader::new(BinaryReader::new(section, code.range.start));
        for (piece, body) in bodies.into_iter().flatten().map_while(Result::ok).enumerate() {
            match total.add(&body, code, piece) {
                Ok(()) | Err(Stop::Broken(_)) => {}
                Err(stop @ Stop::TooMany(..)) => return Err(stop.at(body.range().start as u64)),
            }
        }
    }
    Ok(())
}

/// What is counted over the whole file.
#[derive(Default)]
struct Total {
    units: u64,
    joins: u64,
    loops: u64,
    locals: u64,
}

impl Total {
    fn add(&mut self, body: &FunctionBody<'_>, code: &Code, piece: usize) -> Result<(), Stop> {
        let bytes = body.range().len();
        claim(limits::FUNCTION_BYTES, bytes)?;
        let mut locals = 0u64;
        for declared in body.get_locals_reader()? {
            locals = locals.saturating_add(declared?.0.into());
            claim(limits::LOCALS, locals)?;
        }
        self.locals += locals;
        claim(limits::ALL_LOCALS, self.locals)?;
        if bytes <= SMALL_FUNCTION_BYTES && !code.measure_small {
            return Ok(());
        }
        let variables = locals + code.parameters(piece);
        let load = workload::measure(body, variables, code, limits::FUNCTION_WORK.max)?;
        claim(limits::FUNCTION_WORK, load.units)?;
        claim(limits::LOOP_DEPTH, load.loop_depth)?;
        claim(limits::BLOCK_VALUES, load.block_values)?;
        self.units += load.units;
        self.loops += load.loops;
        self.joins = self.joins.saturating_add(load.joins);
        claim(limits::WORK, self.units)?;
        claim(limits::JOINS, self.joins)?;
        claim(limits::LOOPS, self.loops)
    }
}
