//! How much work a function is for the compiler, estimated from its bytes.
//!
//! The compiler is linear in most of what compilers of languages emit, and worse than that in what only an attacker emits.
//! Measured (Cranelift 0.135), these three explain its time to within a factor of ten, and one unit is about 10 ns:
//!
//! - *Each operator at the depth where it stands in the tree of dominators*, that is behind how many points that every path to it has to
//!   pass. Passes walk this tree upwards for every instruction. 20,000 conditions one behind the other make 800,000,000
//!   units; in real functions the ways part and meet again, and the tree stays flat.
//! - *Ten for each local variable at each branch*, since each may need a value where branches meet.
//! - *A hundred for each value that is handed to a call or returned by it*, since it is moved from place to place.
//!
//! What costs memory rather than time, or comes near its worst in no real code, is counted beside it: loops, how deep they are
//! nested, the values that blocks take and give, and the variables that differ where many branches meet (the register allocator is
//! quadratic in these branches: 500 of them with 100 variables take 5 s).

use wasmparser::{BinaryReaderError, BlockType, FunctionBody, Operator};

/// What was counted in one function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Workload {
    /// The estimate, in units of about 10 ns.
    pub(crate) units: u64,
    /// Loops.
    pub(crate) loops: u64,
    /// The most loops around one place.
    pub(crate) loop_depth: u64,
    /// Parameters and results of all blocks, loops and conditions.
    pub(crate) block_values: u64,
    /// For each label, the square of the branches to it times the variables that may differ between them.
    pub(crate) joins: u64,
}

/// How many values the types of a module take and give.
pub(crate) trait Arities {
    /// Of the function type with this index.
    fn of_type(&self, index: u32) -> (u64, u64);
    /// Of the function with this index.
    fn of_function(&self, index: u32) -> (u64, u64);
}

/// Counts in one function, of which `locals` is the number of variables. Stops where `most` units are passed.
pub(crate) fn measure(
    body: &FunctionBody<'_>,
    locals: u64,
    arities: &impl Arities,
    most: u64,
) -> Result<Workload, BinaryReaderError> {
    let mut count = Count::new(locals, arities);
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() && !count.labels.is_empty() && count.load.units <= most {
        count.operator(&operators.read()?)?;
    }
    Ok(count.load)
}

const UNITS_OF_A_LOCAL_AT_A_BRANCH: u64 = 10;
const UNITS_OF_A_VALUE_OF_A_CALL: u64 = 100;

/// The checks of fuel and time at the head of a loop are places that every path passes as well.
const STEPS_OF_A_LOOP: u32 = 4;

struct Count<'a, A> {
    load: Workload,
    /// Units of one edge of the control flow.
    edge: u64,
    locals: u64,
    /// How often a variable was set.
    sets: u64,
    arities: &'a A,
    nodes: Vec<Node>,
    /// Where the next operator stands; nowhere behind an unconditional branch.
    here: Option<u32>,
    labels: Vec<Label>,
    loop_depth: u64,
}

/// A node in the tree of dominators.
#[derive(Clone, Copy)]
struct Node {
    /// The node that every path to this one passes last.
    parent: u32,
    /// An ancestor further up, so that a way up takes few steps.
    jump: u32,
    /// How many parents there are.
    level: u32,
    /// The same in the compiler's tree, where some have more nodes.
    depth: u32,
}

#[derive(Clone, Copy)]
struct Label {
    kind: Kind,
    /// The last node that all branches to the label have passed.
    meet: Option<u32>,
    branches: u64,
    /// How often a variable had been set where it began.
    sets: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Block,
    Loop,
    /// A condition that stands at a node, as long as it has no other branch.
    If(Option<u32>),
}

impl<'a, A: Arities> Count<'a, A> {
    fn new(locals: u64, arities: &'a A) -> Self {
        Self {
            load: Workload::default(),
            edge: locals.saturating_mul(UNITS_OF_A_LOCAL_AT_A_BRANCH),
            locals,
            sets: 0,
            arities,
            nodes: vec![Node { parent: 0, jump: 0, level: 0, depth: 1 }],
            here: Some(0),
            labels: vec![Label { kind: Kind::Block, meet: None, branches: 0, sets: 0 }],
            loop_depth: 0,
        }
    }

