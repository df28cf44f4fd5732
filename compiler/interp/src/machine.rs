//! The state of a run: the stack of variables and the globals.
//!
//! ```text
//! stack   | .. caller's slots .. | p0 p1 l2 l3 .. | arguments being evaluated ..
//!                                ^ base
//! ```
//!
//! A frame has one slot per variable of its function, parameters first. Arguments of the next call are pushed above it
//! one by one and then are the first slots of the callee's frame.

use std::collections::HashMap;

use resilient_base::{EntityRef, PrimaryMap, SourceMap, Span};
use resilient_runtime::fault::FaultText;
use resilient_sema::typed::{FuncId, GlobalId, LocalId, Place, Program};

use crate::cell::CellRef;
use crate::exit::{Exit, fault};
use crate::reach::Reach;
use crate::tracer::Tracer;
use crate::value::{Value, wrong_kind};

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
    /// Start of the innermost frame in which variables are read after faults or failures: that has an active live block or
    /// `try`, or deferred calls.
    pub guard_base: Option<usize>,
    /// The files that spans point into.
    pub sources: &'p SourceMap,
    /// The trace of calls, if the program keeps one.
    pub tracer: Option<Tracer<'p>>,
    globals: PrimaryMap<GlobalId, Global>,
    /// What functions may read, as far as anybody asked.
    reach: HashMap<FuncId, Reach>,
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
    pub fn new(program: &'p Program<'p>, sources: &'p SourceMap) -> Machine<'p> {
        let globals = program.globals.values().map(|_| Global::default()).collect();
        Machine {
            program,
            stack: Vec::new(),
            base: 0,
            func: program.top,
            guard_base: None,
            sources,
            tracer: program.tracing.as_ref().map(Tracer::new),
            globals,
            reach: HashMap::new(),
        }
    }

    /// The slot of a variable of the innermost call.
    pub fn local(&mut self, id: LocalId) -> &mut Value {
        &mut self.stack[self.base + id.index()]
    }

    /// The value of a global; faults at `span` if its initialiser has not run.
    pub fn global(&mut self, id: GlobalId, span: Span) -> Result<&mut Value, Exit> {
        match &mut self.globals[id].value {
            Some(value) => Ok(value),
            None => {
                let name = self.program.globals[id].name;
                fault(span, FaultText::new(&["Identifier not found: ", name]).into_str())
            }
        }
    }

    /// Calls `change` with the variable that `place` names; it faults at `span` if that is a global whose initialiser has not
    /// run.
    pub fn with_place<R>(&mut self, place: Place, span: Span, change: impl FnOnce(&mut Value) -> R) -> Result<R, Exit> {
        match place {
            Place::Local(id) => Ok(change(self.local(id))),
            Place::Global(id) => self.global(id, span).map(change),
            Place::Cell(id) => Ok(self.cell(id).with(change)),
        }
    }

    /// As [`Machine::with_place`], none if the variable is a global whose initialiser has not run.
    pub fn with_place_now<R>(&mut self, place: Place, change: impl FnOnce(&mut Value) -> R) -> Option<R> {
        match place {
            Place::Local(id) => Some(change(self.local(id))),
            Place::Global(id) => self.globals[id].value.as_mut().map(change),
            Place::Cell(id) => Some(self.cell(id).with(change)),
        }
    }

    /// The cell in a variable of the innermost call.
    fn cell(&mut self, id: LocalId) -> &CellRef {
        match self.local(id) {
            Value::Cell(cell) => cell,
            other => wrong_kind("a cell", other),
        }
    }

    /// What a call of `callee` may read besides its arguments.
    pub fn reach(&mut self, callee: FuncId) -> Reach {
        *self.reach.entry(callee).or_insert_with(|| Reach::of(self.program, callee))
    }

    /// Makes a global with its first value.
    pub fn init_global(&mut self, id: GlobalId, value: Value) {
        self.globals[id].value = Some(value);
    }

    /// Whether control reaches a `static let` for the first time; later calls give false.
    pub fn reach_static(&mut self, id: GlobalId) -> bool {
        !std::mem::replace(&mut self.globals[id].reached, true)
    }

    /// The initialiser of a `static let` faulted: it counts as not reached.
    pub fn unreach_static(&mut self, id: GlobalId) {
        self.globals[id].reached = false;
    }
}
