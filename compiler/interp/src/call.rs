//! Calls of functions of the program: arguments, contracts, results.

use resilient_base::Span;
use resilient_runtime::trace;
use resilient_sema::typed::{Call, Clause, Expr, Func, FuncId};
use resilient_sema::types::Types;

use crate::exit::{Eval, Exit, Fault, fault};
use crate::machine::Machine;
use crate::value::Value;

impl<'p> Machine<'p> {
    /// Arguments left to right, then the function.
    pub fn call(&mut self, call: &'p Call<'p>, span: Span) -> Eval {
        let first = self.stack.len();
        self.push_args(call.args)?;
        if call.is_self_tail {
            self.replace_args(first);
            return Err(Exit::SelfTail);
        }
        self.call_function(call.func, first, span)
    }

    /// The callee, arguments left to right, then the function; what it captured follows the arguments.
    pub(crate) fn call_value(&mut self, callee: &'p Expr<'p>, args: &'p [Expr<'p>], span: Span) -> Eval {
        let (id, captured) = self.eval(callee)?.into_function();
        let first = self.stack.len();
        self.push_args(args)?;
        self.stack.extend_from_slice(captured.as_slice());
        self.call_function(id, first, span)
    }

    /// Calls `id` with these arguments at `span`.
    pub(crate) fn call_with<const N: usize>(&mut self, id: FuncId, args: [Value; N], span: Span) -> Eval {
        let first = self.stack.len();
        self.stack.extend(args);
        self.call_function(id, first, span)
    }

    /// Pushes the values of `args`. If one of them leaves early, those before it are dropped.
    pub(crate) fn push_args(&mut self, args: &'p [Expr<'p>]) -> Result<(), Exit> {
        let first = self.stack.len();
        for arg in args {
            match self.eval(arg) {
                Ok(value) => self.stack.push(value),
                Err(exit) => {
                    self.stack.truncate(first);
                    return Err(exit);
                }
            }
        }
        Ok(())
    }

    /// Moves the arguments that start at `first` to the parameters of the innermost call.
    fn replace_args(&mut self, first: usize) {
        for i in first..self.stack.len() {
            self.stack[self.base + (i - first)] = std::mem::take(&mut self.stack[i]);
        }
        self.stack.truncate(first);
    }

    /// Calls `id` with the arguments that start at `base`; afterwards the stack ends there. The call stands at `span`.
    pub fn call_function(&mut self, id: FuncId, base: usize, span: Span) -> Eval {
        let program = self.program;
        let is_traced = self.tracer.is_some() && id != program.top && self.enter_trace(id, span);
        let caller = (std::mem::replace(&mut self.base, base), std::mem::replace(&mut self.func, id));
        let mut result = self.run_function(&program.funcs[id]);
        self.stack.truncate(base);
        (self.base, self.func) = caller;
        match &mut result {
            Err(Exit::Fault(fault)) => self.leave_by_fault(fault, id, span),
            _ if is_traced => trace::leave(),
            _ => {}
        }
        result
    }

    /// A fault passes from `callee` to the innermost function, which called it at `span`. Where it leaves the library its
    /// place becomes that of the call; where it enters the library, coming from a function value that the library
    /// called, it has its place.
    #[cold]
    fn leave_by_fault(&self, fault: &mut Fault, callee: FuncId, span: Span) {
        let [from_library, to_library] = [callee, self.func].map(|id| self.program.funcs[id].at_caller);
        if from_library != to_library && !fault.is_placed {
            fault.is_placed = true;
            if from_library {
                fault.span = span;
            }
        }
    }

    fn run_function(&mut self, func: &'p Func<'p>) -> Eval {
        loop {
            self.stack.resize(self.base + func.locals.len(), Value::Void);
            self.check_clauses(func.requires)?;
            for &(param, copy) in func.entry_copies {
                *self.local(copy) = self.local(param).clone();
            }
            let left = match func.deferred {
                Some(deferred) => self.body_with_deferred(func, deferred),
                None => self.eval(func.body),
            };
            let result = match left {
                Ok(value) | Err(Exit::Return(value)) => value,
                Err(Exit::SelfTail) => {
                    self.stack.truncate(self.base + func.params.len());
                    continue;
                }
                Err(exit) => return Err(exit),
            };
            let result = if func.result == Types::VOID { Value::Void } else { result };
            if let Some(id) = func.result_local {
                *self.local(id) = result.clone();
            }
            self.check_clauses(func.ensures)?;
            return Ok(result);
        }
    }

    /// The first clause that does not hold faults.
    pub(crate) fn check_clauses(&mut self, clauses: &'p [Clause<'p>]) -> Result<(), Exit> {
        for clause in clauses {
            if !self.eval(clause.cond)?.into_bool() {
                let message = self.eval(clause.message)?.into_str();
                return fault(clause.span, message);
            }
        }
        Ok(())
    }
}
