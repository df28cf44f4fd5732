//! Calls of functions of the program: arguments, contracts, results.

use resilient_sema::typed::{Call, Clause, Expr, Func, FuncId};
use resilient_sema::types::Types;

use crate::exit::{Eval, Exit, fault};
use crate::machine::Machine;
use crate::value::Value;

impl<'p> Machine<'p> {
    /// Arguments left to right, then the function.
    pub fn call(&mut self, call: &'p Call<'p>) -> Eval {
        let first = self.stack.len();
        self.push_args(call.args)?;
        if call.is_self_tail {
            self.replace_args(first);
            return Err(Exit::SelfTail);
        }
        self.call_function(call.func, first)
    }

    /// Pushes the values of `args`. If one of them leaves early, those before it are dropped.
    fn push_args(&mut self, args: &'p [Expr<'p>]) -> Result<(), Exit> {
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

    /// Calls `id` with the arguments that start at `base`; afterwards the stack ends there.
    pub fn call_function(&mut self, id: FuncId, base: usize) -> Eval {
        let program = self.program;
        let caller = (std::mem::replace(&mut self.base, base), std::mem::replace(&mut self.func, id));
        let result = self.run_function(&program.funcs[id]);
        self.stack.truncate(base);
        (self.base, self.func) = caller;
        result
    }

    fn run_function(&mut self, func: &'p Func<'p>) -> Eval {
        loop {
            self.stack.resize(self.base + func.locals.len(), Value::Void);
            self.check_clauses(func.requires)?;
            for &(param, copy) in func.entry_copies {
                *self.local(copy) = self.local(param).clone();
            }
            let result = match self.eval(func.body) {
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
    fn check_clauses(&mut self, clauses: &'p [Clause<'p>]) -> Result<(), Exit> {
        for clause in clauses {
            if !self.eval(clause.cond)?.into_bool() {
                let message = self.eval(clause.message)?.into_str();
                return fault(clause.span, message);
            }
        }
        Ok(())
    }
}