    fn operator(&mut self, operator: &Operator<'_>) -> Result<(), BinaryReaderError> {
        if let Some(here) = self.here {
            self.add(self.nodes[here as usize].depth.into());
        }
        match *operator {
            Operator::Block { blockty } => self.enter(Kind::Block, blockty),
            Operator::Loop { blockty } => {
                self.step(STEPS_OF_A_LOOP);
                self.enter(Kind::Loop, blockty);
                self.load.loops += 1;
                self.loop_depth += 1;
                self.load.loop_depth = self.load.loop_depth.max(self.loop_depth);
            }
            Operator::If { blockty } => {
                self.enter(Kind::If(self.here), blockty);
                self.step(1);
            }
            Operator::Else => {
                self.branch(0);
                if let Some(label) = self.labels.last_mut()
                    && let Kind::If(head) = std::mem::replace(&mut label.kind, Kind::Block)
                {
                    self.here = head;
                    self.step(1);
                }
            }
            Operator::LocalSet { .. } | Operator::LocalTee { .. } => self.sets += 1,
            Operator::End => self.end(),
            Operator::Br { relative_depth } => {
                self.branch(relative_depth);
                self.here = None;
            }
            Operator::BrIf { relative_depth } => {
                self.branch(relative_depth);
                self.step(1);
            }
            Operator::BrTable { ref targets } => {
                for target in targets.targets() {
                    self.branch(target?);
                }
                self.branch(targets.default());
                self.here = None;
            }
            Operator::Return | Operator::Unreachable => self.here = None,
            Operator::Call { function_index } => self.call(self.arities.of_function(function_index)),
            Operator::ReturnCall { function_index } => {
                self.call(self.arities.of_function(function_index));
                self.here = None;
            }
            // A table's element may have to be made first, which is a condition.
            Operator::CallIndirect { type_index, .. } => {
                self.call(self.arities.of_type(type_index));
                self.step(1);
            }
            Operator::ReturnCallIndirect { type_index, .. } => {
                self.call(self.arities.of_type(type_index));
                self.here = None;
            }
            Operator::TableGet { .. } | Operator::TableSet { .. } => self.step(1),
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, units: u64) {
        self.load.units = self.load.units.saturating_add(units);
    }

    fn call(&mut self, (takes, gives): (u64, u64)) {
        self.add((takes + gives) * UNITS_OF_A_VALUE_OF_A_CALL);
    }

    fn enter(&mut self, kind: Kind, r#type: BlockType) {
        let (takes, gives) = match r#type {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(index) => self.arities.of_type(index),
        };
        self.load.block_values += takes + gives;
        self.labels.push(Label { kind, meet: None, branches: 0, sets: self.sets });
    }

    fn end(&mut self) {
        let Some(&Label { kind, .. }) = self.labels.last() else { return };
        if kind == Kind::Loop {
            self.leave();
            self.loop_depth -= 1;
            return;
        }
        self.branch(0);
        if let Kind::If(head) = kind {
            self.here = head;
            self.branch(0);
        }
        self.here = self.leave();
        self.step(1);
    }

    /// Forgets the innermost label. Returns where its branches met.
    fn leave(&mut self) -> Option<u32> {
        let label = self.labels.pop()?;
        let differ = self.locals.min(self.sets - label.sets);
        let joins = label.branches.saturating_mul(label.branches).saturating_mul(differ);
        self.load.joins = self.load.joins.saturating_add(joins);
        label.meet
    }

    /// From here to a label.
    fn branch(&mut self, label: u32) {
        self.add(self.edge);
        let Some(here) = self.here else { return };
        let Some(index) = self.labels.len().checked_sub(1 + label as usize) else { return };
        let Label { kind, meet, .. } = self.labels[index];
        self.labels[index].branches += 1;
        // The head of a loop dominates whatever leads back to it.
        if kind != Kind::Loop {
            self.labels[index].meet = Some(meet.map_or(here, |meet| self.common(meet, here)));
        }
    }

    /// To a node that can be reached from here only.
    fn step(&mut self, depth: u32) {
        let Some(parent) = self.here else { return };
        let up = self.nodes[parent as usize];
        let further = self.nodes[up.jump as usize];
        let furthest = self.nodes[further.jump as usize];
        // Two jumps of the same length make a longer one: the way up takes a logarithm of the level.
        let equal = up.level - further.level == further.level - furthest.level;
        self.here = u32::try_from(self.nodes.len()).ok();
        self.nodes.push(Node {
            parent,
            jump: if equal { further.jump } else { parent },
            level: up.level + 1,
            depth: up.depth.saturating_add(depth),
        });
    }

