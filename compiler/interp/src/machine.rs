//! The state of a run: the stack of variables and the globals.
//!
//! ```text
//! stack   | .. caller's slots .. | p0 p1 l2 l3 .. | arguments being evaluated ..
//!                                ^ base
//! ```
//!
//! A frame has one slot per variable of its function, parameters first. Arguments of the next call are pushed above it
//! one by one and then are the first slots of the callee's frame.

use resilient_base::{EntityRef, PrimaryMap, Span};
use resilient_runtime::fault::FaultText;
use resilient_sema::typed::{FuncId, GlobalId, LocalId, Place, Program};

use crate::exit::{Exit, fault};
use crate::value::Value;

/// A run in progress.
pub struct Machine<'p> {
    /// What is run.
    pub program: &'p Program<'p>,
    /// The slots of all active calls.
    pub stack: Vec<Value>,
    /// Start of the innermost frame in `stack`.
    pub base: usize,
    /// The function of the innermost frame.
    pub func: FuncId,
    globals: PrimaryMap<GlobalId, Global>,
}

/// State of a global variable.
#[derive(Default)]
struct Global {
    /// None before its initialiser ran.
    value: Option<Value>,
    /// Whether control has reached its `static let`.
    reached: bool,
}

impl<'p> Machine<'p> {
    /// Nothing has run yet.
    pub fn new(program: &'p Program<'p>) -> Machine<'p> {
        let globals = program.globals.values().map(|_| Global::default()).collect();
        Machine { program, stack: Vec::new(), base: 0, func: program.top, globals }
    }

    /// The slot of a variable of the innermost call.
    pub fn local(&mut self, id: LocalId) -> &mut Value {
        &mut self.stack[self.base + id.index()]
    }

    /// The variable that `place` names; it faults at `span` if that is a global whose initialiser has not run.
    pub fn place(&mut self, place: Place, span: Span) -> Result<&mut Value, Exit> {
        match place {
            Place::Local(id) => Ok(self.local(id)),
            Place::Global(id) => match &mut self.globals[id].value {
                Some(value) => Ok(value),
                None => {
                    let name = self.program.globals[id].name;
                    fault(span, FaultText::new(&["Identifier not found: ", name]).into_str())
                }
            },
        }
    }

    /// The variable that `place` names, none if it is a global whose initialiser has not run.
    pub fn place_now(&mut self, place: Place) -> Option<&mut Value> {
        match place {
            Place::Local(id) => Some(self.local(id)),
            Place::Global(id) => self.globals[id].value.as_mut(),
        }
    }

    /// Makes a global with its first value.
    pub fn init_global(&mut self, id: GlobalId, value: Value) {
        self.globals[id].value = Some(value);
    }

    /// Whether control reaches a `static let` for the first time; later calls give false.
    pub fn reach_static(&mut self, id: GlobalId) -> bool {
        !std::mem::replace(&mut self.globals[id].reached, true)
    }
}
