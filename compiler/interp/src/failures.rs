//! Checked failures, and the calls that a function makes when it is left.

use resilient_sema::typed::{Deferred, Func, Try};

use crate::cell::CellRef;
use crate::exit::{Eval, Exit};
use crate::machine::Machine;
use crate::parts::Parts;
use crate::value::Value;

impl<'p> Machine<'p> {
    /// The value of the body, or of the first arm for the failure that left it.
    pub(crate) fn try_(&mut self, node: &'p Try<'p>) -> Eval {
        let outer = self.guard_base.replace(self.base);
        let result = self.eval(node.body);
        self.guard_base = outer;
        let Err(Exit::Fail(failure)) = result else { return result };
        match node.arms.iter().find(|arm| arm.failure == failure) {
            Some(arm) => self.eval(arm.body),
            None => result,
        }
    }

    /// The body of a function with deferred calls, which are made behind it.
    pub(crate) fn body_with_deferred(&mut self, func: &'p Func<'p>, deferred: Deferred) -> Eval {
        *self.local(deferred.calls) = Value::Cell(CellRef::new(Value::Array(Parts::new(Vec::new()))));
        let outer = self.guard_base.replace(self.base);
        let left = self.eval(func.body);
        let result = self.make_deferred(func, deferred, left);
        self.guard_base = outer;
        result
    }

    /// Makes the deferred calls of the function that is being `left`. The program's end keeps them from being made.
    fn make_deferred(&mut self, func: &'p Func<'p>, deferred: Deferred, mut left: Eval) -> Eval {
        if let Err(Exit::Stop(_)) = left {
            return left;
        }
        loop {
            let calls = self.local(deferred.calls).clone();
            match (self.call_with(deferred.next, [calls], func.span), &left) {
                (Ok(Value::Bool(false)), _) => return left,
                (Ok(_), _) | (Err(Exit::Fault(_)), Err(Exit::Fault(_))) => {}
                (fault @ Err(Exit::Fault(_)), _) => left = fault,
                (exit, _) => return exit,
            }
        }
    }
}