    /// The last node on the ways to both.
    fn common(&self, mut a: u32, mut b: u32) -> u32 {
        let node = |index: u32| self.nodes[index as usize];
        if node(a).level < node(b).level {
            std::mem::swap(&mut a, &mut b);
        }
        let level = node(b).level;
        while node(a).level > level {
            let up = node(a);
            a = if node(up.jump).level >= level { up.jump } else { up.parent };
        }
        while a != b {
            let (one, other) = (node(a), node(b));
            // At one level, jumps are of one length.
            (a, b) = if one.jump == other.jump { (one.parent, other.parent) } else { (one.jump, other.jump) };
        }
        a
    }
}

#[cfg(test)]
mod tests {
    use wasmparser::{Parser, Payload};

    use super::*;

    /// Calls take two values and give one.
    struct TwoToOne;

    impl Arities for TwoToOne {
        fn of_type(&self, _: u32) -> (u64, u64) {
            (2, 1)
        }

        fn of_function(&self, _: u32) -> (u64, u64) {
            (2, 1)
        }
    }

    fn load(locals: u64, code: &str) -> Workload {
        let text = format!("(module (func $f (param i32 i32) (result i32) {code}))");
        let bytes = wat::parse_str(text).unwrap();
        let body = Parser::new(0).parse_all(&bytes).find_map(|payload| match payload.unwrap() {
            Payload::CodeSectionEntry(body) => Some(body),
            _ => None,
        });
        measure(&body.unwrap(), locals, &TwoToOne, u64::MAX).unwrap()
    }

    fn units(code: &str) -> u64 {
        load(0, code).units
    }

    #[test]
    fn operators_in_a_row_count_one_each() {
        assert_eq!(units("nop nop local.get 0"), 4);
    }

    #[test]
    fn what_lies_behind_a_condition_is_deeper() {
        // The block, the value and the branch at 1, and its end at 2, behind the branch. The end of the function is at 2 as
        // well: a way around the condition leads there.
        assert_eq!(units("block local.get 0 br_if 0 end"), 3 + 2 + 2);
        let quadratic = |count: usize| units(&"block local.get 0 br_if 0 end ".repeat(count));
        assert!(quadratic(2000) > 3 * quadratic(1000));
    }

    #[test]
    fn ways_that_part_and_meet_stay_flat() {
        let table = |count: usize| {
            let blocks = "block ".repeat(count);
            let cases = "end nop br 0 ".repeat(count - 1);
            let targets: String = (0..count).map(|n| format!("{n} ")).collect();
            units(&format!("block {blocks} local.get 0 br_table {targets} {cases} end end i32.const 0"))
        };
        assert!(table(2000) < 3 * table(1000), "{} {}", table(1000), table(2000));
    }

    #[test]
    fn what_cannot_be_reached_is_free() {
        assert_eq!(units("unreachable nop nop nop"), 1);
        assert_eq!(units("i32.const 0 return nop nop"), 2);
    }

    #[test]
    fn loops_are_counted_and_so_is_how_deep_they_are() {
        let load = load(0, "loop loop end loop loop end end end i32.const 0");
        assert_eq!((load.loops, load.loop_depth), (4, 3));
    }

    #[test]
    fn values_and_variables_count() {
        assert_eq!(units("local.get 0 local.get 1 call $f"), 3 + 300 + 1);
        let branches = |locals| load(locals, "block local.get 0 br_if 0 end i32.const 0").units;
        // The branch, the end of the block, and the end of the function.
        assert_eq!(branches(5) - branches(0), 3 * 5 * 10);
        assert_eq!(load(0, "block (result i32) i32.const 0 end").block_values, 1);
    }

    #[test]
    fn variables_that_differ_where_branches_meet() {
        let joins = |locals| {
            let code =
                "block local.get 0 br_if 0 i32.const 1 local.set 0 local.get 0 br_if 0 end i32.const 0";
            load(locals, code).joins
        };
        // Two branches and the end of the block meet, and one variable was set; the end of the function is a branch as well.
        assert_eq!(joins(2), 9 + 1);
        assert_eq!(joins(0), 0);
    }

    #[test]
    fn counting_stops() {
        let text = format!("(module (func {}))", "loop end ".repeat(10_000));
        let bytes = wat::parse_str(text).unwrap();
        for payload in Parser::new(0).parse_all(&bytes) {
            if let Payload::CodeSectionEntry(body) = payload.unwrap() {
                let load = measure(&body, 0, &TwoToOne, 1000).unwrap();
                assert!(load.units > 1000 && load.loops < 100, "{load:?}");
            }
        }
    }
}
